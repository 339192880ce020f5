package org.heliostat.core.hardware;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import org.heliostat.hal.CardHealth;
import org.heliostat.hal.CardReading;
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

/**
 * Says what is wrong with one device that answers: what the part itself reports (a rail that is
 * latched off, a stalled pump, memory errors), and whether its values can be believed, by the
 * bounds of the mission file. Owned by one thread.
 */
final class DeviceJudge {
  /** Steps between samples that the noise is measured over. */
  static final int NOISE_STEPS = 16;

  private static final double MEDIAN_OF_NORMAL = 0.6745;

  /** Mission time in which a rail that was turned on may not have its voltage yet. */
  private static final long RAIL_RISE_NANOS = 3_000_000_000L;

  private static final long MINUTE_NANOS = 60_000_000_000L;

  private final Plausibility bounds;

  private long lastTaken = Long.MIN_VALUE;
  private double lastValue = Double.NaN;
  private long sameSince;
  private boolean gap;

  private final double[] squares = new double[NOISE_STEPS];
  private int steps;

  private boolean railRises;
  private long railRisesSince;

  private boolean apart;
  private long apartSince;

  private boolean off;
  private double coolest;
  private long coolestAt;
  private double warmest;
  private boolean stuckOn;

  private long correctedBefore = -1;
  private long uncorrectedBefore = -1;
  private long minuteStart = Long.MIN_VALUE;
  private long correctedInMinute;
  private long uncorrectedUntil = Long.MIN_VALUE;
  private long correctedUntil = Long.MIN_VALUE;

  DeviceJudge(Plausibility bounds) {
    this.bounds = bounds;
  }

  /** The main value of a reading; empty where it has none that is a number. */
  static OptionalDouble value(Reading reading) {
    double value;
    if (reading instanceof PowerReading power) {
      value = power.busVoltageVolts();
    } else if (reading instanceof TemperatureReading temperature) {
      value = temperature.celsius();
    } else if (reading instanceof CardReading card) {
      value = card.temperatureCelsius();
    } else if (reading instanceof PumpReading pump) {
      value = pump.revolutionsPerMinute();
    } else if (reading instanceof RailReading rail) {
      value = rail.outputVolts();
    } else {
      return OptionalDouble.empty();
    }
    return Double.isNaN(value) ? OptionalDouble.empty() : OptionalDouble.of(value);
  }

  /** Whether readings with this fault must not be used for anything. */
  static boolean unbelievable(DeviceFault fault) {
    return fault == DeviceFault.FROZEN
        || fault == DeviceFault.NOISY
        || fault == DeviceFault.DRIFTING;
  }

  /**
   * Looks at a fresh reading.
   *
   * @param others main value of another device by name, empty where it gives none
   */
  Optional<Finding> look(Reading reading, Function<String, OptionalDouble> others) {
    Optional<Finding> told = reported(reading);
    OptionalDouble value = value(reading);
    Optional<Finding> doubted =
        value.isPresent() ? doubted(reading, value.getAsDouble(), others) : none();
    if (told.isPresent()) {
      return told;
    }
    if (doubted.isPresent()) {
      return doubted;
    }
    return reading instanceof HeaterReading heater ? heats(heater, others) : none();
  }

  /** It gave no reading: for so long it has not given the same value. */
  void noReading() {
    gap = true;
  }

  // ---- what the part says

  private Optional<Finding> reported(Reading reading) {
    if (reading instanceof RailReading rail) {
      return rail(rail);
    }
    if (reading instanceof PowerReading power
        && bounds.hasHighestAmperes()
        && power.currentAmperes() > bounds.getHighestAmperes()) {
      return amperes(power.currentAmperes());
    }
    if (reading instanceof PumpReading pump && pump.stalled()) {
      return found(
          DeviceFault.STALLED,
          "driven at %.0f %%, turns at %.0f/min",
          100 * pump.duty(),
          pump.revolutionsPerMinute());
    }
    if (reading instanceof CardReading card) {
      return card(card);
    }
    if (reading instanceof MemoryErrorReading memory) {
      return memory(memory.corrected(), memory.uncorrected(), memory.takenNanos());
    }
    return none();
  }

