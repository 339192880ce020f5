package org.heliostat.hil.rig;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import org.heliostat.hil.rig.WorldLayout.Card;
import org.heliostat.hil.rig.WorldLayout.Header;
import org.heliostat.protocol.Scenario;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The board's files beside the buses, call by call. */
class BoardFilesTest {
  private static final String TEMP = "/sys/class/thermal/thermal_zone0/temp";
  private static final String KEEP_ALIVE = "0x80045705";
  private static final String SET_TIMEOUT = "0xC0045706";
  private static final String GET_BOOT_STATUS = "0x80045702";

  @TempDir private Path folder = Path.of("");
  private World world = TestWorld.none();
  private FlightProcess flight;

  @BeforeEach
  void start() throws IOException {
    world =
        World.open(
            folder.resolve("world"),
            new MissionTime(
                System.nanoTime(), 1_000_000_000_000L, 1_800_000_000_000_000_000L, 1_000),
            2,
            fresh -> {
              Scenario scenario = Scenario.getDefaultInstance();
              BoardMap.populate(fresh, scenario, 2);
              Rig.write(fresh, scenario, new Physics(scenario, 2));
            });
    flight = FlightProcess.start(folder);
  }

  @AfterEach
  void end() {
    flight.close();
  }

  private int open(String path) throws IOException {
    String answer = flight.ask("fopen " + path + " 0x802");
    assertThat(answer).as(path).startsWith("ok ");
    return Integer.parseInt(answer.substring(3));
  }

