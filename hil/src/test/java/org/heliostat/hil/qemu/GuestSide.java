package org.heliostat.hil.qemu;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.heliostat.hal.Board;
import org.heliostat.hal.ComputeCard;
import org.heliostat.hal.Device;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.PlatformBus;
import org.heliostat.hal.PlatformReading;
import org.heliostat.hal.RealTimeClock;
import org.heliostat.hal.Smbus;
import org.heliostat.hal.TemperatureSensor;
import org.heliostat.hal.Watchdog;

/**
 * The HAL inside the guest, over the guest's own kernel: what it reads and how it fails, a line
 * each, for {@link KernelInTheLoopTest} to judge.
 */
final class GuestSide {
  private final Board board;
  private final String bus;
  private final Smbus writer48;
  private final Smbus writer49;

  private GuestSide(Board board) throws HardwareFault, IOException {
    this.board = board;
    this.bus = bus("SMBus stub driver");
    this.writer48 = board.smbus("writer", bus, 0x48, false, true);
    this.writer49 = board.smbus("writer", bus, 0x49, false, true);
  }

  public static void main(String[] arguments) throws Exception {
    try (Board board = Board.open()) {
      if (arguments.length == 1 && arguments[0].equals("bite")) {
        bite(board);
      }
      GuestSide guest = new GuestSide(board);
      guest.thermometers();
      guest.failures();
      guest.can();
      guest.watchdog();
      guest.clock();
    }
  }

  private void thermometers() throws HardwareFault, IOException {
    TemperatureSensor lm75 =
        board.device(
            TemperatureSensor.class,
            "lm75",
            "lm75",
            Map.of("bus", bus, "address", "0x48", "force", "true"));
    Path kernelLm75 = hwmon("lm75");
    for (int steps = -110; steps <= 250; steps++) {
      compare("lm75", steps << 7, writer48, lm75, kernelLm75);
    }
    // the kernel's driver has put the part into its extended mode: 13 bits
    TemperatureSensor tmp102 =
        board.device(
            TemperatureSensor.class,
            "tmp102",
            "tmp102",
            Map.of("bus", bus, "address", "0x49", "bits", "13", "force", "true"));
    Path kernelTmp102 = hwmon("tmp102");
    for (int steps = -880; steps <= 2400; steps += 5) {
      compare("tmp102", steps << 3, writer49, tmp102, kernelTmp102);
    }
  }

  private static void compare(
      String part, int register, Smbus writer, TemperatureSensor sensor, Path kernel)
      throws HardwareFault, IOException {
    writer.writeWord(0, register & 0xffff);
    long milli = Math.round(sensor.read().celsius() * 1000);
    System.out.println(
        part + " " + register + " " + milli + " " + Files.readString(kernel).strip());
  }

  private void failures() throws HardwareFault, IOException {
    fails("no_such_bus", "lm75", Map.of("bus", "/dev/i2c-77", "address", "0x48"));
    fails("not_on_the_stub", "lm75", Map.of("bus", bus, "address", "0x4f"));
    fails("held_by_the_kernel", "lm75", Map.of("bus", bus, "address", "0x48"));
    // the emulated adapter of the machine: nobody sits at this address
    fails("not_acknowledged", "lm75", Map.of("bus", bus("SMBus PIIX4 adapter"), "address", "0x2f"));
    fails("no_such_zone", "thermal-zone", Map.of("zone", "63"));
    try {
      ComputeCard card = board.device(ComputeCard.class, "card", "nvml", Map.of("index", "0"));
      System.out.println("fault no_nvidia_library NONE " + card.read());
    } catch (HardwareFault e) {
      System.out.println("fault no_nvidia_library " + e.kind());
    }
  }