  private Optional<Finding> rail(RailReading rail) {
    if (rail.latchedOff()) {
      return found(DeviceFault.LATCHED_OFF, "its controller has turned it off: %s", rail.faults());
    }
    if (rail.faults().contains(RailFault.SWITCH_BROKEN)) {
      return found(DeviceFault.SWITCH_BROKEN, "%s", rail.faults());
    }
    if (rail.faults().contains(RailFault.OVER_CURRENT)
        || rail.faults().contains(RailFault.OVER_POWER)) {
      return found(DeviceFault.OVER_CURRENT, "%s at %.2f A", rail.faults(), rail.currentAmperes());
    }
    if (bounds.hasHighestAmperes() && rail.currentAmperes() > bounds.getHighestAmperes()) {
      return amperes(rail.currentAmperes());
    }
    boolean rising = rail.commandedOn() && !rail.powerGood();
    if (!rising) {
      railRises = false;
    } else if (!railRises) {
      railRises = true;
      railRisesSince = rail.takenNanos();
    }
    if (rail.faults().contains(RailFault.INPUT_UNDER_VOLTAGE)
        || (rail.faults().contains(RailFault.OUTPUT_UNDER_VOLTAGE) && !rising)
        || (rising && rail.takenNanos() - railRisesSince > RAIL_RISE_NANOS)) {
      return found(
          DeviceFault.UNDER_VOLTAGE,
          "%.2f V in, %.2f V out %s",
          rail.inputVolts(),
          rail.outputVolts(),
          rail.faults());
    }
    if (rail.faults().contains(RailFault.INPUT_OVER_VOLTAGE)) {
      return found(DeviceFault.OVER_VOLTAGE, "%.2f V in", rail.inputVolts());
    }
    if (rail.faults().contains(RailFault.OVER_TEMPERATURE)) {
      return found(DeviceFault.OVER_TEMPERATURE, "%.1f C at the switch", rail.celsius());
    }
    if (rail.faults().contains(RailFault.CONTROLLER)) {
      return found(DeviceFault.BAD_DATA, "its controller has noted a bad command or memory");
    }
    return none();
  }

  private Optional<Finding> amperes(double amperes) {
    return found(
        DeviceFault.OVER_CURRENT, "%.2f A, at most %.2f", amperes, bounds.getHighestAmperes());
  }

  private Optional<Finding> card(CardReading card) {
    CardHealth health = card.health();
    if ((health.throttleReasons() & CardHealth.THROTTLED_BY_HEAT) != 0) {
      return found(
          DeviceFault.OVER_TEMPERATURE, "slows down for heat at %.0f C", card.temperatureCelsius());
    }
    return memory(health.correctedErrors(), health.uncorrectedErrors(), card.takenNanos());
  }

  /** Errors count for a minute after they were seen; counters that start anew count from there. */
  private Optional<Finding> memory(long corrected, long uncorrected, long now) {
    if (minuteStart == Long.MIN_VALUE || now - minuteStart >= MINUTE_NANOS) {
      minuteStart = now;
      correctedInMinute = 0;
    }
    if (corrected >= 0) {
      if (correctedBefore >= 0 && corrected > correctedBefore) {
        correctedInMinute += corrected - correctedBefore;
        if (bounds.hasCorrectedPerMinute()
            && correctedInMinute > Integer.toUnsignedLong(bounds.getCorrectedPerMinute())) {
          correctedUntil = now + MINUTE_NANOS;
        }
      }
      correctedBefore = corrected;
    }
    if (uncorrected >= 0) {
      if (uncorrectedBefore >= 0 && uncorrected > uncorrectedBefore) {
        uncorrectedUntil = now + MINUTE_NANOS;
      }
      uncorrectedBefore = uncorrected;
    }
    if (now < uncorrectedUntil) {
      return found(DeviceFault.MEMORY_ERRORS, "%d errors not corrected", uncorrected);
    }
    return now < correctedUntil
        ? found(DeviceFault.MEMORY_ERRORS, "%d errors corrected within a minute", correctedInMinute)
        : none();
  }

  // ---- whether it can be believed

