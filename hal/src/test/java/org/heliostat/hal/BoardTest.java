package org.heliostat.hal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.heliostat.hal.HardwareFault.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BoardTest {
  private static final Map<String, String> LM75 = Map.of("bus", "/dev/i2c-1", "address", "0x48");

  private final FakeLibc libc = new FakeLibc();

  /** A second driver of a name that the HAL has already. */
  public static final class DoubledDriver implements DeviceDriver {
    @Override
    public String name() {
      return "lm75";
    }

    @Override
    public Class<? extends Device> kind() {
      return TemperatureSensor.class;
    }

    @Override
    public void check(String deviceName, Map<String, String> parameters) {}

    @Override
    public Device open(String deviceName, Map<String, String> parameters, Board board) {
      throw new IllegalStateException("never opened");
    }
  }

  @Test
  void tellsBothTimes() throws HardwareFault {
    try (Board board = libc.board()) {
      assertThat(board.monotonicNanos()).isEqualTo(1_000_000_000L);
      assertThat(board.realtimeNanos()).isEqualTo(5_000_000_007L);
    }
  }

  @Test
  void refusesToOpenOverAClockThatDoesNotAnswer() {
    libc.clockError = 19;
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, libc::board);
    assertThat(fault.kind()).isEqualTo(Kind.ABSENT);
    assertThat(fault).hasMessageContaining("error 19");
  }

  @Test
  void sleepsUntilTheTimeAndNotLonger() throws Exception {
    try (Board board = libc.board()) {
      long until = libc.monotonicNanos + 1_234_567_891L;
      board.sleepUntilNanos(until);
      assertThat(libc.monotonicNanos).isEqualTo(until);
      // slices of 10 to 40 ms, so that an interrupt is felt
      assertThat(libc.calls).filteredOn("sleep"::equals).hasSizeBetween(25, 130);
      board.sleepUntilNanos(until - 1);
      assertThat(libc.monotonicNanos).isEqualTo(until);
    }
  }

  @Test
  void anInterruptEndsTheSleep() throws HardwareFault {
    try (Board board = libc.board()) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> board.sleepUntilNanos(Long.MAX_VALUE))
          .isInstanceOf(InterruptedException.class);
      assertThat(Thread.interrupted()).isFalse();
    }
  }

  @Test
  void aBrokenSleepIsAnErrorAndNoBusyLoop() throws HardwareFault {
    try (Board board = libc.board()) {
      libc.sleepError = 22;
      assertThatThrownBy(() -> board.sleepUntilNanos(Long.MAX_VALUE))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("22");
    }
  }

  @Test
  void opensDevicesAndClosesThemWithItself() throws HardwareFault {
    Board board = libc.board();
    TemperatureSensor sensor = board.device(TemperatureSensor.class, "board", "lm75", LM75);
    assertThat(sensor.name()).isEqualTo("board");
    assertThat(libc.calls).containsExactly("open /dev/i2c-1", "select 72");
    board.close();
    board.close();
    assertThat(libc.calls).endsWith("close 7").filteredOn("close 7"::equals).hasSize(1);
  }

  @Test
  void namesItsDrivers() {
    assertThat(Board.drivers())
        .containsExactly(
            "ads1115-radfet",
            "adxl345",
            "can",
            "edac",
            "emc2305",
            "gnss",
            "hwmon-card",
            "ina226",
            "ina228",
            "lm75",
            "nvml",
            "pca9685",
            "pmbus-switch",
            "rtc",
            "spool",
            "thermal-zone",
            "tmp102",
            "tmp105",
            "tmp117",
            "watchdog");
  }

  @Test
  void checksADeviceWithoutTouchingAnything() throws HardwareFault {
    Board.check(TemperatureSensor.class, "t", "lm75", LM75);
    assertThatThrownBy(() -> Board.check(Camera.class, "t", "lm75", LM75))
        .hasMessageContaining("not a Camera");
    assertThatThrownBy(
            () -> Board.check(TemperatureSensor.class, "t", "lm75", Map.of("bus", "/dev/i2c-1")))
        .hasMessageContaining("\"address\" is missing");
  }

  @Test
  void setsUpABusBeforeItsPartsAndOnce() throws HardwareFault {
    try (Board board = libc.board()) {
      board.bus("/dev/i2c-2", Map.of("deadline_ms", "50"));
      board.device(TemperatureSensor.class, "t", "lm75", LM75);
      assertThat(board.buses()).containsExactly("/dev/i2c-1", "/dev/i2c-2");
      assertThat(board.busRecoveries("/dev/i2c-2")).isZero();
      assertThat(board.busRetries("/dev/i2c-1")).isZero();
      assertThatThrownBy(() -> board.bus("/dev/i2c-1", Map.of()))
          .hasMessageContaining("has parts, already");
      assertThatThrownBy(() -> board.recoverBus("/dev/i2c-9"))
          .hasMessageContaining("no such bus; there are [/dev/i2c-1, /dev/i2c-2]");
      assertThatThrownBy(() -> board.recoverBus("/dev/i2c-1"))
          .hasMessageContaining("do not say how");
    }
  }

  @Test
  void anUnknownDriverIsNamedWithThoseThatThereAre() throws HardwareFault {
    try (Board board = libc.board()) {
      HardwareFault fault =
          catchThrowableOfType(
              HardwareFault.class,
              () -> board.device(TemperatureSensor.class, "t", "lm57", Map.of()));
      assertThat(fault.kind()).isEqualTo(Kind.REFUSED);
      assertThat(fault.device()).isEqualTo("t");
      assertThat(fault).hasMessageContaining("\"lm57\"").hasMessageContaining("lm75");
    }
  }

  @Test
  void aDriverOfAnotherKindIsRefused() throws HardwareFault {
    try (Board board = libc.board()) {
      assertThatThrownBy(() -> board.device(Camera.class, "t", "lm75", LM75))
          .isInstanceOf(HardwareFault.class)
          .hasMessageContaining("opens a TemperatureSensor, not a Camera");
    }
  }

  @Test
  void aDoubledDriverIsRefusedByBothNames(@TempDir Path folder) throws IOException, HardwareFault {
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.writeString(
        services.resolve(DeviceDriver.class.getName()), DoubledDriver.class.getName() + "\n");
    Thread thread = Thread.currentThread();
    ClassLoader usual = thread.getContextClassLoader();
    try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()}, usual);
        Board board = libc.board()) {
      thread.setContextClassLoader(loader);
      assertThatThrownBy(() -> board.device(TemperatureSensor.class, "t", "lm75", LM75))
          .isInstanceOf(HardwareFault.class)
          .hasMessageContaining("two drivers are called \"lm75\"")
          .hasMessageContaining("Lm75Driver")
          .hasMessageContaining("DoubledDriver");
      // others are not held up by it
      assertThat(board.device(TemperatureSensor.class, "t", "tmp105", LM75).name()).isEqualTo("t");
    } finally {
      thread.setContextClassLoader(usual);
    }
  }

  @Test
  void theHostsOwnLibraryServesTheClockAndSaysWhenThereIsNoBus() throws HardwareFault {
    try (Board board = Board.open()) {
      assertThat(board.monotonicNanos()).isPositive();
      HardwareFault fault =
          catchThrowableOfType(
              HardwareFault.class, () -> board.smbus("none", "/dev/i2c-does-not-exist", 0x40));
      assertThat(fault.kind()).isEqualTo(Kind.ABSENT);
    }
  }

  @Test
  void aClockThatCeasesToAnswerIsAnError() throws HardwareFault {
    try (Board board = libc.board()) {
      libc.clockError = 22;
      assertThatThrownBy(board::monotonicNanos)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("error 22");
    }
  }

  @Test
  void aBusIsRecoveredByCommand() throws HardwareFault {
    String driver = "/sys/bus/platform/drivers/rig-i2c";
    libc.files.put(driver + "/unbind", "");
    libc.files.put(driver + "/bind", "");
    try (Board board = libc.board()) {
      board.bus("/dev/i2c-2", Map.of("recovery_driver", driver, "recovery_device", "rig-i2c.1"));
      board.recoverBus("/dev/i2c-2");
      assertThat(board.busRecoveries("/dev/i2c-2")).isEqualTo(1);
      assertThat(libc.written)
          .containsExactly(driver + "/unbind rig-i2c.1", driver + "/bind rig-i2c.1");
    }
  }

  @Test
  void aBrokenListOfDriversIsRefused(@TempDir Path folder) throws IOException, HardwareFault {
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.writeString(services.resolve(DeviceDriver.class.getName()), "org.heliostat.None\n");
    Thread thread = Thread.currentThread();
    ClassLoader usual = thread.getContextClassLoader();
    try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()}, usual);
        Board board = libc.board()) {
      thread.setContextClassLoader(loader);
      HardwareFault fault =
          catchThrowableOfType(
              HardwareFault.class, () -> board.device(TemperatureSensor.class, "t", "lm75", LM75));
      assertThat(fault.kind()).isEqualTo(Kind.REFUSED);
      assertThat(fault).hasMessageContaining("the list of drivers is broken");
    } finally {
      thread.setContextClassLoader(usual);
    }
  }

  @Test
  void aSignalDoesNotEndTheSleep() throws Exception {
    try (Board board = libc.board()) {
      libc.interruptedSleeps = 3;
      long until = libc.monotonicNanos + 25_000_000L;
      board.sleepUntilNanos(until);
      assertThat(libc.monotonicNanos).isEqualTo(until);
      assertThat(libc.interruptedSleeps).isZero();
    }
  }

  /** An interrupt is felt between two slices: they shrink where mission time is slow. */
  @Test
  void slicesAreShortOnAHostThatIsSlow() throws Exception {
    try (Board board = Board.over(libc, () -> 10 * libc.hostNanos)) {
      board.sleepUntilNanos(libc.monotonicNanos + 1_000_000_000L);
      // of 2.5 ms, which are 25 ms of the host
      assertThat(libc.calls).filteredOn("sleep"::equals).hasSizeBetween(390, 410);
    }
  }

  @Test
  void partsOfDriversThatAreAddedAreOpenedOnTheBus() throws HardwareFault {
    libc.registers.put(5, 0x1234);
    try (Board board = libc.board();
        Smbus part = board.smbus("more", "/dev/i2c-1", 0x48)) {
      assertThat(part.readWord(5)).isEqualTo(0x1234);
      assertThat(board.buses()).containsExactly("/dev/i2c-1");
    }
  }
}
