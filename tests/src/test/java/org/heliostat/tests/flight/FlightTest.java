package org.heliostat.tests.flight;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole flights: what a user types, and what is there afterwards. */
class FlightTest {
  @TempDir private Path folder;
  private @Nullable FlightRun started;

  @AfterEach
  void end() {
    FlightRun run = started;
    if (run != null) {
      run.close();
    }
  }

  private FlightRun fly(String... arguments) throws IOException, InterruptedException {
    FlightRun run = FlightRun.run(folder, arguments);
    started = run;
    return run;
  }

  private FlightRun start(String... arguments) throws IOException {
    FlightRun run = FlightRun.start(folder, Map.of(), arguments);
    started = run;
    return run;
  }

  private static Path shared() {
    Path shared = FlightRun.ROOT.resolveSibling("shared").resolve("data");
    Assumptions.assumeTrue(
        Files.isDirectory(shared), "real frames are absent: there is no folder " + shared);
    return shared;
  }

  private static void assertPassed(FlightRun run) throws IOException, InterruptedException {
    assertThat(run.exitCode()).as(run.output()).isZero();
    assertThat(run.failedChecks()).isEmpty();
  }

  private static List<String> events(FlightRun run) throws IOException {
    return run.lines("events.jsonl").stream().map(JsonObject::toString).toList();
  }

  @Test
  void theDefaultMissionPassesItsChecks() throws Exception {
    FlightRun run = fly("--frame-count", "6", "--speed", "120", "--seed", "7");
    assertPassed(run);
    assertThat(run.number("frames", "taken")).isEqualTo(6);
    assertThat(run.number("frames", "inferred")).isEqualTo(6);
    assertThat(run.number("products", "delivered")).isEqualTo(6);
    assertThat(run.number("bytes", "raw")).isEqualTo(6 * 512 * 512 * 6 * 12 / 8.0);
    assertThat(run.number("bytes", "sent") / run.number("bytes", "raw")).isLessThan(0.02);
    assertThat(run.number("seed")).isEqualTo(7);
    // names that checks outside the project use
    assertThat(run.summary().keySet())
        .contains(
            "frames",
            "bytes",
            "products",
            "workers",
            "commands",
            "events",
            "checks",
            "versions",
            "seed",
            "duration");
    assertThat(run.summary().getAsJsonObject("bytes").keySet()).contains("raw", "sent", "wire");
    assertThat(Files.readString(run.out().resolve("report.html"))).contains("</html>");
    try (Stream<Path> items = Files.walk(run.out().resolve("stac"))) {
      assertThat(items.filter(file -> file.toString().endsWith(".png"))).hasSize(6);
    }
  }

