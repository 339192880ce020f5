package org.heliostat.hil.rig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.sun.jna.NativeLibrary;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.heliostat.hal.os.NativeLibc;
import org.heliostat.hal.os.NativeNvml;
import org.heliostat.hil.rig.WorldLayout.Card;
import org.heliostat.hil.rig.WorldLayout.Chip;
import org.heliostat.hil.rig.WorldLayout.Header;
import org.heliostat.protocol.Scenario;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The drop-in libraries, driven by the real HAL in a process of its own. */
class DropInTest {
  private static final Path NATIVE = Path.of("target", "native").toAbsolutePath();
  private static final Path LIBC = NATIVE.resolve("libheliostat_rig_libc.so");
  private static final Path NVML = NATIVE.resolve("libnvidia-ml.so.1");
  private static final long SPEED_PPM = 3_500_000;

  @TempDir private Path folder = Path.of("");
  private final List<Process> started = new ArrayList<>();
  private World world = TestWorld.none();

  /** The other end of {@link FlightSide}. */
  private static final class Flight {
    private final Process process;
    private final PrintWriter out;
    private final BufferedReader in;

    Flight(Process process) {
      this.process = process;
      this.out = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
      this.in =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    String answer() throws IOException {
      return Objects.requireNonNullElse(in.readLine(), "end of output");
    }

    String ask(String command) throws IOException {
      out.println(command);
      return answer();
    }

    double[] numbers(String command) throws IOException {
      String answer = ask(command);
      assertThat(answer).as(command).matches("[-0-9.E ]+");
      return Arrays.stream(answer.split(" ", -1)).mapToDouble(Double::parseDouble).toArray();
    }
  }

  @BeforeEach
  void makeWorld() throws IOException {
    world =
        World.open(
            folder.resolve("world"),
            new MissionTime(
                System.nanoTime() - 5_000_000_000L,
                1_000_000_000_000L,
                1_800_000_000_000_000_000L,
                SPEED_PPM),
            2,
            fresh -> {
              BoardMap.populate(fresh, Scenario.getDefaultInstance(), 2);
              Rig.write(
                  fresh,
                  Scenario.getDefaultInstance(),
                  new Physics(Scenario.getDefaultInstance(), 2));
            });
  }

  @AfterEach
  void endProcesses() throws InterruptedException {
    for (Process process : started) {
      process.destroyForcibly().waitFor();
    }
  }

