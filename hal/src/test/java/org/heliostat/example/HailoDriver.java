package org.heliostat.example;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.heliostat.hal.Board;
import org.heliostat.hal.CardIdentity;
import org.heliostat.hal.CardReading;
import org.heliostat.hal.ComputeCard;
import org.heliostat.hal.Device;
import org.heliostat.hal.DeviceDriver;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.driver.Parameters;
import org.heliostat.hal.driver.Sampled;
import org.heliostat.hal.os.SysfsFile;

/** A card of the Hailo class whose kernel driver gives a temperature and nothing else. */
public final class HailoDriver implements DeviceDriver {
  @Override
  public String name() {
    return "hailo";
  }

  @Override
  public Class<? extends Device> kind() {
    return ComputeCard.class;
  }

  @Override
  public void check(String deviceName, Map<String, String> parameters) throws HardwareFault {
    number(deviceName, parameters);
  }

  @Override
  public Device open(String deviceName, Map<String, String> parameters, Board board)
      throws HardwareFault {
    return new Card(deviceName, board, number(deviceName, parameters));
  }

  private static int number(String deviceName, Map<String, String> parameters)
      throws HardwareFault {
    return new Parameters(deviceName, parameters, Set.of("hwmon")).integer("hwmon", 0, 63);
  }

  private static final class Card extends Sampled<CardReading> implements ComputeCard {
    private final Board board;
    private final SysfsFile temperature;
    private double celsius;

    Card(String name, Board board, int number) {
      super(name);
      this.board = board;
      this.temperature =
          new SysfsFile(board.system(), name, "/sys/class/hwmon/hwmon" + number + "/temp1_input");
    }

    @Override
    protected void measure() throws HardwareFault {
      long millidegrees = temperature.readLong();
      long taken = board.monotonicNanos();
      if (millidegrees < -60_000 || millidegrees > 150_000) {
        throw fault(Kind.BAD_DATA, "the card says " + millidegrees + " millidegrees");
      }
      synchronized (sample) {
        celsius = millidegrees / 1000.0;
        taken(taken);
      }
    }

    @Override
    protected CardReading record(long takenNanos) {
      return new CardReading(celsius, Double.NaN, Double.NaN, Double.NaN, -1, takenNanos);
    }

    @Override
    public CardIdentity identity() {
      return new CardIdentity("Hailo-8", "", temperature.path());
    }

    @Override
    public void claim() {}

    @Override
    public List<Long> holders() {
      return List.of();
    }

    @Override
    public void setPowerLimit(double watts) throws HardwareFault {
      throw fault(Kind.REFUSED, "the card has no power limit");
    }

    @Override
    public void reset() throws HardwareFault {
      throw fault(Kind.REFUSED, "the card is reset by its rail alone");
    }

    @Override
    public void close() {
      temperature.close();
    }
  }
}