  private Optional<Finding> doubted(
      Reading reading, double value, Function<String, OptionalDouble> others) {
    long taken = reading.takenNanos();
    if (taken == lastTaken) {
      return none();
    }
    double step = Double.isNaN(lastValue) ? 0 : value - lastValue;
    boolean first = Double.isNaN(lastValue);
    if (first || step != 0) {
      sameSince = taken;
    } else if (gap) {
      sameSince += taken - lastTaken;
    }
    gap = false;
    if (!first) {
      squares[steps++ % NOISE_STEPS] = step * step;
    }
    lastValue = value;
    lastTaken = taken;
    if (bounds.hasNoiseLimit() && noise() > bounds.getNoiseLimit()) {
      return found(
          DeviceFault.NOISY, "steps of %.3g, at most %.3g", noise(), bounds.getNoiseLimit());
    }
    if (bounds.hasFrozenSeconds() && taken - sameSince > bounds.getFrozenSeconds() * 1e9) {
      return found(DeviceFault.FROZEN, "%.6g for %.0f s", value, (taken - sameSince) / 1e9);
    }
    Optional<Finding> drifting = drifting(value, taken, others);
    if (drifting.isPresent()) {
      return drifting;
    }
    return outside(reading, value);
  }

  /**
   * Scatter of the last steps, as a standard deviation; 0 until there are enough of them. It is
   * taken from their median (0.6745 of it in a normal distribution), so that one step, which a load
   * that is switched makes, is no noise.
   */
  private double noise() {
    if (steps < NOISE_STEPS) {
      return 0;
    }
    double[] sorted = squares.clone();
    Arrays.sort(sorted);
    return Math.sqrt(sorted[NOISE_STEPS / 2]) / MEDIAN_OF_NORMAL;
  }

  private Optional<Finding> drifting(
      double value, long taken, Function<String, OptionalDouble> others) {
    OptionalDouble neighbour =
        bounds.hasNeighbour() ? others.apply(bounds.getNeighbour()) : OptionalDouble.empty();
    if (neighbour.isEmpty()) {
      apart = false;
      return none();
    }
    double distance = Math.abs(value - neighbour.getAsDouble());
    if (distance <= bounds.getNeighbourLimit()) {
      apart = false;
      return none();
    }
    if (!apart) {
      apart = true;
      apartSince = taken;
    }
    return taken - apartSince >= bounds.getNeighbourSeconds() * 1e9
        ? found(
            DeviceFault.DRIFTING,
            "%.5g where %s gives %.5g",
            value,
            bounds.getNeighbour(),
            neighbour.getAsDouble())
        : none();
  }

  private Optional<Finding> outside(Reading reading, double value) {
    boolean volts = reading instanceof PowerReading || reading instanceof RailReading;
    boolean celsius = reading instanceof TemperatureReading || reading instanceof CardReading;
    if (bounds.hasHighest() && value > bounds.getHighest()) {
      DeviceFault fault =
          volts
              ? DeviceFault.OVER_VOLTAGE
              : celsius ? DeviceFault.OVER_TEMPERATURE : DeviceFault.OUT_OF_RANGE;
      return found(fault, "%.5g, at most %.5g", value, bounds.getHighest());
    }
    if (bounds.hasLowest() && value < bounds.getLowest()) {
      return found(
          volts ? DeviceFault.UNDER_VOLTAGE : DeviceFault.OUT_OF_RANGE,
          "%.5g, at least %.5g",
          value,
          bounds.getLowest());
    }
    return none();
  }

  /** Its thermometer rises within a minute while it is off, and has not come down again. */
  private Optional<Finding> heats(HeaterReading heater, Function<String, OptionalDouble> others) {
    OptionalDouble near =
        bounds.hasThermometer() ? others.apply(bounds.getThermometer()) : OptionalDouble.empty();
    if (heater.duty() > 0 || near.isEmpty()) {
      off = false;
      stuckOn = false;
      return none();
    }
    double celsius = near.getAsDouble();
    long now = heater.takenNanos();
    if (!off || celsius < coolest || now - coolestAt > MINUTE_NANOS) {
      off = true;
      coolest = celsius;
      coolestAt = now;
    }
    if (celsius - coolest > bounds.getThermometerRise()) {
      stuckOn = true;
      warmest = celsius;
    }
    if (stuckOn) {
      warmest = Math.max(warmest, celsius);
      stuckOn = celsius > warmest - bounds.getThermometerRise() / 2;
    }
    return stuckOn
        ? found(
            DeviceFault.STUCK_ON,
            "off, and %s has risen to %.1f C",
            bounds.getThermometer(),
            celsius)
        : none();
  }

  private static Optional<Finding> found(DeviceFault fault, String format, Object... arguments) {
    return Optional.of(new Finding(fault, String.format(Locale.ROOT, format, arguments)));
  }

  private static Optional<Finding> none() {
    return Optional.empty();
  }
}
