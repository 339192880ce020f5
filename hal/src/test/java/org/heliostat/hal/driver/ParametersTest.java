package org.heliostat.hal.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.Map;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParametersTest {
  private static Parameters given(String value) throws HardwareFault {
    return new Parameters("part", Map.of("key", value), Set.of("key", "other"));
  }

  private static void assertRefused(ThrowingCallable call, String message) {
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, call);
    assertThat(fault.kind()).isEqualTo(Kind.REFUSED);
    assertThat(fault.device()).isEqualTo("part");
    assertThat(fault).hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "9", "0x09"})
  void wholeNumbersBeyondTheirBoundsAreRefused(String text) throws HardwareFault {
    Parameters given = given(text);
    assertRefused(() -> given.integer("key", 1, 8), "is " + text + ", not in 1..8");
    assertThat(given.integer("key", 0, 9)).isBetween(0, 9);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-0.1", "1.1", "NaN", "Infinity"})
  void numbersBeyondTheirBoundsAreRefused(String text) throws HardwareFault {
    Parameters given = given(text);
    assertRefused(() -> given.decimal("key", 0, 1), "is " + text + ", not in 0.0..1.0");
  }

  @Test
  void whatIsNoNumberIsRefused() throws HardwareFault {
    Parameters given = given("many");
    assertRefused(() -> given.integer("key", 0, 1), "not a whole number");
    assertRefused(() -> given.decimal("key", 0, 1), "not a number");
  }

  @Test
  void aFlagIsTrueOrFalseOrAsUsual() throws HardwareFault {
    assertThat(given("true").flag("key", false)).isTrue();
    assertThat(given("false").flag("key", true)).isFalse();
    assertThat(given("true").flag("other", true)).isTrue();
    Parameters given = given("yes");
    assertRefused(() -> given.flag("key", true), "not true or false");
  }
}
