package org.heliostat.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import org.junit.jupiter.api.Test;

class SchemaCheckTest {
  /** A rung as a ground writes it whose schema has more modes than this one. */
  private static PowerRung rung(int mode) throws InvalidProtocolBufferException {
    PowerRung rung =
        PowerRung.newBuilder().setName("a").setShedVolts(22).setRestoreVolts(24).build();
    UnknownFieldSet later =
        UnknownFieldSet.newBuilder()
            .addField(
                PowerRung.MODE_FIELD_NUMBER,
                UnknownFieldSet.Field.newBuilder().addVarint(mode).build())
            .build();
    return PowerRung.parseFrom(rung.toByteString().concat(later.toByteString()));
  }

  @Test
  void aValueOfAnEnumThatTheSchemaDoesNotKnowIsRefused() throws Exception {
    assertThat(SchemaCheck.problems(rung(Mode.SAFE_VALUE))).isEmpty();
    assertThat(SchemaCheck.problems(rung(99))).singleElement().hasToString("mode 99 is no Mode");
    Watchpoint watchpoint =
        Watchpoint.newBuilder()
            .setName("a")
            .setField("bus_volts")
            .setComparison(Comparison.ABOVE)
            .addModesValue(99)
            .setSeverity(Severity.SEVERITY_UNSPECIFIED)
            .build();
    assertThat(SchemaCheck.problems(watchpoint))
        .extracting(SchemaCheck.Problem::name)
        .containsExactly("severity", "modes[0]");
  }
}