  @Test
  void theReferenceNetworkFliesFromAManifestAlone() throws Exception {
    Path shared = shared();
    Path frames = Files.createDirectory(folder.resolve("frames"));
    Files.copy(shared.resolve("cloud/sentinel2.npz"), frames.resolve("sentinel2.npz"));
    FlightRun run =
        fly(
            "--frames",
            frames.toString(),
            "--model",
            shared.resolve("cloud/dl_l8s2_uv_rgbiswir.onnx").toString(),
            "--manifest",
            FlightRun.ROOT
                .resolve("payload-ai/src/main/models/dl-l8s2-uv-rgbiswir/manifest.textproto")
                .toString(),
            // one frame bears the housekeeping of the whole flight, and so of a slow machine's
            // start
            "--speed",
            "40");
    assertPassed(run);
    Path mask;
    try (Stream<Path> files = Files.walk(run.out().resolve("stac"))) {
      mask = files.filter(file -> file.toString().endsWith(".png")).findFirst().orElseThrow();
    }
    BufferedImage image = ImageIO.read(mask.toFile());
    long cloud = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        cloud += (image.getRGB(x, y) & 0xFF) == 255 ? 1 : 0;
      }
    }
    assertThat(cloud).isEqualTo(52_426);
  }

  @Test
  void aKilledWorkerAndAHotCardCostNothingButTime() throws Exception {
    FlightRun run =
        fly(
            "--scenario",
            FlightRun.ROOT.resolve("hil/src/main/scenarios/rough-day.textproto").toString());
    assertPassed(run);
    assertThat(run.number("workers", "restarts")).isEqualTo(1);
    assertThat(events(run)).anyMatch(event -> event.contains("WORKER_DIED"));
    assertThat(events(run)).anyMatch(event -> event.contains("FRAME_DELAYED"));
    assertThat(events(run)).anyMatch(event -> event.contains("CARD_HOT"));
    assertThat(events(run)).anyMatch(event -> event.contains("CARD_COOL"));
  }

  @Test
  void framesThatAreNoneAreDeclinedWithTheirReason() throws Exception {
    Path frames = Files.createDirectory(folder.resolve("frames"));
    BadFrames.write(frames);
    // at the usual speed: a slow machine costs mission time, that costs housekeeping, and there is
    // one frame alone to set it against
    FlightRun run = fly("--frames", frames.toString());
    assertPassed(run);
    assertThat(run.number("frames", "taken")).isEqualTo(BadFrames.COUNT);
    assertThat(run.number("frames", "declined")).isEqualTo(BadFrames.COUNT - 1);
    assertThat(run.number("frames", "inferred")).isEqualTo(1);
    assertThat(events(run))
        .anyMatch(event -> event.contains("cut.tif") && event.contains("truncated"))
        .anyMatch(event -> event.contains("complex.npz") && event.contains("not a sample type"))
        .anyMatch(event -> event.contains("nan.npy") && event.contains("0.00 % of the pixels"))
        .anyMatch(event -> event.contains("text.tif") && event.contains("not a GeoTIFF"));
  }

  @Test
  void aModelThatDoesNotFitItsManifestIsRefusedAndNothingIsLost() throws Exception {
    Path manifest = folder.resolve("manifest.textproto");
    Path models = FlightRun.ROOT.resolve("payload-ai/src/main/models/cloud-screen-v1");
    Files.writeString(
        manifest,
        Files.readString(models.resolve("manifest.textproto"))
            .replaceFirst("bands: \"swir22\"", ""));
    FlightRun run =
        fly(
            "--model",
            models.resolve("model.onnx").toString(),
            "--manifest",
            manifest.toString(),
            "--frame-count",
            "2",
            "--speed",
            "120");
    assertThat(run.exitCode()).as(run.output()).isZero();
    assertThat(run.number("frames", "declined")).isEqualTo(2);
    assertThat(events(run)).anyMatch(event -> event.contains("MODEL_REFUSED"));
  }

  @Test
  void aMissionFileWithAMistakeNamesFileLineAndField() throws Exception {
    Path mission = folder.resolve("m.textproto");
    String good =
        Files.readString(FlightRun.ROOT.resolve("payload-ai/src/main/missions/default.textproto"));
    int last = good.split("\n", -1).length;
    Map<String, List<String>> mistakes =
        Map.of(
            good + "recoder { }",
            List.of("m.textproto:" + last + ":", "recoder"),
            good + "apps { name: \"lnik\" }",
            List.of("m.textproto:" + last + ":", "unknown app \"lnik\""),
            good + "spacecraft_id: 7",
            List.of("m.textproto:" + last + ":", "spacecraft_id"),
            good.replace("max_sent_fraction: 0.02", "max_sent_fraction: 3"),
            List.of("m.textproto:" + (last - 3) + ":", "payload.max_sent_fraction 3 is outside"));
    for (Map.Entry<String, List<String>> mistake : mistakes.entrySet()) {
      Files.writeString(mission, mistake.getKey());
      FlightRun run = fly("--mission", mission.toString());
      assertThat(run.exitCode()).isEqualTo(2);
      assertThat(run.output()).contains(mistake.getValue());
    }
  }

  @Test
  void wrongUseEndsWithTwoAndAWord() throws Exception {
    for (String[] wrong :
        List.of(
            new String[] {"--frames", "/nonexistent"},
            new String[] {"--cards", "0"},
            new String[] {"--speed", "-1"},
            new String[] {"--model", "only.onnx"},
            new String[] {"--nonsense"})) {
      FlightRun run = fly(wrong);
      assertThat(run.exitCode()).as(run.output()).isEqualTo(2);
      assertThat(run.output()).contains(wrong[0]);
    }
  }

  @Test
  void anInterruptEndsEveryProcessOfTheFlightAndNothingElse() throws Exception {
    FlightRun run = start("--frame-count", "500", "--speed", "20");
    run.awaitOutput("taken [1-9]");
    Path runFolder = run.runFolder();
    assertThat(runFolder).isNotEmptyDirectory();
    List<ProcessHandle> processes = run.processes();
    // ground, rig, flight, and a worker for each of two cards
    assertThat(processes).hasSize(5);
    Process other = new ProcessBuilder("sleep", "100").start();
    try {
      Process kill = new ProcessBuilder("kill", "-INT", Long.toString(run.process().pid())).start();
      assertThat(kill.waitFor()).isZero();
      assertThat(run.exitCode()).isNotZero();
      assertThat(processes).noneMatch(ProcessHandle::isAlive);
      assertThat(other.isAlive()).isTrue();
    } finally {
      other.destroyForcibly();
    }
    assertThat(runFolder).doesNotExist();
    assertThat(run.output()).contains("interrupted").doesNotContain("Exception", "by itself");
    assertThat(run.out().resolve("report.html")).exists();
    assertThat(run.summary().get("interrupted").getAsBoolean()).isTrue();
    assertThat(run.summary().get("passed").getAsBoolean()).isFalse();
  }

  @Test
  void anOperatorCommandsAFlyingMission() throws Exception {
    FlightRun run = start("--frame-count", "6", "--speed", "30");
    run.awaitOutput("taken");
    try (FlightRun noop =
        FlightRun.start(
            Files.createDirectory(folder.resolve("noop")),
            Map.of(),
            "command",
            "--flight",
            run.out().toString(),
            "NOOP")) {
      assertThat(noop.exitCode()).as(noop.output()).isZero();
      assertThat(noop.output()).contains("ACCEPTED", "STARTED", "COMPLETED");
    }
    try (FlightRun refused =
        FlightRun.start(
            Files.createDirectory(folder.resolve("refused")),
            Map.of(),
            "command",
            "--flight",
            run.out().toString(),
            "TAKE_FRAMES",
            "0")) {
      assertThat(refused.exitCode()).as(refused.output()).isEqualTo(2);
    }
    assertThat(run.exitCode()).as(run.output()).isZero();
  }

  @Test
  void keysAreReplacedInFlightAndTheEmergencyKeyBringsTheSpacecraftToSafe() throws Exception {
    FlightRun run = start("--frame-count", "6", "--speed", "20", "--hold", "25");
    run.awaitOutput("taken");
    String flight = run.out().toString();
    for (String role : List.of("operator", "station")) {
      try (FlightRun rotate = other(role, "keys", "rotate", "--role", role, "--flight", flight)) {
        assertThat(rotate.exitCode()).as(rotate.output()).isZero();
        assertThat(rotate.output()).contains(role + ": key ");
      }
    }
    try (FlightRun early =
        other("early", "keys", "rotate", "--role", "payload", "--emergency", "--flight", flight)) {
      assertThat(early.exitCode()).as(early.output()).isEqualTo(1);
      assertThat(early.output()).contains("SET_MODE SAFE first");
    }
    // in SAFE nobody would take the frames that the launcher waits for
    run.awaitOutput("flying on");
    try (FlightRun safe =
        other("safe", "command", "--flight", flight, "--emergency", "SET_MODE", "SAFE")) {
      assertThat(safe.exitCode()).as(safe.output()).isZero();
    }
    try (FlightRun rotate =
        other(
            "maintenance",
            "keys",
            "rotate",
            "--role",
            "maintenance",
            "--emergency",
            "--flight",
            flight)) {
      assertThat(rotate.exitCode()).as(rotate.output()).isZero();
    }
    try (FlightRun refused =
        other("no", "command", "--flight", flight, "--emergency", "TAKE_FRAMES", "1")) {
      assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
      assertThat(refused.output()).contains("does not open this command");
    }
    // those of this flight's launcher, too, go on with the new key
    assertThat(run.exitCode()).as(run.output()).isZero();
    assertThat(events(run))
        .anyMatch(event -> event.contains("KEY_ROTATED") && event.contains("key 258"))
        .anyMatch(event -> event.contains("KEY_ROTATED") && event.contains("key 1282"))
        .anyMatch(
            event ->
                event.contains("KEY_LOADED_IN_EMERGENCY")
                    && event.contains("ROLE_MAINTENANCE: key 770"));
    String audit = Files.readString(run.out().resolve("commands.jsonl"));
    assertThat(audit).contains("\"key_id\":258", "\"role\":\"ROLE_EMERGENCY\"");
    assertThat(audit).doesNotContain("\"secret\"");
  }

  private FlightRun other(String name, String... arguments) throws IOException {
    return FlightRun.start(Files.createDirectory(folder.resolve(name)), Map.of(), arguments);
  }

  @Test
  void aFaultThatIsInjectedLiveIsSeenOnGroundAndAnImpossibleOneIsRefused() throws Exception {
    FlightRun run = start("--frame-count", "24", "--speed", "20");
    run.awaitOutput("taken");
    String flight = run.out().toString();
    try (FlightRun inject =
        other(
            "yes",
            "rig",
            "inject",
            "--flight",
            flight,
            "device: \"plate0\" kind: NO_ACKNOWLEDGE for_s: 20")) {
      assertThat(inject.exitCode()).as(inject.output()).isZero();
    }
    try (FlightRun refused =
        other("no", "rig", "inject", "--flight", flight, "device: \"plate0\" kind: PUMP_STALL")) {
      assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
      assertThat(refused.output()).contains("refused");
    }
    try (FlightRun unreadable = other("odd", "rig", "inject", "--flight", flight, "kind: {")) {
      assertThat(unreadable.exitCode()).as(unreadable.output()).isEqualTo(1);
    }
    try (FlightRun nobody = other("none", "rig", "inject", "--flight", "/nowhere", "x")) {
      assertThat(nobody.exitCode()).as(nobody.output()).isEqualTo(2);
    }
    assertPassed(run);
    assertThat(events(run))
        .anyMatch(event -> event.contains("\"plate0\"") && event.contains("\"NACK\""))
        .anyMatch(event -> event.contains("\"plate0\"") && event.contains("DEVICE_RECOVERED"));
  }

  @Test
  void aCommandToADeviceIsConfirmedByThePart() throws Exception {
    // long enough for one more packet with the values of all devices
    FlightRun run = start("--frame-count", "16", "--speed", "20");
    run.awaitOutput("taken");
    String flight = run.out().toString();
    try (FlightRun pump =
        other("pump", "command", "--flight", flight, "SET_PUMP", "pump0", "0.8")) {
      assertThat(pump.exitCode()).as(pump.output()).isZero();
      assertThat(pump.output()).contains("COMPLETED");
    }
    try (FlightRun wrong =
        other("wrong", "command", "--flight", flight, "SWITCH_RAIL", "pump0", "true")) {
      assertThat(wrong.exitCode()).as(wrong.output()).isEqualTo(1);
      assertThat(wrong.output()).contains("REFUSED");
    }
    assertThat(run.exitCode()).as(run.output()).isZero();
    assertThat(run.lines("telemetry.jsonl").stream().map(JsonObject::toString).toList())
        .anyMatch(packet -> packet.contains("\"duty\":0.8"));
  }

  @Test
  void aCardThatHasNothingButHwmonFilesFlies() throws Exception {
    String text =
        Files.readString(FlightRun.ROOT.resolve("payload-ai/src/main/missions/default.textproto"));
    String card = "name: \"nvml1\" driver: \"nvml\"\n  parameters { key: \"index\" value: \"1\" }";
    assertThat(text).contains(card);
    Path mission = folder.resolve("hwmon.textproto");
    Files.writeString(
        mission,
        text.replace(
            card,
            "name: \"nvml1\" driver: \"hwmon-card\"\n"
                + "  parameters { key: \"hwmon\" value: \"rig_card1\" }"));
    FlightRun run = fly("--mission", mission.toString(), "--frame-count", "6", "--speed", "60");
    assertPassed(run);
    assertThat(run.lines("frames.jsonl").stream().map(JsonObject::toString).toList())
        .anyMatch(frame -> frame.contains("\"card1\""));
  }

  @Test
  void aDriverSaysWhatIsWrongWithItsParametersBeforeAnythingStarts() throws Exception {
    String text =
        Files.readString(FlightRun.ROOT.resolve("payload-ai/src/main/missions/default.textproto"));
    Path mission = folder.resolve("wrong.textproto");
    Files.writeString(mission, text.replace("value: \"0x48\"", "value: \"zz\""));
    FlightRun run = fly("--mission", mission.toString());
    assertThat(run.exitCode()).as(run.output()).isEqualTo(2);
    assertThat(run.output()).contains("wrong.textproto:", "parameters", "\"zz\"");
  }

  @Test
  void twoFlightsAtOnceDoNotDisturbEachOther() throws Exception {
    FlightRun run =
        FlightRun.start(
            Files.createDirectory(folder.resolve("one")),
            Map.of(),
            "--frame-count",
            "4",
            "--speed",
            "60");
    started = run;
    try (FlightRun other =
        FlightRun.start(
            Files.createDirectory(folder.resolve("two")),
            Map.of(),
            "--frame-count",
            "4",
            "--speed",
            "60")) {
      assertThat(other.exitCode()).as(other.output()).isZero();
      assertPassed(run);
      assertThat(other.failedChecks()).isEmpty();
    }
  }

  @Test
  void aFlightThatIsKilledComesBackAndLosesNothing() throws Exception {
    // as many as take longer than ground is out of view: it sees that some are taken before all are
    FlightRun run = start("--frame-count", "30", "--speed", "30");
    run.awaitOutput("taken [1-9]");
    ProcessHandle flight =
        run.processes().stream()
            .filter(process -> commandLine(process).contains("org.heliostat.core.Main"))
            .findFirst()
            .orElseThrow();
    assertThat(flight.destroyForcibly()).isTrue();
    // that it was interrupted is told, and is all that is wrong
    assertThat(run.exitCode()).as(run.output()).isEqualTo(1);
    assertThat(run.failedChecks())
        .allMatch(
            check ->
                check.startsWith("flight_uninterrupted") || check.startsWith("commands_completed"));
    assertThat(run.number("frames", "inferred")).isEqualTo(30);
    assertThat(run.number("products", "delivered")).isEqualTo(30);
    assertThat(run.number("products", "lost")).isZero();
    assertThat(run.number("products", "duplicated")).isZero();
    assertThat(events(run)).anyMatch(event -> event.contains("after an unexpected end"));
  }

  private static String commandLine(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline"))
          .replace('\0', ' ');
    } catch (IOException e) {
      return "";
    }
  }
}
