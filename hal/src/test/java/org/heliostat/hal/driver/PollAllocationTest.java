package org.heliostat.hal.driver;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Pointer;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.heliostat.hal.Board;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.Polled;
import org.heliostat.hal.os.SystemLibrary;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A poll that ends well allocates nothing, whatever the part. */
class PollAllocationTest {
  private static final int POLLS = 10_000;
  private static final int ENOENT = 2;
  private static final int EAGAIN = 11;
  private static final int NAME_FD = 10;
  private static final Set<String> ON_I2C =
      Set.of(
          "ina226",
          "ina228",
          "lm75",
          "tmp117",
          "pmbus-switch",
          "pca9685",
          "emc2305",
          "ads1115-radfet",
          "adxl345");

  /** A system of memory alone: parts of 256 words, files of one number; nothing is allocated. */
  private static final class PlainSystem implements SystemLibrary {
    final byte[] registers = new byte[2 * 256];
    boolean lowFirst;
    boolean hasFifo;
    byte fifo = 32;
    int error = EAGAIN;
    boolean lacksPower;

    /** What comes in between two polls, on a line or from a socket. */
    byte[] incoming = {};

    private int taken;

    void word(int register, int value) {
      registers[2 * register] = (byte) (lowFirst ? value : value >> 8);
      registers[2 * register + 1] = (byte) (lowFirst ? value >> 8 : value);
    }

    void octet(int register, int value) {
      registers[2 * register] = (byte) value;
    }

    @Override
    public int ioctl(int fd, long request, Pointer argument) {
      if (request == 0x0705) {
        argument.setLong(0, -1);
      }
      if (request != 0x0720) {
        return 0;
      }
      int register = argument.getByte(1) & 0xff;
      int size = argument.getInt(4);
      boolean read = argument.getByte(0) == 1;
      Pointer data = DATA.get();
      // the buffer that the request names, looked up once for each test
      if (data == null) {
        data = argument.getPointer(8);
        DATA.set(data);
      }
      if (size == 8) {
        int length = data.getByte(0);
        for (int i = 0; i < length; i++) {
          data.setByte(1 + i, i < 2 ? registers[2 * register + i] : 0);
        }
      } else if (size == 5) {
        data.setByte(0, (byte) 3);
        data.setByte(1, (byte) 'A');
        data.setByte(2, (byte) 'D');
        data.setByte(3, (byte) 'I');
      } else if (read) {
        data.setByte(0, registers[2 * register]);
        if (size == 3) {
          data.setByte(1, registers[2 * register + 1]);
        } else if (hasFifo && register == Adxl345.FIFO_STATUS && fifo > 0) {
          data.setByte(0, fifo);
          fifo = (byte) (fifo == 32 ? 0 : 32);
        } else if (hasFifo && register == Adxl345.FIFO_STATUS) {
          fifo = 32;
          data.setByte(0, (byte) 0);
        }
      } else {
        registers[2 * register] = data.getByte(0);
        if (size == 3) {
          registers[2 * register + 1] = data.getByte(1);
        }
      }
      return 0;
    }

    private static final ThreadLocal<Pointer> DATA = new ThreadLocal<>();

    @Override
    public int open(Pointer path, int flags) {
      String name = path.getString(0);
      if (lacksPower && name.endsWith("/power1_input")) {
        error = ENOENT;
        return -1;
      }
      return name.endsWith("/name") ? NAME_FD : 9;
    }

    @Override
    public int close(int fd) {
      return 0;
    }

    @Override
    public long read(int fd, Pointer buffer, long count) {
      if (taken >= incoming.length) {
        taken = 0;
        error = EAGAIN;
        return -1;
      }
      int length = (int) Math.min(count, incoming.length - taken);
      buffer.write(0, incoming, taken, length);
      taken += length;
      return length;
    }

    @Override
    public long pread(int fd, Pointer buffer, long count, long offset) {
      if (fd == NAME_FD) {
        buffer.setByte(0, (byte) 'x');
        return 1;
      }
      buffer.setByte(0, (byte) '4');
      buffer.setByte(1, (byte) '2');
      return 2;
    }

    @Override
    public long write(int fd, Pointer buffer, long count) {
      return count;
    }

    @Override
    public int poll(Pointer fds, long count, int timeoutMillis) {
      if (taken >= incoming.length) {
        taken = 0;
        return 0;
      }
      return 1;
    }

    @Override
    public int socket(int domain, int type, int protocol) {
      return 9;
    }

    @Override
    public int bind(int fd, Pointer address, int length) {
      return 0;
    }

    @Override
    public int setsockopt(int fd, int level, int name, Pointer value, int length) {
      return 0;
    }

    @Override
    public int clock_gettime(int clock, Pointer time) {
      time.setLong(0, 7);
      time.setLong(8, 0);
      return 0;
    }

    @Override
    public int clock_nanosleep(int clock, int flags, Pointer request, Pointer remain) {
      return 4;
    }

    @Override
    public int lastError() {
      return error;
    }

    @Override
    public String origin() {
      return "plain";
    }
  }

  private final PlainSystem system = new PlainSystem();

