package org.heliostat.core.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.heliostat.protocol.AppValue;
import org.heliostat.protocol.Housekeeping;
import org.junit.jupiter.api.Test;

class TelemetryTest {
  private final Telemetry telemetry = new Telemetry();

  private List<String> values() {
    Housekeeping.Builder packet = Housekeeping.newBuilder();
    assertThat(telemetry.fill(packet)).isEmpty();
    return packet.getAppValuesList().stream()
        .map(value -> value.getApp() + "." + value.getName())
        .toList();
  }

  @Test
  void whatFailsCostsItsOwnPartOfHousekeepingAndNoOther() {
    telemetry.contribute(
        packet -> {
          packet.setBoots(7);
          throw new AssertionError("a defect");
        });
    telemetry.contribute(packet -> packet.setBadPackets(3));
    telemetry.value(
        "mine",
        "broken",
        () -> {
          throw new ArithmeticException("another one");
        });
    telemetry.value("mine", "whole", () -> 2);
    Housekeeping.Builder packet = Housekeeping.newBuilder();
    assertThat(telemetry.fill(packet))
        .extracting(Throwable::getMessage)
        .containsExactly("a defect", "another one");
    assertThat(packet.getBadPackets()).isEqualTo(3);
    assertThat(packet.hasBoots()).isFalse();
    assertThat(packet.getAppValuesList()).extracting(AppValue::getName).containsExactly("whole");
  }

  @Test
  void theNumbersOfAnAppGoWithItAndNoOthers() {
    telemetry.value("mine", "one", () -> 1);
    telemetry.value("mine2", "two", () -> 2);
    assertThat(values()).containsExactly("mine.one", "mine2.two");
    telemetry.withdrawValues("mine");
    assertThat(values()).containsExactly("mine2.two");
  }
}