  private void fails(String what, String driver, Map<String, String> parameters) {
    try {
      Device device = board.device(Device.class, what, driver, parameters);
      if (device instanceof TemperatureSensor sensor) {
        System.out.println("fault " + what + " NONE " + sensor.read());
      }
    } catch (HardwareFault e) {
      System.out.println("fault " + what + " " + e.kind() + " " + e.getMessage());
    }
  }

  private void can() throws HardwareFault, InterruptedException {
    Map<String, String> talks =
        Map.of(
            "interface", "vcan0",
            "frame.nobody", "rx 0x7ff",
            "signal.nobody.word", "0 8 le unsigned 1 0",
            "frame.wheel", "tx 0x121",
            "signal.wheel.rpm", "0 16 le signed 0.5 0",
            "signal.wheel.celsius", "16 8 le unsigned 1 -40");
    Map<String, String> listens =
        Map.of(
            "interface", "vcan0",
            "frame.wheel", "rx 0x121",
            "signal.wheel.rpm", "0 16 le signed 0.5 0",
            "signal.wheel.celsius", "16 8 le unsigned 1 -40");
    PlatformBus sender = board.device(PlatformBus.class, "sender", "can", talks);
    PlatformBus receiver = board.device(PlatformBus.class, "receiver", "can", listens);
    try {
      receiver.poll();
      System.out.println("fault silent_can NONE");
    } catch (HardwareFault e) {
      System.out.println("fault silent_can " + e.kind());
    }
    sender.send("wheel", Map.of("rpm", -1234.5, "celsius", 21.0));
    board.sleepUntilNanos(board.monotonicNanos() + 50_000_000L);
    for (PlatformReading.Signal signal : receiver.read().signals()) {
      System.out.println("can " + signal.name() + " " + signal.value());
    }
  }

  private void watchdog() throws HardwareFault {
    Watchdog watchdog = watchdog(board, "20");
    watchdog.kick();
    System.out.println("watchdog timeout " + watchdog.timeoutSeconds());
    System.out.println("watchdog reason " + watchdog.bootReason());
    watchdog.disarm();
  }

  private static Watchdog watchdog(Board board, String seconds) throws HardwareFault {
    return board.device(
        Watchdog.class,
        "watchdog",
        "watchdog",
        Map.of("path", "/dev/watchdog0", "timeout_seconds", seconds));
  }

  /** Never returns: the board is reset by the watchdog that is not kicked. */
  private static void bite(Board board) throws HardwareFault, InterruptedException {
    Watchdog watchdog = watchdog(board, "2");
    watchdog.kick();
    System.out.println("watchdog kicked once");
    System.out.flush();
    board.sleepUntilNanos(board.monotonicNanos() + 120_000_000_000L);
  }

  private void clock() throws HardwareFault, IOException {
    RealTimeClock rtc =
        board.device(RealTimeClock.class, "rtc", "rtc", Map.of("path", "/dev/rtc0"));
    long before = kernelsClock();
    long read = rtc.utcNanos() / 1_000_000_000L;
    System.out.println("rtc seconds " + before + " " + read + " " + kernelsClock());
  }

  private static long kernelsClock() throws IOException {
    return Long.parseLong(Files.readString(Path.of("/sys/class/rtc/rtc0/since_epoch")).strip());
  }

  private static String bus(String name) throws IOException {
    return "/dev/" + find("/sys/bus/i2c/devices", "i2c-*", name).getFileName();
  }

  private static Path hwmon(String name) throws IOException {
    return find("/sys/class/hwmon", "hwmon*", name).resolve("temp1_input");
  }

  private static Path find(String folder, String pattern, String name) throws IOException {
    try (DirectoryStream<Path> found = Files.newDirectoryStream(Path.of(folder), pattern)) {
      for (Path one : found) {
        for (String file : List.of("name", "device/name")) {
          if (Files.exists(one.resolve(file))
              && Files.readString(one.resolve(file)).startsWith(name)) {
            return one;
          }
        }
      }
    }
    throw new IOException("the kernel has no \"" + name + "\" in " + folder);
  }
}