  private Polled<?> open(String driver) throws HardwareFault {
    Map<String, String> parameters = new HashMap<>();
    if (ON_I2C.contains(driver)) {
      parameters.putAll(Map.of("bus", "/dev/i2c-1", "address", "0x40"));
    }
    switch (driver) {
      case "ina226" -> {
        parameters.putAll(Map.of("shunt_ohms", "0.005", "max_amperes", "16"));
        system.word(Ina226.CALIBRATION, Ina226Scale.of(0.005, 16).calibration());
      }
      case "ina228" -> {
        parameters.putAll(Map.of("shunt_ohms", "0.005", "max_amperes", "20"));
        system.word(Ina228.CALIBRATION, Ina228Scale.of(0.005, 20).calibration());
        system.word(Ina228.ADC_CONFIGURATION, Ina228.RUNNING);
        system.word(Ina228.DIAGNOSIS, Ina228.MEMORY_INTACT);
      }
      case "lm75" -> system.word(Lm75.TEMPERATURE, 0x1900);
      case "tmp117" -> system.word(Tmp117.CONFIGURATION, Tmp117.RUNNING | Tmp117.DATA_READY);
      case "pmbus-switch" -> {
        system.lowFirst = true;
        parameters.putAll(Map.of("part", "adm1272", "sense_ohms", "0.001", "limit_amperes", "6"));
        system.word(PmbusSwitch.PMON_CONFIG, 0x071e);
        system.word(PmbusSwitch.READ_TEMPERATURE_1, 3292);
      }
      case "pca9685" -> {
        system.lowFirst = true;
        parameters.put("channel", "0");
        system.octet(Pca9685.MODE1, Pca9685.AUTO_INCREMENT);
        system.octet(Pca9685.PRE_SCALE, 30);
        system.word(8, Pca9685.FULL);
      }
      case "emc2305" -> {
        parameters.put("channel", "0");
        system.octet(0x32, 0x0b);
        system.octet(0x39, Emc2305.stallCount(500, 0));
        system.octet(0x3e, 0x20);
      }
      case "ads1115-radfet" -> {
        parameters.putAll(Map.of("zero_volts", "1", "volts_per_gray", "0.002"));
        system.word(Ads1115Radfet.CONFIGURATION, 0x4283);
      }
      case "adxl345" -> {
        parameters.putAll(Map.of("bands", "5-50,50-150,150-390"));
        system.hasFifo = true;
        system.octet(Adxl345.POWER_CONTROL, Adxl345.MEASURE);
        system.octet(Adxl345.RATE, 0x0d);
        system.octet(Adxl345.DATA_FORMAT, 0x0b);
        system.octet(Adxl345.FIFO_CONTROL, Adxl345.STREAM);
      }
      case "thermal-zone" -> parameters.put("zone", "0");
      case "hwmon-card" -> parameters.put("hwmon", "x");
      case "hwmon-card with a rail" -> {
        system.lowFirst = true;
        system.lacksPower = true;
        system.word(PmbusSwitch.VOUT_MODE, 0x17);
        parameters.putAll(
            Map.of(
                "hwmon", "x",
                "rail_bus", "/dev/i2c-1",
                "rail_address", "0x40",
                "rail_part", "linear"));
      }
      case "gnss ubx" -> {
        system.incoming = GnssTest.frame(1, 7, GnssTest.pvt().array());
        parameters.putAll(Map.of("path", "/dev/ttyS1", "protocol", "ubx"));
      }
      case "gnss nmea" -> {
        String sentences =
            GnssTest.sentence("GPGSA,A,3,04,05,,09,12,,,24,,,,,2.5,1.3,2.1")
                + GnssTest.sentence("GPVTG,054.7,T,034.4,M,005.5,N,010.2,K")
                + GnssTest.sentence("GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,,")
                + GnssTest.sentence(
                    "GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,");
        system.incoming = sentences.getBytes(StandardCharsets.US_ASCII);
        parameters.putAll(Map.of("path", "/dev/ttyS1", "protocol", "nmea"));
      }
      case "can" -> {
        system.incoming = CanTest.frame(0x121, 4, 0x10, 0x27, 0xF0, 0xD8);
        parameters.putAll(CanTest.LAYOUT);
      }
      default -> parameters.put("controller", "0");
    }
    Board board = Board.over(system, () -> 0);
    if (driver.equals("nvml")) {
      return NvmlCard.byIndex("device", board, new PlainNvml(), 0);
    }
    String name = driver.replaceAll(" .*", "");
    return board.device(Polled.class, "device", name, parameters);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ina226",
        "ina228",
        "lm75",
        "tmp117",
        "pmbus-switch",
        "pca9685",
        "emc2305",
        "ads1115-radfet",
        "adxl345",
        "thermal-zone",
        "edac",
        "hwmon-card",
        "hwmon-card with a rail",
        "gnss ubx",
        "gnss nmea",
        "can",
        "nvml"
      })
  void aPollThatEndsWellAllocatesNothing(String driver) throws HardwareFault {
    PlainSystem.DATA.remove();
    Polled<?> device = open(driver);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long id = Thread.currentThread().getId();
    poll(device);
    long best = Long.MAX_VALUE;
    for (int round = 0; round < 5 && best > POLLS; round++) {
      long before = threads.getThreadAllocatedBytes(id);
      poll(device);
      best = Math.min(best, threads.getThreadAllocatedBytes(id) - before);
    }
    // a single object for each poll would be 16 bytes
    assertThat(best).isLessThan(POLLS);
    assertThat(device.resets()).isZero();
  }

  private static void poll(Polled<?> device) throws HardwareFault {
    for (int i = 0; i < POLLS; i++) {
      device.poll();
    }
  }
}
