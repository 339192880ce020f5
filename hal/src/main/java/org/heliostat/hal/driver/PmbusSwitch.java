package org.heliostat.hal.driver;

import java.util.EnumSet;
import java.util.Set;
import org.heliostat.hal.Board;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.PowerSwitch;
import org.heliostat.hal.RailFault;
import org.heliostat.hal.RailReading;
import org.heliostat.hal.Smbus;
import org.heliostat.hal.driver.PmbusFormat.Direct;

/**
 * One PMBus hot-swap controller (commands and status bits: PMBus part II, revision 1.3, sections 10
 * to 18).
 *
 * <p>A controller that resets itself turns its rail on, measures in its usual ranges and forgets
 * its limit. So each sample looks at what was set up; what is lost is set up again, and the rail is
 * commanded as it was last. A command on that fails counts for nothing: the next sample brings back
 * what was commanded before it. A command off that fails stands: the next sample turns the rail off
 * where it is on, and never on again where the part had taken it. Whoever sheds load or isolates a
 * part is served soonest so, and a rail that nobody wants off is brought back by those who watch.
 */
final class PmbusSwitch extends I2cSampled<RailReading> implements PowerSwitch {
  static final int OPERATION = 0x01;
  static final int CLEAR_FAULTS = 0x03;
  static final int VOUT_MODE = 0x20;
  static final int IOUT_OC_FAULT_LIMIT = 0x46;
  static final int IOUT_OC_WARN_LIMIT = 0x4A;
  static final int STATUS_WORD = 0x79;
  static final int STATUS_VOUT = 0x7A;
  static final int STATUS_IOUT = 0x7B;
  static final int STATUS_INPUT = 0x7C;
  static final int STATUS_TEMPERATURE = 0x7D;
  static final int STATUS_CML = 0x7E;
  static final int STATUS_MFR_SPECIFIC = 0x80;
  static final int READ_VIN = 0x88;
  static final int READ_VOUT = 0x8B;
  static final int READ_IOUT = 0x8C;
  static final int READ_TEMPERATURE_1 = 0x8D;
  static final int READ_PIN = 0x97;
  static final int MFR_ID = 0x99;

  /** ADM1272: what is measured, and in which ranges. */
  static final int PMON_CONFIG = 0xD4;

  private static final int CONVERSION_LOOKS = 10;
  private static final long CONVERSION_LOOK_NANOS = 5_000_000L;

  /** LM25066: current and power at the input, the current limit's warning, and the set-up. */
  static final int MFR_READ_IIN = 0xD1;

  static final int MFR_READ_PIN = 0xD2;
  static final int MFR_IIN_OC_WARN_LIMIT = 0xD3;
  static final int DEVICE_SETUP = 0xD9;

  static final int ON = 0x80;

  /** Bits of STATUS_WORD. */
  static final int OFF = 0x0040;

  static final int POWER_GOOD_NEGATED = 0x0800;

  /** ADM1272, PMON_CONFIG: 30 mV instead of 15, temperature, 100 V instead of 60, VIN, VOUT. */
  static final int ADM_RANGE_30_MILLIVOLTS = 0x0001;

  static final int ADM_VOUT = 0x0002;
  static final int ADM_VIN = 0x0004;
  static final int ADM_TEMPERATURE = 0x0008;
  static final int ADM_CONTINUOUS = 0x0010;
  static final int ADM_RANGE_100_VOLTS = 0x0020;

  /** LM25066, DEVICE_SETUP: the current limit is 46 mV instead of 25. */
  static final int LM_LIMIT_HIGH = 0x10;

  private static final int OVER_CURRENT_FAULT = 0x80;
  private static final int OVER_TEMPERATURE_BITS = 0xC0;
  private static final int INPUT_OVER_VOLTAGE_BITS = 0xC0;
  private static final int INPUT_UNDER_VOLTAGE_BITS = 0x38;
  private static final int INPUT_UNDER_VOLTAGE_FAULTS = 0x18;
  private static final int INPUT_OVER_POWER_BIT = 0x01;
  private static final int OUTPUT_UNDER_VOLTAGE_BITS = 0x30;
  private static final int ADM_FET_FAULT = 0x80;
  private static final int LM_FET_FAULT = 0x40;
  private static final int LM_CIRCUIT_BREAKER = 0x80;

  /** The parts that differ in formats and set-up. */
  enum Part {
    /** Direct format; data sheet, table "PMBus conversion to real-world coefficients". */
    ADM1272,
    /** Direct format; data sheet SNVS654, table "Telemetry and warning conversion coefficients". */
    LM25066,
    /** LINEAR11 and LINEAR16. */
    LINEAR
  }

