package org.heliostat.hal.driver;

import java.util.List;
import org.heliostat.hal.Board;
import org.heliostat.hal.CardIdentity;
import org.heliostat.hal.CardReading;
import org.heliostat.hal.ComputeCard;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.os.SysfsFile;
import org.jspecify.annotations.Nullable;

/**
 * One card behind hwmon files.
 *
 * <p>The number of a hwmon folder changes when the card's driver is bound anew, so the card is
 * looked up by name at the first poll and again after it was lost. What the kernel does not say is
 * NaN or -1; what it cannot do is refused.
 */
final class HwmonCard extends Sampled<CardReading> implements ComputeCard {
  private static final int FOLDERS = 64;
  private static final double MOST_WATTS = 10_000;

  private final Board board;
  private final String hwmon;
  private final @Nullable PmbusSwitch rail;

  private @Nullable SysfsFile temperature;
  private @Nullable SysfsFile power;
  private boolean measuresPower;

  private double celsius;
  private double watts;

  HwmonCard(String name, Board board, String hwmon, @Nullable PmbusSwitch rail) {
    super(name);
    this.board = board;
    this.hwmon = hwmon;
    this.rail = rail;
  }

  @Override
  protected void measure() throws HardwareFault {
    long millidegrees;
    double now = Double.NaN;
    try {
      SysfsFile file = temperature;
      if (file == null) {
        file = find();
      }
      millidegrees = file.readLong();
      SysfsFile microwatts = power;
      if (measuresPower && microwatts != null) {
        now = microwatts.readLong() / 1e6;
      }
    } catch (HardwareFault e) {
      if (e.kind() == Kind.ABSENT) {
        lose();
      }
      throw e;
    }
    if (Double.isNaN(now) && rail != null) {
      rail.poll();
      now = rail.watts();
    }
    long taken = board.monotonicNanos();
    if (millidegrees < -100_000 || millidegrees > 250_000) {
      throw fault(Kind.BAD_DATA, "the card says " + millidegrees + " millidegrees");
    }
    if ((now < 0 && rail == null) || now > MOST_WATTS) {
      throw fault(Kind.BAD_DATA, "the card says " + now + " W");
    }
    synchronized (sample) {
      celsius = millidegrees / 1000.0;
      watts = now;
      taken(taken);
    }
  }

  @Override
  protected CardReading record(long takenNanos) {
    return new CardReading(celsius, watts, Double.NaN, Double.NaN, -1, takenNanos);
  }

  /** The lane of the rail's bus where there is one, since its controller is asked as well. */
  @Override
  public String lane() {
    return rail == null ? name() : rail.lane();
  }

  @Override
  public CardIdentity identity() throws HardwareFault {
    begin();
    try {
      if (temperature == null) {
        find();
      }
      return new CardIdentity(hwmon, "", hwmon);
    } finally {
      end();
    }
  }

  /** Does nothing: the kernel's driver knows who has the card open. */
  @Override
  public void claim() {}

  /** Nobody: hwmon does not say who computes. */
  @Override
  public List<Long> holders() {
    return List.of();
  }

  @Override
  public void setPowerLimit(double watts) throws HardwareFault {
    throw fault(Kind.REFUSED, "hwmon sets no power limit for this card");
  }

  @Override
  public void reset() throws HardwareFault {
    throw fault(Kind.REFUSED, "the card cannot be reset but by its rail");
  }

  @Override
  public void close() {
    lose();
    if (rail != null) {
      rail.close();
    }
  }

  private SysfsFile find() throws HardwareFault {
    for (int i = 0; i < FOLDERS; i++) {
      String folder = "/sys/class/hwmon/hwmon" + i;
      if (!hwmon.equals(nameOf(folder))) {
        continue;
      }
      SysfsFile found = new SysfsFile(board.system(), name(), folder + "/temp1_input");
      SysfsFile watts = new SysfsFile(board.system(), name(), folder + "/power1_input");
      try {
        watts.readLong();
        measuresPower = true;
      } catch (HardwareFault e) {
        measuresPower = e.kind() != Kind.ABSENT;
      }
      temperature = found;
      power = watts;
      return found;
    }
    throw fault(Kind.ABSENT, "there is no hwmon folder with the name \"" + hwmon + "\"");
  }

  private String nameOf(String folder) throws HardwareFault {
    try (SysfsFile file = new SysfsFile(board.system(), name(), folder + "/name")) {
      return file.readText();
    } catch (HardwareFault e) {
      if (e.kind() == Kind.ABSENT) {
        return "";
      }
      throw e;
    }
  }

  private void lose() {
    SysfsFile one = temperature;
    SysfsFile other = power;
    temperature = null;
    power = null;
    if (one != null) {
      one.close();
    }
    if (other != null) {
      other.close();
    }
  }
}
