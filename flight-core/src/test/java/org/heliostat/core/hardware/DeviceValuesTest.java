package org.heliostat.core.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.heliostat.hal.CardHealth;
import org.heliostat.hal.CardReading;
import org.heliostat.hal.DoseReading;
import org.heliostat.hal.HeaterReading;
import org.heliostat.hal.MemoryErrorReading;
import org.heliostat.hal.NavigationReading;
import org.heliostat.hal.PlatformReading;
import org.heliostat.hal.PowerReading;
import org.heliostat.hal.PumpReading;
import org.heliostat.hal.RailReading;
import org.heliostat.hal.Reading;
import org.heliostat.hal.TemperatureReading;
import org.heliostat.hal.VibrationReading;
import org.heliostat.protocol.CardValue;
import org.heliostat.protocol.DeviceValue;
import org.heliostat.protocol.MemoryErrorsValue;
import org.heliostat.protocol.PlatformSignal;
import org.heliostat.protocol.PlatformValue;
import org.heliostat.protocol.PositionValue;
import org.heliostat.protocol.PowerValue;
import org.heliostat.protocol.PumpValue;
import org.heliostat.protocol.RailValue;
import org.heliostat.protocol.VibrationValue;
import org.junit.jupiter.api.Test;

class DeviceValuesTest {
  private static void stands(Reading reading, DeviceValue.Builder value) {
    assertThat(DeviceValues.of("d", reading)).contains(value.setDevice("d").build());
  }

  private static DeviceValue.Builder value() {
    return DeviceValue.newBuilder();
  }

  @Test
  void powerAndRailsAndHeat() {
    stands(
        new PowerReading(12.5, 2, 25, 1),
        value().setPower(PowerValue.newBuilder().setVolts(12.5f).setAmperes(2).setWatts(25)));
    stands(new TemperatureReading(-7.5, 1), value().setCelsius(-7.5f));
    stands(
        new RailReading(28, 12, 3, 36, 40, true, false, true, Set.of(), 1),
        value()
            .setRail(
                RailValue.newBuilder()
                    .setOn(true)
                    .setPowerGood(false)
                    .setLatchedOff(true)
                    .setOutputVolts(12)
                    .setAmperes(3)
                    .setCelsius(40)));
    stands(new HeaterReading(0.25, 1), value().setHeaterDuty(0.25f));
    stands(
        new PumpReading(0.5, 3_000, false, 1),
        value().setPump(PumpValue.newBuilder().setDuty(0.5f).setRevolutionsPerMinute(3_000)));
  }

  @Test
  void environmentAndPosition() {
    stands(new DoseReading(1.5, 0.75, 1), value().setDoseGrays(0.75f));
    stands(
        new VibrationReading(
            List.of(
                new VibrationReading.Band(5, 50, 0.5), new VibrationReading.Band(50, 500, 0.25)),
            4,
            64,
            false,
            1),
        value().setVibration(VibrationValue.newBuilder().setPeak(4).addRms(0.5f).addRms(0.25f)));
    stands(
        new NavigationReading(
            NavigationReading.Fix.THREE_DIMENSIONAL, 9, 48.5, 11.25, 500_000, 1, 2, 3, 4, 9, 1),
        value()
            .setPosition(
                PositionValue.newBuilder()
                    .setLatitudeDeg(48.5)
                    .setLongitudeDeg(11.25)
                    .setAltitudeM(500_000)
                    .setSatellites(9)));
    stands(
        new MemoryErrorReading(3, 1, 1),
        value().setMemoryErrors(MemoryErrorsValue.newBuilder().setCorrected(3).setUncorrected(1)));
    stands(
        new PlatformReading(List.of(new PlatformReading.Signal("wheel", 2.5, 1)), 1),
        value()
            .setPlatform(
                PlatformValue.newBuilder()
                    .addSignals(PlatformSignal.newBuilder().setName("wheel").setValue(2.5))));
  }

  @Test
  void ofACardOnlyWhatItSays() {
    stands(
        new CardReading(50, 40, 60, 0.5, 7, 1),
        value()
            .setCard(
                CardValue.newBuilder()
                    .setPowerLimitWatts(60)
                    .setThrottleReasons(0)
                    .setCriticalEvents(0)));
    stands(
        new CardReading(
            50, 40, 60, 0.5, 7, new CardHealth(15, 900, 1, 1, 0, 2, 0, 0, 4, false, 8, 5, 79), 1),
        value()
            .setCard(
                CardValue.newBuilder()
                    .setPowerLimitWatts(60)
                    .setThrottleReasons(8)
                    .setCriticalEvents(5)
                    .setMarginKelvin(15)
                    .setComputeMegahertz(900)
                    .setCorrectedErrors(0)
                    .setUncorrectedErrors(2)
                    .setRetiredPages(4)));
  }

  @Test
  void aReadingWithoutAPlaceInHousekeepingIsLeftOut() {
    assertThat(DeviceValues.of("d", () -> 1)).isEmpty();
  }
}
