package org.heliostat.payload.card;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalDouble;
import org.heliostat.payload.card.HeatGate.Change;
import org.heliostat.protocol.CardConfig;
import org.junit.jupiter.api.Test;

class HeatGateTest {
  private final HeatGate gate =
      new HeatGate(CardConfig.newBuilder().setWarmCelsius(80).setCoolCelsius(70).build());

  private Change look(double celsius) {
    return gate.look(OptionalDouble.of(celsius));
  }

  @Test
  void isClosedUntilATemperatureIsKnown() {
    assertThat(gate.open()).isFalse();
    assertThat(gate.look(OptionalDouble.empty())).isEqualTo(Change.NONE);
    assertThat(gate.open()).isFalse();
    assertThat(look(20)).isEqualTo(Change.NONE);
    assertThat(gate.open()).isTrue();
  }

  @Test
  void closesAboveTheWarmLimitAndOpensOnlyBelowTheCoolOne() {
    assertThat(look(80)).isEqualTo(Change.NONE);
    assertThat(gate.open()).isTrue();
    assertThat(look(80.1)).isEqualTo(Change.WENT_HOT);
    assertThat(gate.open()).isFalse();
    assertThat(look(75)).isEqualTo(Change.NONE);
    assertThat(look(70)).isEqualTo(Change.NONE);
    assertThat(gate.open()).isFalse();
    assertThat(look(69.9)).isEqualTo(Change.WENT_COOL);
    assertThat(gate.open()).isTrue();
  }

  @Test
  void closesOnceWhenTheTemperatureIsLostAndRemembersThatItWasHot() {
    assertThat(look(90)).isEqualTo(Change.WENT_HOT);
    assertThat(gate.look(OptionalDouble.empty())).isEqualTo(Change.WENT_BLIND);
    assertThat(gate.look(OptionalDouble.empty())).isEqualTo(Change.NONE);
    assertThat(look(75)).isEqualTo(Change.NONE);
    assertThat(gate.open()).isFalse();
    assertThat(look(60)).isEqualTo(Change.WENT_COOL);
    assertThat(gate.open()).isTrue();
  }
}
