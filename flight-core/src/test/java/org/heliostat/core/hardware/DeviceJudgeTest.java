package org.heliostat.core.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.heliostat.hal.CardHealth;
import org.heliostat.hal.CardReading;
import org.heliostat.hal.DoseReading;
import org.heliostat.hal.HeaterReading;
import org.heliostat.hal.MemoryErrorReading;
import org.heliostat.hal.PowerReading;
import org.heliostat.hal.PumpReading;
import org.heliostat.hal.RailFault;
import org.heliostat.hal.RailReading;
import org.heliostat.hal.Reading;
import org.heliostat.hal.TemperatureReading;
import org.heliostat.protocol.DeviceFault;
import org.heliostat.protocol.Plausibility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeviceJudgeTest {
  private static final long SECOND = 1_000_000_000L;

  private final Map<String, Double> others = new HashMap<>();

  private Optional<DeviceFault> look(DeviceJudge judge, Reading reading) {
    return judge
        .look(
            reading,
            name ->
                others.containsKey(name)
                    ? OptionalDouble.of(others.get(name))
                    : OptionalDouble.empty())
        .map(Finding::fault);
  }

  private static DeviceJudge judge(Plausibility.Builder bounds) {
    return new DeviceJudge(bounds.build());
  }

  private static TemperatureReading celsius(double celsius, long seconds) {
    return new TemperatureReading(celsius, seconds * SECOND);
  }

  private static RailReading rail(
      double amperes, boolean on, boolean good, boolean latched, Set<RailFault> faults) {
    return new RailReading(
        12, good ? 12 : 0, amperes, 12 * amperes, 30, on, good, latched, faults, SECOND);
  }

  @ParameterizedTest
  @CsvSource({
    "OVER_CURRENT,OVER_CURRENT",
    "OVER_POWER,OVER_CURRENT",
    "SWITCH_BROKEN,SWITCH_BROKEN",
    "INPUT_UNDER_VOLTAGE,UNDER_VOLTAGE",
    "OUTPUT_UNDER_VOLTAGE,UNDER_VOLTAGE",
    "INPUT_OVER_VOLTAGE,OVER_VOLTAGE",
    "OVER_TEMPERATURE,OVER_TEMPERATURE",
    "CONTROLLER,BAD_DATA"
  })
  void aRailsControllerIsBelieved(RailFault noted, DeviceFault typed) {
    DeviceJudge judge = judge(Plausibility.newBuilder());
    assertThat(look(judge, rail(1, true, true, false, EnumSet.of(noted)))).contains(typed);
  }

  @Test
  void aRailThatIsOffByCommandIsWellAndOneThatLatchedIsNot() {
    DeviceJudge judge = judge(Plausibility.newBuilder());
    assertThat(look(judge, rail(0, false, false, false, Set.of()))).isEmpty();
    assertThat(look(judge, rail(0, true, false, true, Set.of(RailFault.OVER_CURRENT))))
        .contains(DeviceFault.LATCHED_OFF);
  }

  private static RailReading rises(long seconds) {
    return new RailReading(12, 2, 0, 0, 30, true, false, false, Set.of(), seconds * SECOND);
  }

  @Test
  void aRailThatRisesIsGivenTimeAndOneThatDoesNotIsFaulty() {
    DeviceJudge judge = judge(Plausibility.newBuilder());
    assertThat(look(judge, rises(10))).isEmpty();
    assertThat(look(judge, rises(12))).isEmpty();
    assertThat(look(judge, rises(14))).contains(DeviceFault.UNDER_VOLTAGE);
    assertThat(look(judge, rail(1, true, true, false, Set.of()))).isEmpty();
    assertThat(look(judge, rises(20))).isEmpty();
  }

  @Test
  void moreCurrentThanTheMissionAllowsIsOverCurrent() {
    DeviceJudge judge = judge(Plausibility.newBuilder().setHighestAmperes(5));
    assertThat(look(judge, rail(5.1, true, true, false, Set.of())))
        .contains(DeviceFault.OVER_CURRENT);
    assertThat(look(judge, rail(4.9, true, true, false, Set.of()))).isEmpty();
    assertThat(look(judge, new PowerReading(12, 5.1, 61, SECOND)))
        .contains(DeviceFault.OVER_CURRENT);
  }

  @Test
  void boundsAreTypedByTheQuantity() {
    Plausibility.Builder bounds = Plausibility.newBuilder().setLowest(10).setHighest(30);
    assertThat(look(judge(bounds), new PowerReading(9, 1, 9, SECOND)))
        .contains(DeviceFault.UNDER_VOLTAGE);
    assertThat(look(judge(bounds), new PowerReading(31, 1, 31, SECOND)))
        .contains(DeviceFault.OVER_VOLTAGE);
    assertThat(look(judge(bounds), celsius(31, 1))).contains(DeviceFault.OVER_TEMPERATURE);
    assertThat(look(judge(bounds), celsius(9, 1))).contains(DeviceFault.OUT_OF_RANGE);
    assertThat(look(judge(bounds), new PumpReading(0.5, 9, false, SECOND)))
        .contains(DeviceFault.OUT_OF_RANGE);
    assertThat(look(judge(bounds), celsius(20, 1))).isEmpty();
  }

  @Test
  void aGapDoesNotCountTowardsFrozenAndDoesNotHideIt() {
    DeviceJudge judge = judge(Plausibility.newBuilder().setFrozenSeconds(10));
    assertThat(look(judge, celsius(20, 0))).isEmpty();
    judge.noReading();
    assertThat(look(judge, celsius(20, 15))).isEmpty();
    assertThat(look(judge, celsius(20, 20))).isEmpty();
    judge.noReading();
    assertThat(look(judge, celsius(20, 22))).isEmpty();
    assertThat(look(judge, celsius(20, 28))).contains(DeviceFault.FROZEN);
    judge.noReading();
    assertThat(look(judge, celsius(20, 29))).contains(DeviceFault.FROZEN);
  }

  @Test
  void theSameValueForTooLongIsFrozenUntilItMoves() {
    DeviceJudge judge = judge(Plausibility.newBuilder().setFrozenSeconds(10));
    for (int second = 0; second <= 10; second++) {
      assertThat(look(judge, celsius(20, second))).isEmpty();
    }
    assertThat(look(judge, celsius(20, 11))).contains(DeviceFault.FROZEN);
    assertThat(look(judge, celsius(20.1, 12))).isEmpty();
  }

  @Test
  void scatterIsNoisyAndASteepRampIsNot() {
    DeviceJudge judge = judge(Plausibility.newBuilder().setNoiseLimit(3));
    for (int second = 0; second < 40; second++) {
      assertThat(look(judge, celsius(20 + 2 * second, second))).isEmpty();
    }
    // one step is no noise
    assertThat(look(judge, celsius(40, 40))).isEmpty();
    Optional<DeviceFault> last = Optional.empty();
    for (int second = 41; second < 60; second++) {
      last = look(judge, celsius(second % 2 == 0 ? 100 : 110, second));
    }
    assertThat(last).contains(DeviceFault.NOISY);
  }

  @Test
  void distanceToItsNeighbourIsDriftOnlyWhenItLasts() {
    DeviceJudge judge =
        judge(
            Plausibility.newBuilder()
                .setNeighbour("other")
                .setNeighbourLimit(5)
                .setNeighbourSeconds(3));
    others.put("other", 20.0);
    assertThat(look(judge, celsius(26, 0))).isEmpty();
    assertThat(look(judge, celsius(24, 1))).isEmpty();
    assertThat(look(judge, celsius(26, 2))).isEmpty();
    assertThat(look(judge, celsius(26.5, 4))).isEmpty();
    assertThat(look(judge, celsius(27, 5))).contains(DeviceFault.DRIFTING);
    others.clear();
    assertThat(look(judge, celsius(27, 6))).isEmpty();
  }

  @Test
  void aHeaterThatIsOffAndHeatsIsStuckOnUntilItCools() {
    DeviceJudge judge =
        judge(Plausibility.newBuilder().setThermometer("near").setThermometerRise(5));
    others.put("near", 10.0);
    assertThat(look(judge, new HeaterReading(0, SECOND))).isEmpty();
    others.put("near", 15.5);
    assertThat(look(judge, new HeaterReading(0, 30 * SECOND))).contains(DeviceFault.STUCK_ON);
    // it stays where it is: still stuck, though it rises no more
    assertThat(look(judge, new HeaterReading(0, 300 * SECOND))).contains(DeviceFault.STUCK_ON);
    others.put("near", 12.0);
    assertThat(look(judge, new HeaterReading(0, 310 * SECOND))).isEmpty();
  }

  @Test
  void aSlowRiseAndAHeaterThatIsOnAreNoFault() {
    DeviceJudge judge =
        judge(Plausibility.newBuilder().setThermometer("near").setThermometerRise(5));
    for (long minute = 0; minute < 10; minute++) {
      others.put("near", 10.0 + 3 * minute);
      assertThat(look(judge, new HeaterReading(0, minute * 70 * SECOND))).isEmpty();
    }
    others.put("near", 90.0);
    assertThat(look(judge, new HeaterReading(0.5, 700 * SECOND))).isEmpty();
  }

  private static CardReading card(long corrected, long uncorrected, long reasons, long seconds) {
    CardHealth health =
        new CardHealth(20, 1000, 1000, 1, corrected, uncorrected, 0, 0, 0, false, reasons, 0, -1);
    return new CardReading(50, 30, 60, 0.5, 0, health, seconds * SECOND);
  }

  @Test
  void memoryErrorsCountForAMinute() {
    DeviceJudge judge = judge(Plausibility.newBuilder().setCorrectedPerMinute(10));
    assertThat(look(judge, card(1000, 5, 0, 0))).isEmpty();
    assertThat(look(judge, card(1005, 5, 0, 1))).isEmpty();
    assertThat(look(judge, card(1011, 5, 0, 2))).contains(DeviceFault.MEMORY_ERRORS);
    assertThat(look(judge, card(1011, 5, 0, 63))).isEmpty();
    assertThat(look(judge, card(1011, 6, 0, 64))).contains(DeviceFault.MEMORY_ERRORS);
    assertThat(look(judge, card(1011, 6, 0, 125))).isEmpty();
    // the card was reset, its counters start anew
    assertThat(look(judge, card(0, 0, 0, 126))).isEmpty();
    DeviceJudge board = judge(Plausibility.newBuilder());
    assertThat(look(board, new MemoryErrorReading(0, 0, SECOND))).isEmpty();
    assertThat(look(board, new MemoryErrorReading(0, 1, 2 * SECOND)))
        .contains(DeviceFault.MEMORY_ERRORS);
  }

  @Test
  void aBoundOfMemoryErrorsIsUnsigned() {
    DeviceJudge judge = judge(Plausibility.newBuilder().setCorrectedPerMinute(-1));
    assertThat(look(judge, card(0, 0, 0, 0))).isEmpty();
    assertThat(look(judge, card(4_294_967_295L, 0, 0, 1))).isEmpty();
    assertThat(look(judge, card(4_294_967_296L, 0, 0, 2))).contains(DeviceFault.MEMORY_ERRORS);
  }

  @Test
  void aCardThatSlowsDownForHeatAndAPumpThatStandsAreSaidSo() {
    assertThat(look(judge(Plausibility.newBuilder()), card(0, 0, 0x40, 1)))
        .contains(DeviceFault.OVER_TEMPERATURE);
    assertThat(look(judge(Plausibility.newBuilder()), card(0, 0, 0x04, 1))).isEmpty();
    assertThat(look(judge(Plausibility.newBuilder()), new PumpReading(0.5, 0, true, SECOND)))
        .contains(DeviceFault.STALLED);
    assertThat(look(judge(Plausibility.newBuilder()), new DoseReading(1, 2, SECOND))).isEmpty();
  }
}
