package org.heliostat.core.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.heliostat.core.event.EventDefinition;
import org.heliostat.core.event.Events;
import org.heliostat.hal.CardHealth;
import org.heliostat.hal.CardReading;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.RailReading;
import org.heliostat.hal.Reading;
import org.heliostat.hal.TemperatureReading;
import org.heliostat.protocol.DeviceConfig;
import org.heliostat.protocol.DeviceFault;
import org.heliostat.protocol.DeviceStatus;
import org.heliostat.protocol.Plausibility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HealthWatchTest {
  private static final String BUS = "/dev/i2c-1";

  private final Events events = mock(Events.class);
  private final List<String> reported = new ArrayList<>();
  private long hostNanos;
  private final Hardware hardware = new Hardware(() -> hostNanos);
  private final HealthWatch watch =
      new HealthWatch(
          List.of(
              DeviceConfig.newBuilder().setName("a").build(),
              DeviceConfig.newBuilder()
                  .setName("b")
                  .setPlausibility(Plausibility.newBuilder().setFrozenSeconds(5))
                  .build(),
              DeviceConfig.newBuilder()
                  .setName("beside b")
                  .setPlausibility(
                      Plausibility.newBuilder()
                          .setNeighbour("b")
                          .setNeighbourLimit(5)
                          .setNeighbourSeconds(0))
                  .build(),
              DeviceConfig.newBuilder().setName("switch").build(),
              DeviceConfig.newBuilder().setName("card").setPoweredBy("switch").build()),
          hardware,
          events);
  private long now;

  @BeforeEach
  void listen() {
    doAnswer(
            call -> {
              EventDefinition event = call.getArgument(0);
              reported.add(event + " " + call.getArgument(1) + " " + call.getArgument(2));
              return null;
            })
        .when(events)
        .reportDevice(any(), any(), any(), any(Object[].class));
  }

  private static HealthWatch.Outcome good(String device, Reading reading, long resets) {
    return new HealthWatch.Outcome(device, BUS, Optional.empty(), Optional.of(reading), resets);
  }

  private HealthWatch.Outcome good(String device) {
    return good(device, new TemperatureReading(20 + now * 1e-9, now), 0);
  }

  private static HealthWatch.Outcome bad(String device, Kind kind, String blamed) {
    return new HealthWatch.Outcome(
        device, BUS, Optional.of(new HardwareFault(kind, blamed, "x")), Optional.empty(), 0);
  }

  private static HealthWatch.Outcome rail(boolean on) {
    return good(
        "switch", new RailReading(12, on ? 12 : 0, 1, 12, 30, on, on, false, Set.of(), 1), 0);
  }

  private void look(HealthWatch.Outcome... outcomes) {
    now += 1_000_000_000L;
    watch.look(List.of(outcomes), Map.of(), now);
  }

  @Test
  void aFaultIsAnEventOnceAndSoIsItsEnd() {
    look(good("a"), good("b"));
    look(bad("a", Kind.NACK, "a"), good("b"));
    assertThat(hardware.temperature("a")).isEmpty();
    look(bad("a", Kind.NACK, "a"), good("b"));
    assertThat(reported).containsExactly("DEVICE_FAULT a NACK");
    assertThat(watch.faulty())
        .containsExactly(
            DeviceStatus.newBuilder()
                .setDevice("a")
                .setFault(DeviceFault.NACK)
                .setSinceNanos(2_000_000_000L)
                .build());
    look(good("a"), good("b"));
    assertThat(reported)
        .containsExactly("DEVICE_FAULT a NACK", "DEVICE_RECOVERED a DEVICE_FAULT_UNSPECIFIED");
    assertThat(watch.faulty()).isEmpty();
  }

  @Test
  void aFaultThatTurnsIntoAnotherIsSaidAgain() {
    look(bad("a", Kind.NACK, "a"));
    look(bad("a", Kind.BAD_DATA, "a"));
    assertThat(reported).containsExactly("DEVICE_FAULT a NACK", "DEVICE_FAULT a BAD_DATA");
  }

  @Test
  void aBusIsBlamedForItsPartsAndTheyAreNot() {
    look(bad("a", Kind.TIMEOUT, BUS), bad("b", Kind.TIMEOUT, BUS));
    look(bad("a", Kind.TIMEOUT, BUS), bad("b", Kind.TIMEOUT, BUS));
    look(good("a"), good("b"));
    assertThat(reported)
        .containsExactly(
            "DEVICE_FAULT " + BUS + " TIMEOUT",
            "DEVICE_RECOVERED " + BUS + " DEVICE_FAULT_UNSPECIFIED");
  }

  @Test
  void whoWaitedBehindADeviceThatHangsIsNotBlamed() {
    look(good("a"), good("b"));
    look(bad("a", Kind.TIMEOUT, "a"), bad("b", Kind.STALE, "b"));
    assertThat(reported).containsExactly("DEVICE_FAULT a TIMEOUT");
    look(good("a"), bad("b", Kind.STALE, "b"));
    assertThat(reported).contains("DEVICE_FAULT b STALE");
  }

  @Test
  void aDeviceThatIsItsOwnLaneIsBlamedWhenItHangs() {
    HealthWatch.Outcome hangs =
        new HealthWatch.Outcome(
            "a", "a", Optional.of(new HardwareFault(Kind.TIMEOUT, "a", "x")), Optional.empty(), 0);
    look(hangs);
    assertThat(reported).containsExactly("DEVICE_FAULT a TIMEOUT");
  }

  @Test
  void aDeviceMayHaveNoValueYetWhileItStarts() {
    for (int second = 0; second < 20; second++) {
      look(bad("a", Kind.STALE, "a"));
    }
    assertThat(reported).isEmpty();
    look(bad("a", Kind.STALE, "a"));
    assertThat(reported).containsExactly("DEVICE_FAULT a STALE");
  }

  @Test
  void aDeviceWhoseRailIsOffIsNotJudged() {
    look(rail(true), good("card"));
    // its rail has just gone, and the switch was asked before that
    look(rail(true), bad("card", Kind.ABSENT, "card"));
    for (int sweep = 0; sweep < 5; sweep++) {
      look(rail(false), bad("card", Kind.ABSENT, "card"));
    }
    look(rail(true), good("card"));
    assertThat(reported).isEmpty();
  }

  @Test
  void aFaultThatWasKnownStandsWhileTheRailIsOff() {
    look(rail(true), bad("card", Kind.ABSENT, "card"));
    look(rail(true), bad("card", Kind.ABSENT, "card"));
    assertThat(reported).containsExactly("DEVICE_FAULT card ABSENT");
    look(rail(false), bad("card", Kind.ABSENT, "card"));
    assertThat(watch.faulty()).hasSize(1);
    look(rail(true), good("card"));
    assertThat(reported).contains("DEVICE_RECOVERED card DEVICE_FAULT_UNSPECIFIED");
  }

  @Test
  void aPartThatWasSetUpAgainIsReportedEachTime() {
    look(good("a", new TemperatureReading(1, 1), 0));
    look(good("a", new TemperatureReading(2, 2), 1));
    look(good("a", new TemperatureReading(3, 3), 1));
    look(good("a", new TemperatureReading(4, 4), 3));
    assertThat(reported).containsExactly("PART_SET_UP a SELF_RESET", "PART_SET_UP a SELF_RESET");
  }

  @Test
  void criticalEventsOfACardAreReported() {
    look(rail(true), good("card", card(0, -1), 0));
    look(rail(true), good("card", card(1, 79), 0));
    look(rail(true), good("card", card(1, 79), 0));
    assertThat(reported).containsExactly("CARD_CRITICAL card CRITICAL_EVENT");
  }

  private static CardReading card(long count, long last) {
    return new CardReading(
        50, 30, 60, 0.5, 0, new CardHealth(20, 1, 1, 1, 0, 0, 0, 0, 0, false, 0, count, last), 1);
  }

  @Test
  void aValueThatIsNotBelievedIsNotGiven() {
    for (int second = 1; second < 10; second++) {
      look(good("b", new TemperatureReading(20, second * 1_000_000_000L), 0));
    }
    assertThat(reported).containsExactly("DEVICE_FAULT b FROZEN");
    assertThat(hardware.temperature("b")).isEmpty();
    look(good("b", new TemperatureReading(21, 10_000_000_000L), 0));
    assertThat(hardware.temperature("b")).isPresent();
  }

  @Test
  void aNeighbourIsNotComparedWithAValueThatIsNotBelieved() {
    for (int second = 1; second < 10; second++) {
      look(
          good("b", new TemperatureReading(20, second * 1_000_000_000L), 0),
          good(
              "beside b",
              new TemperatureReading(second < 9 ? 21 : 40, second * 1_000_000_000L),
              0));
    }
    assertThat(reported).containsExactly("DEVICE_FAULT b FROZEN");
  }

  @Test
  void whatWasFoundByOtherMeansIsReported() {
    now = 1;
    watch.look(List.of(), Map.of("storage", new Finding(DeviceFault.STORAGE_FULL, "no room")), now);
    watch.look(List.of(), Map.of(), now);
    assertThat(reported)
        .containsExactly(
            "DEVICE_FAULT storage STORAGE_FULL",
            "DEVICE_RECOVERED storage DEVICE_FAULT_UNSPECIFIED");
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void eachKindOfFaultHasItsNameOnGround(Kind kind) {
    look(good("a"));
    look(bad("a", kind, "a"));
    assertThat(reported).containsExactly("DEVICE_FAULT a " + kind);
  }

  @Test
  void aDeviceThatTheMissionDoesNotKnowIsGivenAndItsFaultSaid() {
    look(good("stranger"));
    assertThat(hardware.temperature("stranger")).isPresent();
    look(bad("stranger", Kind.NACK, "stranger"));
    assertThat(reported).containsExactly("DEVICE_FAULT stranger NACK");
  }
}
