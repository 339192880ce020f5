package org.heliostat.core.hardware;

import java.util.Optional;
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

/** Readings as they stand in housekeeping. Stateless. */
final class DeviceValues {
  private DeviceValues() {}

  /** A reading; empty for one that housekeeping has no place for. */
  static Optional<DeviceValue> of(String device, Reading reading) {
    DeviceValue.Builder value = DeviceValue.newBuilder().setDevice(device);
    if (reading instanceof PowerReading power) {
      value.setPower(
          PowerValue.newBuilder()
              .setVolts((float) power.busVoltageVolts())
              .setAmperes((float) power.currentAmperes())
              .setWatts((float) power.powerWatts()));
    } else if (reading instanceof TemperatureReading temperature) {
      value.setCelsius((float) temperature.celsius());
    } else if (reading instanceof RailReading rail) {
      value.setRail(
          RailValue.newBuilder()
              .setOn(rail.commandedOn())
              .setPowerGood(rail.powerGood())
              .setLatchedOff(rail.latchedOff())
              .setOutputVolts((float) rail.outputVolts())
              .setAmperes((float) rail.currentAmperes())
              .setCelsius((float) rail.celsius()));
    } else if (reading instanceof HeaterReading heater) {
      value.setHeaterDuty((float) heater.duty());
    } else if (reading instanceof PumpReading pump) {
      value.setPump(
          PumpValue.newBuilder()
              .setDuty((float) pump.duty())
              .setRevolutionsPerMinute((float) pump.revolutionsPerMinute()));
    } else if (reading instanceof DoseReading dose) {
      value.setDoseGrays((float) dose.doseGrays());
    } else if (reading instanceof VibrationReading vibration) {
      VibrationValue.Builder bands =
          VibrationValue.newBuilder().setPeak((float) vibration.peakMetresPerSecondSquared());
      vibration.bands().forEach(band -> bands.addRms((float) band.rmsMetresPerSecondSquared()));
      value.setVibration(bands);
    } else if (reading instanceof NavigationReading position) {
      value.setPosition(
          PositionValue.newBuilder()
              .setLatitudeDeg(position.latitudeDegrees())
              .setLongitudeDeg(position.longitudeDegrees())
              .setAltitudeM(position.altitudeMetres())
              .setSatellites(position.satellites()));
    } else if (reading instanceof MemoryErrorReading memory) {
      value.setMemoryErrors(
          MemoryErrorsValue.newBuilder()
              .setCorrected(memory.corrected())
              .setUncorrected(memory.uncorrected()));
    } else if (reading instanceof PlatformReading platform) {
      PlatformValue.Builder signals = PlatformValue.newBuilder();
      platform
          .signals()
          .forEach(
              signal ->
                  signals.addSignals(
                      PlatformSignal.newBuilder().setName(signal.name()).setValue(signal.value())));
      value.setPlatform(signals);
    } else if (reading instanceof CardReading card) {
      value.setCard(card(card));
    } else {
      return Optional.empty();
    }
    return Optional.of(value.build());
  }

  private static CardValue card(CardReading card) {
    CardHealth health = card.health();
    CardValue.Builder value =
        CardValue.newBuilder()
            .setPowerLimitWatts((float) card.powerLimitWatts())
            .setThrottleReasons(health.throttleReasons())
            .setCriticalEvents(health.criticalEvents());
    if (!Double.isNaN(health.marginCelsius())) {
      value.setMarginKelvin((float) health.marginCelsius());
    }
    if (health.computeMegahertz() >= 0) {
      value.setComputeMegahertz(health.computeMegahertz());
    }
    if (health.correctedErrors() >= 0) {
      value.setCorrectedErrors(health.correctedErrors());
    }
    if (health.uncorrectedErrors() >= 0) {
      value.setUncorrectedErrors(health.uncorrectedErrors());
    }
    if (health.retiredPages() >= 0) {
      value.setRetiredPages(health.retiredPages());
    }
    return value.build();
  }
}
