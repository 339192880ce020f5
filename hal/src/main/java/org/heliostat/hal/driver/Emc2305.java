package org.heliostat.hal.driver;

import org.heliostat.hal.Board;
import org.heliostat.hal.CoolantPump;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.PumpReading;
import org.heliostat.hal.Smbus;

/**
 * One channel of an EMC2305, driven directly (the closed loop of the part stays off).
 *
 * <p>After a reset the part's own watchdog drives every fan fully until it is spoken to; so drive,
 * range and stall limit are looked at by every poll, and set again where they were lost.
 */
final class Emc2305 extends I2cSampled<PumpReading> implements CoolantPump {
  static final int STALL_STATUS = 0x25;
  static final int FIRST_CHANNEL = 0x30;
  static final int CHANNEL_BYTES = 0x10;

  // offsets in a channel
  static final int SETTING = 0x0;
  static final int CONFIGURATION_1 = 0x2;
  static final int VALID_TACH_COUNT = 0x9;
  static final int TACH_HIGH = 0xE;
  static final int TACH_LOW = 0xF;

  static final int PRODUCT = 0xFD;
  static final int MANUFACTURER = 0xFE;
  static final int SMSC = 0x5D;

  /** Update time of 400 ms, as after a reset. */
  static final int UPDATE_400_MILLIS = 0x03;

  /** Equations 4-1 to 4-3: revolutions a minute times count, with an edge more than two a pole. */
  static final double RPM_COUNT = 3_932_160;

  /** Count of 13 bits that a standing pump gives. */
  static final int MOST_COUNT = 0x1FFF;

  private static final int FULL_SETTING = 255;

  private final int channel;
  private final int base;
  private final int range;
  private final int configuration;
  private final int stallCount;

  /** The drive that was commanded, 0 to 255; -1 for none yet. */
  private int wanted;

  private double duty;
  private double rpm;
  private boolean stalled;

  Emc2305(
      String name, Board board, Smbus part, int channel, int poles, double duty, double stallRpm) {
    super(name, board, part);
    this.channel = channel;
    this.base = FIRST_CHANNEL + CHANNEL_BYTES * channel;
    this.range = range(stallRpm);
    this.configuration = range << 5 | (poles - 1) << 3 | UPDATE_400_MILLIS;
    this.stallCount = stallCount(stallRpm, range);
    this.wanted = Double.isNaN(duty) ? -1 : setting(duty);
  }

  /** RNG bits: the finest range that still counts down to this speed (500, 1000, 2000, 4000). */
  static int range(double slowestRpm) {
    int range = 0;
    while (range < 3 && slowestRpm >= 500 << (range + 1)) {
      range++;
    }
    return range;
  }

  /** The speed of a tachometer count of 13 bits; 0 for the greatest count. */
  static double rpm(int count, int range) {
    return count >= MOST_COUNT ? 0 : RPM_COUNT * (1 << range) / count;
  }

  /** Upper eight of the 13 bits of the count at a speed. */
  static int stallCount(double stallRpm, int range) {
    return (int) Math.min(0xff, (long) (RPM_COUNT * (1 << range) / stallRpm) >> 5);
  }

  static int setting(double duty) {
    return (int) Math.round(duty * FULL_SETTING);
  }

  @Override
  protected void measure() throws HardwareFault {
    setUp();
    int setting = part.readByte(base + SETTING);
    // reading the high byte holds the low one
    int count = part.readByte(base + TACH_HIGH) << 5 | part.readByte(base + TACH_LOW) >> 3;
    boolean noted = (part.readByte(STALL_STATUS) & 1 << channel) != 0;
    long taken = board.monotonicNanos();
    if (count == 0) {
      throw fault(Kind.BAD_DATA, "the tachometer's count is 0");
    }
    double turns = rpm(count, range);
    synchronized (sample) {
      duty = setting / (double) FULL_SETTING;
      rpm = turns;
      // the status is shared by all channels and cleared by reading: the count decides as well
      stalled = setting > 0 && (noted || count >> 5 > stallCount);
      taken(taken);
    }
  }

  @Override
  protected PumpReading record(long takenNanos) {
    return new PumpReading(duty, rpm, stalled, takenNanos);
  }

  @Override
  public void setDuty(double share) throws HardwareFault {
    if (!(share >= 0 && share <= 1)) {
      throw fault(Kind.REFUSED, "a duty of " + share + ", not 0..1");
    }
    begin();
    try {
      setUp();
      wanted = setting(share);
      drive();
    } finally {
      end();
    }
  }

  private void setUp() throws HardwareFault {
    if (settingUp()
        || part.readByte(base + CONFIGURATION_1) != configuration
        || part.readByte(base + VALID_TACH_COUNT) != stallCount) {
      identify();
      setUpBegins();
      part.writeByte(base + CONFIGURATION_1, configuration);
      part.writeByte(base + VALID_TACH_COUNT, stallCount);
    }
    if (wanted >= 0 && part.readByte(base + SETTING) != wanted) {
      setUpBegins();
      drive();
    }
    if (settingUp()) {
      setUpDone();
    }
  }

  private void drive() throws HardwareFault {
    part.writeByte(base + SETTING, wanted);
    if (part.readByte(base + SETTING) != wanted) {
      throw fault(Kind.BAD_DATA, "the part does not keep its drive");
    }
  }

  private void identify() throws HardwareFault {
    int manufacturer = part.readByte(MANUFACTURER);
    int product = part.readByte(PRODUCT);
    int channels =
        switch (product) {
          case 0x34 -> 5;
          case 0x35 -> 3;
          case 0x36 -> 2;
          case 0x37 -> 1;
          default -> 0;
        };
    if (manufacturer != SMSC || channels == 0) {
      throw fault(
          Kind.BAD_DATA,
          "manufacturer 0x%02x, product 0x%02x: this is no EMC230x"
              .formatted(manufacturer, product));
    }
    if (channel >= channels) {
      throw fault(Kind.REFUSED, "channel " + channel + " of a part that has " + channels);
    }
  }
}