  private Flight flight(Path libc, Path nvml) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+IgnoreUnrecognizedVMOptions",
            "--enable-native-access=ALL-UNNAMED",
            "-Xshare:auto",
            "-XX:TieredStopAtLevel=1",
            "-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"),
            "-Djna.tmpdir=" + System.getProperty("java.io.tmpdir"),
            "-Dheliostat.libc=" + libc,
            "-Dheliostat.nvml=" + nvml,
            "-cp",
            System.getProperty("java.class.path"),
            FlightSide.class.getName());
    builder.environment().put("HELIOSTAT_RIG_WORLD", folder.resolve("world").toString());
    builder.redirectError(new File(folder.toFile(), "stderr"));
    Process process = builder.start();
    started.add(process);
    return new Flight(process);
  }

  /** Time for every part to convert anew: mission time runs 3.5 times as fast as the host's. */
  private static void converted(Flight flight) throws IOException {
    flight.numbers("sleep 300000000");
  }

  private Flight readyFlight() throws IOException {
    Flight flight = flight(LIBC, NVML);
    assertThat(flight.answer()).isEqualTo("ready");
    return flight;
  }

  @Test
  void exportsExactlyWhatTheHalCalls() throws Exception {
    Set<String> libc = new TreeSet<>(NativeLibc.symbols());
    libc.add("heliostat_rig_abi");
    assertThat(exports(LIBC)).isEqualTo(libc);
    assertThat(exports(NVML)).isEqualTo(NativeNvml.symbols());
  }

  @Test
  void javaAndCAgreeOnTheLayout() throws IOException {
    // The header asserts every offset when it is compiled; this shows that it is of this layout.
    assertThat(NATIVE.resolve("world.h")).hasContent(WorldLayout.header());
    assertThat(WorldLayout.header())
        .contains("_Static_assert(offsetof(struct world, cards[1].holders)");
    long abi =
        NativeLibrary.getInstance(LIBC.toString())
            .getFunction("heliostat_rig_abi")
            .invokeLong(new Object[0]);
    assertThat(abi).isEqualTo(WorldLayout.abi());
  }

  @Test
  void powerMonitorsMeasureTheWorld() throws IOException {
    Flight flight = readyFlight();
    int chip = BoardMap.find(world, 1, 0x40);
    world.set(chip, Chip.BUS_MICROVOLTS, 28_123_000);
    world.set(chip, Chip.CURRENT_MICROAMPERES, 5_432_100);
    flight.numbers("power 0x40 0.005 16"); // sets the part up
    converted(flight);
    double[] reading = flight.numbers("power 0x40 0.005 16");
    assertThat(reading[0]).isCloseTo(28.123, within(0.000_7));
    assertThat(reading[1]).isCloseTo(5.4321, within(0.001));
    assertThat(reading[2]).isCloseTo(28.123 * 5.4321, within(0.05));
    world.set(chip, Chip.CURRENT_MICROAMPERES, -1_000_000);
    converted(flight);
    reading = flight.numbers("power 0x40 0.005 16");
    assertThat(reading[1]).isCloseTo(-1, within(0.001));
    assertThat(reading[2]).isCloseTo(-28.123, within(0.05));

    world.set(chip, Chip.CURRENT_MICROAMPERES, 17_000_000);
    converted(flight);
    assertThat(flight.ask("power 0x40 0.005 16")).startsWith("fault OUT_OF_RANGE");
    world.set(chip, Chip.CURRENT_MICROAMPERES, 16_100_000);
    converted(flight);
    assertThat(flight.ask("power 0x40 0.005 16")).startsWith("fault OUT_OF_RANGE");

    // the rail of card 1: 15 W idle at 12 V
    assertThat(flight.numbers("power 0x42 0.01 8")[2]).isCloseTo(15, within(0.05));
  }

  @Test
  void aPowerMonitorThatResetItselfIsSetUpAgain() throws IOException {
    Flight flight = readyFlight();
    double before = flight.numbers("power 0x40 0.005 16")[2];
    int chip = BoardMap.find(world, 1, 0x40);
    long calibration = world.get(chip, Chip.REGISTERS, 5);
    assertThat(calibration).isEqualTo(2097);
    BoardMap.reset(world, chip);
    assertThat(flight.ask("xfer /dev/i2c-1 0x40 0 r 3 5 00")).isEqualTo("ok 0000");
    assertThat(flight.numbers("power 0x40 0.005 16")[2]).isEqualTo(before);
    assertThat(world.get(chip, Chip.REGISTERS, 5)).isEqualTo(calibration);
    assertThat(world.get(chip, Chip.REGISTERS, 0)).isEqualTo(0x4327);
  }

  @Test
  void temperatureSensorsMeasureTheWorldAsFinelyAsTheyCan() throws IOException {
    Flight flight = readyFlight();
    int board = BoardMap.find(world, 1, 0x48);
    int plate = BoardMap.find(world, 1, 0x49);
    for (long micro : new long[] {25_300_000, -10_700_000, 99_960_000, -300_000, 0}) {
      world.set(board, Chip.MICROCELSIUS, micro);
      world.set(plate, Chip.MICROCELSIUS, micro);
      flight.numbers("temperature 0x49 tmp105"); // sets the part up
      converted(flight);
      assertThat(flight.numbers("temperature 0x48 lm75")[0]).isCloseTo(micro / 1e6, within(0.51));
      assertThat(flight.numbers("temperature 0x49 tmp105")[0]).isCloseTo(micro / 1e6, within(0.07));
    }
    assertThat(world.get(plate, Chip.REGISTERS, 1)).isEqualTo(0x60);
  }

  @Test
  void partsThatAreGoneAcknowledgeNothing() throws IOException {
    Flight flight = readyFlight();
    int board = BoardMap.find(world, 1, 0x48);
    assertThat(flight.numbers("temperature 0x48 lm75")).hasSize(1);
    world.set(board, Chip.PRESENT, 0);
    assertThat(flight.ask("temperature 0x48 lm75")).startsWith("fault NACK");
    world.set(board, Chip.PRESENT, 1);
    assertThat(flight.numbers("temperature 0x48 lm75")).hasSize(1);
    assertThat(flight.ask("temperature 0x4f lm75")).startsWith("fault NACK");
  }

  @Test
  void nothingRealCanBeOpened() throws IOException {
    Flight flight = readyFlight();
    assertThat(flight.ask("open /dev/i2c-1")).isEqualTo("opened");
    assertThat(flight.ask("open /dev/i2c-3")).isEqualTo("opened");
    assertThat(flight.ask("open /dev/i2c-4")).startsWith("fault ABSENT");
    for (String path :
        List.of(
            "/dev/null",
            "/dev/i2c-",
            "/dev/i2c-1x",
            "/dev/i2c--1",
            "/dev/ttyS0",
            "/dev/watchdog1",
            "/etc/passwd",
            "/sys/class/hwmon/hwmon0/../../../etc/passwd",
            "/sys/bus/platform/drivers/rig-i2c/uevent",
            "")) {
      assertThat(flight.ask("open " + path)).as(path).startsWith("fault REFUSED");
    }
    // a real file of the process is none of the drop-in's
    assertThat(flight.ask("closeAny 0")).isEqualTo("-1");
    assertThat(flight.ask("badIoctl")).isEqualTo("-1");
    assertThat(flight.ask("clock")).doesNotStartWith("fault");
  }

  @Test
  void filesAreFreedAgain() throws IOException {
    Flight flight = readyFlight();
    for (int i = 0; i < 200; i++) {
      assertThat(flight.ask("open /dev/i2c-1")).isEqualTo("opened");
    }
  }

  @Test
  void theClockRunsAtTheSpeedOfTheMission() throws IOException {
    Flight flight = readyFlight();
    MissionTime time = world.time();
    for (int i = 0; i < 20; i++) {
      long before = System.nanoTime();
      String[] clocks = flight.ask("clock").split(" ", -1);
      long after = System.nanoTime();
      assertThat(Long.parseLong(clocks[0]))
          .isBetween(time.missionNanos(before), time.missionNanos(after));
      assertThat(Long.parseLong(clocks[1])).isBetween(time.utcNanos(before), time.utcNanos(after));
    }
  }

  @Test
  void sleepsInMissionTimeAndNeverWakesEarly() throws IOException {
    Flight flight = readyFlight();
    long before = System.nanoTime();
    assertThat(flight.numbers("sleep 700000000")[0]).isGreaterThanOrEqualTo(0);
    // 0.7 s of mission are 0.2 s of the host
    assertThat(System.nanoTime() - before).isGreaterThanOrEqualTo(200_000_000L);
    assertThat(flight.numbers("sleep 1")[0]).isGreaterThanOrEqualTo(0);
  }

  @Test
  void cardsMeasureTheWorld() throws IOException {
    Flight flight = readyFlight();
    world.set(1, Card.MICROCELSIUS, 61_400_000);
    world.set(1, Card.MILLIWATTS, 42_500);
    world.set(1, Card.UTILISATION_PERMILLE, 870);
    world.set(1, Card.MEMORY_USED_BYTES, 5_000_000_000L);
    assertThat(flight.numbers("card index 1")).containsExactly(61, 42.5, 60, 0.87, 5e9);
    assertThat(flight.ask("identity index 1"))
        .isEqualTo(
            "CardIdentity[model=Heliostat rig card, serial=RIG0001, uuid=GPU-00000000-4865-6c69-6f73-000000000001]");
    assertThat(flight.numbers("card uuid GPU-00000000-4865-6c69-6f73-000000000001"))
        .containsExactly(61, 42.5, 60, 0.87, 5e9);
    assertThat(flight.ask("card index 2")).startsWith("fault ABSENT");
    assertThat(flight.ask("card uuid GPU-none")).startsWith("fault ABSENT");
  }

  @Test
  void aLostCardComesBack() throws IOException {
    Flight flight = readyFlight();
    assertThat(flight.numbers("card index 0")).hasSize(5);
    world.set(0, Card.PRESENT, 0);
    assertThat(flight.ask("card index 0")).startsWith("fault ABSENT").contains("GPU is lost");
    world.set(0, Card.PRESENT, 1);
    assertThat(flight.numbers("card index 0")).hasSize(5);
    world.set(0, Card.ANSWER, 10);
    assertThat(flight.ask("card index 0")).startsWith("fault TIMEOUT");
  }

  @Test
  void theProcessThatClaimsACardIsItsHolder() throws IOException {
    Flight flight = readyFlight();
    assertThat(flight.ask("holders index 0")).isEqualTo("[]");
    assertThat(flight.ask("claim index 0")).isEqualTo("claimed");
    assertThat(flight.ask("claim index 0")).isEqualTo("claimed");
    assertThat(flight.ask("holders index 0")).isEqualTo("[" + flight.process.pid() + "]");
    assertThat(world.get(0, Card.HOLDERS, 0)).isEqualTo(flight.process.pid());
    assertThat(world.get(0, Card.CLAIMS)).isEqualTo(1);
    assertThat(world.get(1, Card.HOLDERS, 0)).isZero();
  }

  @Test
  void theRigClearsAHolderThatWasKilled() throws Exception {
    Flight flight = readyFlight();
    assertThat(flight.ask("claim index 0")).isEqualTo("claimed");
    LinuxProcesses linux = new LinuxProcesses(Path.of("/proc"));
    CardLoad load = new CardLoad(world, linux, 0);
    load.sample(System.nanoTime());
    assertThat(load.holder()).isEqualTo(flight.process.pid());
    assertThat(linux.kill(load.holder())).isTrue();
    assertThat(flight.process.waitFor()).isEqualTo(137);
    load.sample(System.nanoTime());
    assertThat(world.get(0, Card.HOLDERS, 0)).isZero();
  }

  @Test
  void aMissingLibraryIsNamed() throws IOException {
    Path missing = folder.resolve("libnone.so");
    assertThat(flight(missing, NVML).answer())
        .startsWith("fault LIBRARY_MISSING")
        .contains(missing.toString());
    Flight flight = flight(LIBC, missing);
    assertThat(flight.answer()).isEqualTo("ready");
    assertThat(flight.ask("card index 0"))
        .startsWith("fault LIBRARY_MISSING")
        .contains(missing.toString());
  }

  @Test
  void theHostsLibraryIsNeverTakenForADropIn() throws IOException {
    // The NVML drop-in has no clock of its own; the host's would answer.
    assertThat(flight(NVML, NVML).answer())
        .startsWith("fault LIBRARY_MISSING")
        .contains("of its own");
  }

  @Test
  void aWorldOfAnotherLayoutIsNoWorld() throws IOException {
    world.set(Header.ABI, 1);
    assertThat(flight(LIBC, NVML).answer()).startsWith("fault ABSENT").contains("clock");
  }

  @Test
  void withoutAWorldThereIsNoClock() throws IOException {
    Files.delete(folder.resolve("world"));
    assertThat(flight(LIBC, NVML).answer()).startsWith("fault ABSENT").contains("clock");
  }

  private static Set<String> exports(Path library) throws Exception {
    Process nm =
        new ProcessBuilder("nm", "-D", "--defined-only", library.toString())
            .redirectErrorStream(true)
            .start();
    String out = new String(nm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(nm.waitFor()).as(out).isZero();
    Set<String> names = new TreeSet<>();
    out.lines().forEach(line -> names.add(line.substring(line.lastIndexOf(' ') + 1)));
    return names;
  }

  @Test
  void aFlightOnARigWithoutItsDropInsRefusesToStart() throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            FlightSide.class.getName());
    builder.environment().put("HELIOSTAT_RIG_WORLD", "world");
    builder.redirectErrorStream(true);
    Process process = builder.start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    assertThat(said).contains("fault REFUSED").contains("real devices would be opened");
  }
}
