package org.heliostat.hil.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The HAL over Linux' own drivers: a guest (see {@code hil/qemu}) with {@code i2c-stub}, the
 * kernel's {@code lm75} and {@code tmp102} drivers, the emulated SMBus adapter of the machine,
 * {@code vcan}, a hardware watchdog and a real-time clock.
 */
class KernelInTheLoopTest {
  private static final int SKIPPED = 77;
  private static final int NO_WORD = 125;

  private record Run(int code, List<String> lines, String errors) {}

  private static List<String> lines = List.of();

  @BeforeAll
  static void boot() throws Exception {
    Run run = guest();
    assertThat(run.code()).as(run.errors() + String.join("\n", run.lines())).isZero();
    lines = run.lines();
  }

  private static Run guest(String... arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of("qemu", "guest").toAbsolutePath().toString(),
                Path.of("target", "qemu").toAbsolutePath().toString(),
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+IgnoreUnrecognizedVMOptions",
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-Djava.io.tmpdir=/dev/shm",
                "-Djna.tmpdir=/dev/shm",
                "-cp",
                classPath(),
                GuestSide.class.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    File errors = Path.of("target", "qemu-errors.log").toFile();
    builder.redirectError(errors);
    Process guest = builder.start();
    guest.getOutputStream().close();
    String said = new String(guest.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int code = guest.waitFor();
    String log = java.nio.file.Files.readString(errors.toPath());
    Assumptions.assumeTrue(code != SKIPPED, () -> log.strip());
    return new Run(code, said.lines().toList(), log);
  }

  /** Only what the guest needs: every jar is read through the emulated machine. */
  private static String classPath() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(
            entry ->
                entry.endsWith("hil" + File.separator + "target" + File.separator + "test-classes")
                    || entry.contains(File.separator + "hal" + File.separator)
                    || entry.contains(File.separator + "jna-")
                    || entry.contains(File.separator + "jspecify-"))
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static List<String[]> words(String first) {
    return lines.stream()
        .map(line -> line.split(" "))
        .filter(words -> words[0].equals(first))
        .toList();
  }

  private static String fault(String what) {
    return words("fault").stream()
        .filter(words -> words[1].equals(what))
        .map(words -> words[2])
        .findFirst()
        .orElse("no line");
  }

  @Test
  void thermometersReadAsTheKernelsDriversDo() {
    for (String part : List.of("lm75", "tmp102")) {
      List<String[]> sweep = words(part);
      assertThat(sweep).as(part).hasSizeGreaterThan(300);
      for (String[] words : sweep) {
        double hal = Double.parseDouble(words[2]);
        double kernel = Double.parseDouble(words[3]);
        // the kernel cuts to a thousandth of a degree
        assertThat(Math.abs(hal - kernel))
            .as("%s, register %s: %s and %s", part, words[1], words[2], words[3])
            .isLessThanOrEqualTo(1);
      }
    }
  }

  @Test
  void theKernelsErrorsAreTyped() {
    assertThat(fault("no_such_bus")).isEqualTo("ABSENT");
    // i2c-stub knows no acknowledge: it says that there is no such device
    assertThat(fault("not_on_the_stub")).isEqualTo("ABSENT");
    assertThat(fault("held_by_the_kernel")).isEqualTo("REFUSED");
    assertThat(fault("not_acknowledged")).isEqualTo("NACK");
    assertThat(fault("no_such_zone")).isEqualTo("ABSENT");
    assertThat(fault("no_nvidia_library")).isEqualTo("LIBRARY_MISSING");
  }

  @Test
  void framesPassTheKernelsCanBus() {
    assertThat(fault("silent_can")).isEqualTo("STALE");
    assertThat(words("can").stream().map(words -> words[1] + " " + words[2]))
        .anyMatch(line -> line.endsWith("rpm -1234.5"))
        .anyMatch(line -> line.endsWith("celsius 21.0"));
  }

  @Test
  void theWatchdogIsSetUpAndTheClockRead() {
    assertThat(words("watchdog").stream().map(words -> words[1] + " " + words[2]))
        .contains("timeout 20.0");
    String[] rtc = words("rtc").get(0);
    // read by the kernel before and after
    assertThat(Long.parseLong(rtc[3])).isBetween(Long.parseLong(rtc[2]), Long.parseLong(rtc[4]));
  }

  @Test
  void aWatchdogThatIsNotKickedTurnsTheBoardOff() throws Exception {
    Run run = guest("bite");
    assertThat(run.code()).isEqualTo(NO_WORD);
    assertThat(run.lines()).contains("watchdog kicked once");
    assertThat(run.errors().toLowerCase(Locale.ROOT)).contains("without a word");
  }
}