  private enum Command {
    NONE,
    ON,
    OFF
  }

  static final Direct LM_VOLTS = new Direct(22_070, -1_800, -2);
  static final Direct LM_CELSIUS = new Direct(16_000, 0, -3);
  static final Direct ADM_CELSIUS = new Direct(42, 31_871, -1);

  private final Part kind;
  private final double senseMilliohms;
  private final double limitAmperes;

  /** Where a manufacturer's name is read to. */
  private final byte[] identity = new byte[32];

  private boolean known;
  private int configuration;
  private int limitWord;
  private int voutMode;
  private Direct volts = LM_VOLTS;
  private Direct amperes = LM_VOLTS;
  private Direct watts = LM_VOLTS;
  private Command command = Command.NONE;

  // the sample
  private double inputVolts;
  private double outputVolts;
  private double currentAmperes;
  private double powerWatts;
  private double celsius;
  private boolean commandedOn;
  private boolean powerGood;
  private boolean latchedOff;
  private int faultBits;

  PmbusSwitch(
      String name, Board board, Smbus part, Part kind, double senseMilliohms, double limitAmperes) {
    super(name, board, part);
    this.kind = kind;
    this.senseMilliohms = senseMilliohms;
    this.limitAmperes = limitAmperes;
  }

  @Override
  protected void measure() throws HardwareFault {
    setUp();
    int operation = part.readByte(OPERATION);
    boolean on = (operation & ON) != 0;
    if (command != Command.NONE && on != (command == Command.ON)) {
      // the part has reset itself: it is told again
      setUpBegins();
      operate(command == Command.ON);
      on = command == Command.ON;
    }
    if (settingUp()) {
      setUpDone();
    }
    int vin = part.readWordLittleEndian(READ_VIN);
    int vout = part.readWordLittleEndian(READ_VOUT);
    int current = part.readWordLittleEndian(kind == Part.LM25066 ? MFR_READ_IIN : READ_IOUT);
    int power = part.readWordLittleEndian(kind == Part.LM25066 ? MFR_READ_PIN : READ_PIN);
    int temperature = part.readWordLittleEndian(READ_TEMPERATURE_1);
    int status = part.readWordLittleEndian(STATUS_WORD);
    int input = part.readByte(STATUS_INPUT);
    int noted = faults(status, input);
    long taken = board.monotonicNanos();
    if (vin == 0xffff && vout == 0xffff && status == 0xffff) {
      throw fault(Kind.BAD_DATA, "every register is 0xffff: nobody drives the bus");
    }
    double degrees = celsius(temperature);
    if (degrees < -100 || degrees > 300) {
      throw fault(Kind.BAD_DATA, "the temperature is " + degrees + " degrees");
    }
    synchronized (sample) {
      inputVolts = volts(vin, false);
      outputVolts = volts(vout, true);
      currentAmperes = kind == Part.LINEAR ? PmbusFormat.linear11(current) : amperes.value(current);
      powerWatts = kind == Part.LINEAR ? PmbusFormat.linear11(power) : watts.value(power);
      celsius = degrees;
      commandedOn = on;
      powerGood = (status & POWER_GOOD_NEGATED) == 0 && (status & OFF) == 0;
      // an input that is too low turns the rail off, too, but on again when it recovers
      latchedOff = on && (status & OFF) != 0 && (input & INPUT_UNDER_VOLTAGE_FAULTS) == 0;
      faultBits = noted;
      taken(taken);
    }
  }

  @Override
  protected RailReading record(long takenNanos) {
    Set<RailFault> faults = EnumSet.noneOf(RailFault.class);
    for (RailFault one : RailFault.values()) {
      if ((faultBits & bit(one)) != 0) {
        faults.add(one);
      }
    }
    return new RailReading(
        inputVolts,
        outputVolts,
        currentAmperes,
        powerWatts,
        celsius,
        commandedOn,
        powerGood,
        latchedOff,
        faults,
        takenNanos);
  }

  /** Power of the last sample, W. */
  double watts() {
    synchronized (sample) {
      return powerWatts;
    }
  }

  @Override
  public void on() throws HardwareFault {
    command(true);
  }

  @Override
  public void off() throws HardwareFault {
    command(false);
  }

  @Override
  public void clearFaults() throws HardwareFault {
    begin();
    try {
      part.sendByte(CLEAR_FAULTS);
    } finally {
      end();
    }
  }