  private String text(String path) throws IOException {
    int fd = open(path);
    String answer = flight.ask("fpread " + fd + " 64 0");
    flight.ask("fclose " + fd);
    return answer.startsWith("ok ")
        ? new String(HexFormat.of().parseHex(answer.substring(3)), StandardCharsets.UTF_8)
        : answer;
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void sysfsShowsTheWorld() throws IOException {
    world.set(Header.ZONE_MICROCELSIUS, 47_250_400);
    world.set(Header.EDAC_CORRECTED, 7);
    world.set(1, Card.MICROCELSIUS, 61_250_000);
    world.set(1, Card.MILLIWATTS, 42_500);
    assertThat(text(TEMP)).isEqualTo("47250\n");
    assertThat(text("/sys/class/thermal/thermal_zone0/type")).isEqualTo("board-thermal\n");
    assertThat(text("/sys/devices/system/edac/mc/mc0/ce_count")).isEqualTo("7\n");
    assertThat(text("/sys/devices/system/edac/mc/mc0/ue_count")).isEqualTo("0\n");
    assertThat(text("/sys/class/hwmon/hwmon1/name")).isEqualTo("rig_card1\n");
    assertThat(text("/sys/class/hwmon/hwmon1/temp1_input")).isEqualTo("61250\n");
    assertThat(text("/sys/class/hwmon/hwmon1/power1_input")).isEqualTo("42500000\n");
    assertThat(flight.ask("fopen /sys/class/hwmon/hwmon2/name")).isEqualTo("errno 2");
    // read in pieces, and again from the start
    int fd = open(TEMP);
    assertThat(flight.ask("fread " + fd + " 3")).isEqualTo("ok " + hex("472"));
    assertThat(flight.ask("fread " + fd + " 9")).isEqualTo("ok " + hex("50\n"));
    assertThat(flight.ask("fread " + fd + " 9")).isEqualTo("ok ");
    assertThat(flight.ask("fpread " + fd + " 2 0")).isEqualTo("ok " + hex("47"));
    assertThat(flight.ask("fwrite " + fd + " 31")).isEqualTo("errno 13");
    world.set(Header.ZONE_SILENT, 1);
    assertThat(flight.ask("fpread " + fd + " 9 0")).isEqualTo("errno 5");
  }

  @Test
  void aCardThatIsGoneTakesItsFilesAlong() throws IOException {
    int fd = open("/sys/class/hwmon/hwmon0/temp1_input");
    int reset = open("/sys/bus/pci/devices/0000:01:00.0/reset");
    assertThat(flight.ask("fwrite " + reset + " 310a")).isEqualTo("ok 2");
    assertThat(flight.ask("fwrite " + reset + " 30")).isEqualTo("errno 22");
    assertThat(world.get(0, Card.RESET_REQUESTS)).isEqualTo(1);
    world.set(0, Card.PRESENT, 0);
    assertThat(flight.ask("fpread " + fd + " 9 0")).isEqualTo("errno 19");
    assertThat(flight.ask("fwrite " + reset + " 31")).isEqualTo("errno 19");
    assertThat(flight.ask("fopen /sys/bus/pci/devices/0000:03:00.0/reset")).isEqualTo("errno 2");
  }

  @Test
  void aHungBusIsFreedByBindingItsDriverAnew() throws IOException {
    String config = "xfer /dev/i2c-1 0x40 0 r 3 0";
    int unbind = open("/sys/bus/platform/drivers/rig-i2c/unbind");
    int bind = open("/sys/bus/platform/drivers/rig-i2c/bind");
    String name = hex("rig-i2c.1");
    assertThat(flight.ask(config)).isEqualTo("ok 4127");
    world.set(Header.BUS_HUNG, 1, WorldLayout.HUNG_UNTIL_CLOCKED);
    assertThat(flight.ask(config)).isEqualTo("errno 110");
    assertThat(flight.ask("fwrite " + unbind + " " + name)).isEqualTo("ok 9");
    assertThat(flight.ask(config)).isEqualTo("errno 19");
    assertThat(flight.ask("fwrite " + unbind + " " + name)).isEqualTo("errno 19");
    assertThat(flight.ask("fwrite " + bind + " " + name + "0a")).isEqualTo("ok 10");
    assertThat(flight.ask(config)).isEqualTo("ok 4127");
    assertThat(world.get(Header.BUS_FREED, 1)).isEqualTo(1);
    world.set(Header.BUS_HUNG, 1, WorldLayout.HUNG_UNTIL_POWERED);
    flight.ask("fwrite " + unbind + " " + name);
    flight.ask("fwrite " + bind + " " + name);
    assertThat(flight.ask(config)).isEqualTo("errno 110");
    assertThat(flight.ask("fwrite " + bind + " " + hex("rig-i2c.7"))).isEqualTo("errno 19");
  }

  @Test
  void theLockOfAProcessThatDiedIsTakenOver() throws Exception {
    Process gone = new ProcessBuilder("true").start();
    gone.waitFor();
    world.set(Header.BUS_LOCK, 1, gone.pid());
    assertThat(flight.ask("xfer /dev/i2c-1 0x40 0 r 3 0")).isEqualTo("ok 4127");
    assertThat(world.get(Header.BUS_LOCK, 1)).isZero();
    world.set(Header.BUS_LOCK, 1, ProcessHandle.current().pid());
    assertThat(flight.ask("xfer /dev/i2c-1 0x40 0 r 3 0")).as("held").isEqualTo("errno 11");
  }

  @Test
  void aRigThatDiedInAStepHoldsNobodyUp() throws IOException {
    world.set(Header.SEQUENCE, 1);
    assertThat(flight.ask("xfer /dev/i2c-1 0x40 0 r 3 2")).startsWith("ok ");
  }

  @Test
  void theWatchdogRunsOnceItIsOpenAndKnowsTheLastReset() throws IOException {
    String boot = "/sys/class/watchdog/watchdog0/bootstatus";
    world.set(Header.WATCHDOG_CAUSE, BoardWatchdog.CARD_RESET);
    assertThat(text(boot)).isEqualTo("32\n");
    assertThat(world.get(Header.WATCHDOG_ARMED)).isZero();
    int fd = open("/dev/watchdog0");
    assertThat(world.get(Header.WATCHDOG_ARMED)).isEqualTo(1);
    assertThat(world.get(Header.WATCHDOG_PID)).isEqualTo(flight.process().pid());
    assertThat(flight.ask("fopen /dev/watchdog0")).isEqualTo("errno 16");
    assertThat(flight.ask("fioctl " + fd + " " + GET_BOOT_STATUS + " 00000000"))
        .isEqualTo("ok 20000000");
    assertThat(text(boot)).isEqualTo("32\n");
    assertThat(flight.ask("fioctl " + fd + " " + SET_TIMEOUT + " 0a000000"))
        .isEqualTo("ok 0a000000");
    assertThat(flight.ask("fioctl " + fd + " " + SET_TIMEOUT + " 00000000")).isEqualTo("errno 22");
    long kicked = world.get(Header.WATCHDOG_KICKED_NS);
    assertThat(flight.ask("fioctl " + fd + " " + KEEP_ALIVE + " 00000000")).startsWith("ok");
    assertThat(world.get(Header.WATCHDOG_KICKED_NS)).isGreaterThan(kicked);
    flight.ask("fclose " + fd);
    assertThat(world.get(Header.WATCHDOG_ARMED)).as("no magic close").isEqualTo(1);
    int again = open("/dev/watchdog0");
    flight.ask("fwrite " + again + " 56");
    flight.ask("fclose " + again);
    assertThat(world.get(Header.WATCHDOG_ARMED)).isZero();
  }

  @Test
  void theRealTimeClockIsReadAndSet() throws IOException {
    int fd = open("/dev/rtc0");
    String read = "fioctl " + fd + " 0x80247009 " + "00".repeat(36);
    // 1.8e9 s: 15 January 2027, 8:00:00
    byte[] bytes = bytes(flight.ask(read));
    ByteBuffer time = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    assertThat(time.getInt(20)).isEqualTo(127);
    assertThat(time.getInt(16)).isZero();
    assertThat(time.getInt(12)).isEqualTo(15);
    assertThat(time.getInt(8)).isEqualTo(8);
    time.putInt(20, 99).putInt(16, 1).putInt(12, 28).putInt(8, 23);
    String set = HexFormat.of().formatHex(bytes);
    assertThat(flight.ask("fioctl " + fd + " 0x4024700a " + set)).startsWith("ok");
    ByteBuffer now = ByteBuffer.wrap(bytes(flight.ask(read))).order(ByteOrder.nativeOrder());
    assertThat(now.getInt(20)).isEqualTo(99);
    assertThat(now.getInt(16)).isEqualTo(1);
    assertThat(now.getInt(12)).isEqualTo(28);
    assertThat(now.getInt(8)).isEqualTo(23);
    time.putInt(12, 29);
    assertThat(flight.ask("fioctl " + fd + " 0x4024700a " + HexFormat.of().formatHex(bytes)))
        .as("1999 was no leap year")
        .isEqualTo("errno 22");
  }

  private static byte[] bytes(String answer) {
    return HexFormat.of().parseHex(answer.substring(3));
  }

  @Test
  void aSerialLineGivesWhatIsSentFromNowOn() throws IOException {
    world.send(WorldLayout.STREAM_GNSS2, "lost".getBytes(StandardCharsets.UTF_8));
    int fd = open("/dev/ttyS2");
    assertThat(flight.ask("fread " + fd + " 9")).isEqualTo("errno 11");
    assertThat(flight.ask("fpoll " + fd + " 0")).isEqualTo("ok 0 0");
    world.send(WorldLayout.STREAM_GNSS2, "$GNGGA".getBytes(StandardCharsets.UTF_8));
    assertThat(flight.ask("fpoll " + fd + " 1000")).isEqualTo("ok 1 1");
    assertThat(flight.ask("fread " + fd + " 4")).isEqualTo("ok " + hex("$GNG"));
    assertThat(flight.ask("fread " + fd + " 9")).isEqualTo("ok " + hex("GA"));
    world.send(WorldLayout.STREAM_GNSS2, new byte[5000]);
    String answer = flight.ask("fread " + fd + " 9000");
    assertThat(answer).as("the kernel keeps 4096 bytes").hasSize(3 + 2 * 4096);
  }

  @Test
  void theCanBusFiltersSendsAndTakes() throws IOException {
    assertThat(flight.ask("fsocket 2 1 0")).as("no network").isEqualTo("errno 13");
    int fd = Integer.parseInt(flight.ask("fsocket 29 0x803 1").substring(3));
    String name = hex("can0") + "00".repeat(36);
    String index = flight.ask("fioctl " + fd + " 0x8933 " + name);
    assertThat(index.substring(3 + 32, 3 + 40)).isEqualTo("03000000");
    assertThat(flight.ask("fioctl " + fd + " 0x8933 " + hex("can1") + "00".repeat(36)))
        .isEqualTo("errno 19");
    assertThat(flight.ask("fbind " + fd + " 1d00000003000000" + "00".repeat(16))).isEqualTo("ok");
    String frame = "20010000" + "08000000" + "0102030405060708";
    world.send(WorldLayout.STREAM_CAN, HexFormat.of().parseHex(frame));
    assertThat(flight.ask("fpoll " + fd + " 0")).isEqualTo("ok 1 1");
    assertThat(flight.ask("fread " + fd + " 16")).isEqualTo("ok " + frame);
    assertThat(flight.ask("fread " + fd + " 16")).isEqualTo("errno 11");
    assertThat(flight.ask("fwrite " + fd + " 20020000" + "03000000" + "0234120000000000"))
        .isEqualTo("ok 16");
    assertThat(world.get(Header.COMMANDS)).isEqualTo(1);
    assertThat(world.get(Header.COMMAND_ID, 0)).isEqualTo(0x220);
    assertThat(world.get(Header.COMMAND_DATA, 0)).isEqualTo(0x123402);
    assertThat(flight.ask("fwrite " + fd + " 2002")).isEqualTo("errno 22");
  }

  @Test
  void theWallClockMayBeWrong() throws IOException {
    long before = Long.parseLong(flight.ask("clock").split(" ", -1)[1]);
    world.set(Header.CLOCK_OFFSET_NS, -3_600_000_000_000L);
    long after = Long.parseLong(flight.ask("clock").split(" ", -1)[1]);
    assertThat(after - before).isBetween(-3_600_000_000_000L, -3_599_000_000_000L);
  }
}