  private void command(boolean on) throws HardwareFault {
    begin();
    try {
      if (on) {
        // a limit that was lost must be there before the rail is on
        setUp();
        if (settingUp()) {
          setUpDone();
        }
        operate(true);
        command = Command.ON;
      } else {
        command = Command.OFF;
        operate(false);
      }
    } finally {
      end();
    }
  }

  private void operate(boolean on) throws HardwareFault {
    part.writeByte(OPERATION, on ? ON : 0);
    if ((part.readByte(OPERATION) & ON) != (on ? ON : 0)) {
      throw fault(
          Kind.REFUSED,
          "the part does not take the command to turn "
              + (on ? "on" : "off")
              + " (it may be write-protected)");
    }
  }

  private int faults(int status, int input) throws HardwareFault {
    int noted = 0;
    int current = part.readByte(STATUS_IOUT);
    if ((current & OVER_CURRENT_FAULT) != 0 || (status & 0x0010) != 0) {
      noted |= bit(RailFault.OVER_CURRENT);
    }
    if ((part.readByte(STATUS_TEMPERATURE) & OVER_TEMPERATURE_BITS) != 0) {
      noted |= bit(RailFault.OVER_TEMPERATURE);
    }
    if ((input & INPUT_UNDER_VOLTAGE_BITS) != 0) {
      noted |= bit(RailFault.INPUT_UNDER_VOLTAGE);
    }
    if ((input & INPUT_OVER_VOLTAGE_BITS) != 0) {
      noted |= bit(RailFault.INPUT_OVER_VOLTAGE);
    }
    if ((input & INPUT_OVER_POWER_BIT) != 0) {
      noted |= bit(RailFault.OVER_POWER);
    }
    if ((part.readByte(STATUS_VOUT) & OUTPUT_UNDER_VOLTAGE_BITS) != 0) {
      noted |= bit(RailFault.OUTPUT_UNDER_VOLTAGE);
    }
    int specific = part.readByte(STATUS_MFR_SPECIFIC);
    boolean broken =
        switch (kind) {
          case ADM1272 -> (specific & ADM_FET_FAULT) != 0;
          case LM25066 -> (specific & LM_FET_FAULT) != 0;
          case LINEAR -> false;
        };
    if (kind == Part.LM25066 && (specific & LM_CIRCUIT_BREAKER) != 0) {
      noted |= bit(RailFault.OVER_CURRENT);
    }
    if (broken) {
      noted |= bit(RailFault.SWITCH_BROKEN);
    }
    if (part.readByte(STATUS_CML) != 0) {
      noted |= bit(RailFault.CONTROLLER);
    }
    return noted;
  }

  /** Sets up what is not as it was set up; whoever calls it says when all is done. */
  private void setUp() throws HardwareFault {
    switch (kind) {
      case ADM1272 -> {
        int now = part.readWordLittleEndian(PMON_CONFIG);
        if (!known || settingUp() || now != configuration) {
          identify('A', 'D', 'I');
          // ranges stay as the board's designer strapped them; all that is read is measured
          int wanted = now | ADM_VOUT | ADM_VIN | ADM_TEMPERATURE | ADM_CONTINUOUS;
          if (wanted != now || settingUp()) {
            setUpBegins();
            part.writeWordLittleEndian(PMON_CONFIG, wanted);
            awaitTemperature();
          }
          configuration = wanted;
          scaleAdm1272();
          known = true;
        }
      }
      case LM25066 -> {
        int now = part.readByte(DEVICE_SETUP);
        if (!known || now != configuration) {
          configuration = now;
          scaleLm25066();
          known = true;
        }
      }
      case LINEAR -> {
        if (!known) {
          int mode = part.readByte(VOUT_MODE);
          if (!PmbusFormat.isLinear16(mode)) {
            throw fault(
                Kind.BAD_DATA, "VOUT_MODE is 0x%02x: this part is not linear".formatted(mode));
          }
          voutMode = mode;
          known = true;
          limitWord = Double.isNaN(limitAmperes) ? 0 : PmbusFormat.toLinear11(limitAmperes);
        }
      }
    }
    if (!Double.isNaN(limitAmperes)) {
      int register =
          switch (kind) {
            case ADM1272 -> IOUT_OC_WARN_LIMIT;
            case LM25066 -> MFR_IIN_OC_WARN_LIMIT;
            case LINEAR -> IOUT_OC_FAULT_LIMIT;
          };
      if (part.readWordLittleEndian(register) != limitWord) {
        setUpBegins();
        part.writeWordLittleEndian(register, limitWord);
      }
    }
  }

  /** A temperature that has just been turned on reads 0 (-759 degrees) until it is converted. */
  private void awaitTemperature() throws HardwareFault {
    for (int look = 0; look < CONVERSION_LOOKS; look++) {
      if (part.readWordLittleEndian(READ_TEMPERATURE_1) != 0) {
        return;
      }
      pause(CONVERSION_LOOK_NANOS);
    }
    throw fault(Kind.STALE, "the part converts no temperature after its set-up");
  }

  private void identify(char... manufacturer) throws HardwareFault {
    int length = part.readCountedBlock(MFR_ID, identity);
    boolean same = length >= manufacturer.length;
    for (int i = 0; same && i < manufacturer.length; i++) {
      same = identity[i] == manufacturer[i];
    }
    if (!same) {
      throw fault(Kind.BAD_DATA, "the manufacturer is another: this is no " + kind);
    }
  }

  private void scaleAdm1272() throws HardwareFault {
    volts = admVolts(configuration);
    amperes = admAmperes(configuration).times(senseMilliohms);
    watts = admWatts(configuration).times(senseMilliohms);
    limit(0xfff);
  }

  /** Voltages of an ADM1272 in the ranges of this PMON_CONFIG. */
  static Direct admVolts(int configuration) {
    return new Direct((configuration & ADM_RANGE_100_VOLTS) != 0 ? 4_062 : 6_770, 0, -2);
  }

  /** Currents of an ADM1272 in the ranges of this PMON_CONFIG, through 1 milliohm. */
  static Direct admAmperes(int configuration) {
    return new Direct((configuration & ADM_RANGE_30_MILLIVOLTS) != 0 ? 663 : 1_326, 20_480, -1);
  }

  /** Powers of an ADM1272 in the ranges of this PMON_CONFIG, through 1 milliohm. */
  static Direct admWatts(int configuration) {
    boolean wide = (configuration & ADM_RANGE_100_VOLTS) != 0;
    if ((configuration & ADM_RANGE_30_MILLIVOLTS) != 0) {
      return new Direct(wide ? 10_535 : 17_561, 0, -3);
    }
    return wide ? new Direct(21_071, 0, -3) : new Direct(3_512, 0, -2);
  }

  private void scaleLm25066() throws HardwareFault {
    amperes = lmAmperes(configuration).times(senseMilliohms);
    watts = lmWatts(configuration).times(senseMilliohms);
    limit(0xfff);
  }

  /** Currents of an LM25066 with this DEVICE_SETUP, through 1 milliohm. */
  static Direct lmAmperes(int configuration) {
    return (configuration & LM_LIMIT_HIGH) != 0
        ? new Direct(6_854, -3_100, -2)
        : new Direct(13_661, -5_200, -2);
  }

  /** Powers of an LM25066 with this DEVICE_SETUP, through 1 milliohm. */
  static Direct lmWatts(int configuration) {
    return (configuration & LM_LIMIT_HIGH) != 0
        ? new Direct(369, -1_900, -2)
        : new Direct(736, -3_300, -2);
  }

  private void limit(int most) throws HardwareFault {
    if (Double.isNaN(limitAmperes)) {
      return;
    }
    limitWord = amperes.word(limitAmperes);
    if (limitWord >= most) {
      throw fault(
          Kind.REFUSED, "limit_amperes is beyond what the part can hold in its present range");
    }
  }

  private double volts(int word, boolean output) {
    if (kind != Part.LINEAR) {
      return volts.value(word);
    }
    return output ? PmbusFormat.linear16(word, voutMode) : PmbusFormat.linear11(word);
  }

  private double celsius(int word) {
    return switch (kind) {
      case ADM1272 -> ADM_CELSIUS.value(word);
      case LM25066 -> LM_CELSIUS.value(word);
      case LINEAR -> PmbusFormat.linear11(word);
    };
  }

  private static int bit(RailFault fault) {
    return switch (fault) {
      case OVER_CURRENT -> 1;
      case OVER_TEMPERATURE -> 1 << 1;
      case INPUT_UNDER_VOLTAGE -> 1 << 2;
      case INPUT_OVER_VOLTAGE -> 1 << 3;
      case OUTPUT_UNDER_VOLTAGE -> 1 << 4;
      case OVER_POWER -> 1 << 5;
      case SWITCH_BROKEN -> 1 << 6;
      case CONTROLLER -> 1 << 7;
    };
  }
}
