package org.heliostat.tests.flight;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.heliostat.protocol.LinkSeal;
import org.heliostat.protocol.PacketKind;
import org.heliostat.protocol.Topics;
import org.heliostat.tests.broker.Mosquitto;
import org.heliostat.tests.broker.Outsider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A flight through mosquitto, at which there is somebody else who may do all that MQTT has, and has
 * no key: it changes counters and nothing else, and who is thrown out comes back.
 */
class OutsiderFlightTest {
  private static final int SPACECRAFT = 42;
  private static final Topics TOPICS = new Topics(SPACECRAFT);
  private static final Set<String> ALERTS = Set.of("WARNING", "ERROR", "CRITICAL");
  private static final long DEADLINE_NANOS = 60_000_000_000L;

  @TempDir private Path folder;

  private FlightRun noop(String name) throws IOException, InterruptedException {
    FlightRun run =
        FlightRun.start(
            Files.createDirectory(folder.resolve(name)),
            Map.of(),
            "command",
            "--flight",
            folder.resolve("out").toString(),
            "NOOP");
    try (run) {
      assertThat(run.exitCode()).as(run.output()).isZero();
    }
    return run;
  }

  private List<JsonObject> lines(String name) throws IOException {
    String text = Files.readString(folder.resolve("out").resolve(name));
    // the last line may be under way
    return text.substring(0, text.lastIndexOf('\n') + 1)
        .lines()
        .map(line -> JsonParser.parseString(line).getAsJsonObject())
        .toList();
  }

  private double most(ToDoubleFunction<JsonObject> counter) throws IOException {
    return lines("telemetry.jsonl").stream().mapToDouble(counter).max().orElse(0);
  }

  private static double number(JsonObject object, String name) {
    return object.has(name) ? object.get(name).getAsDouble() : 0;
  }

  private static double badPackets(JsonObject packet) {
    return number(packet, "bad_packets");
  }

  private static double replayed(JsonObject packet) {
    return packet.has("keys") ? number(packet.getAsJsonObject("keys"), "replayed") : 0;
  }

  private static double ignored(JsonObject packet) {
    if (packet.has("app_values")) {
      for (var value : packet.getAsJsonArray("app_values")) {
        JsonObject one = value.getAsJsonObject();
        if (one.get("name").getAsString().equals("broker_ignored")) {
          return number(one, "value");
        }
      }
    }
    return 0;
  }

  private JsonObject ground() throws IOException {
    return JsonParser.parseString(Files.readString(folder.resolve("out/ground.json")))
        .getAsJsonObject();
  }

  private double damaged() throws IOException {
    return number(ground().getAsJsonObject("link"), "damaged");
  }

  private long linkUps() throws IOException {
    return lines("events.jsonl").stream()
        .filter(event -> event.get("name").getAsString().equals("LINK_UP"))
        .count();
  }

  /** Names of the alerts that the satellite has recorded after this mission time. */
  private List<String> alertsAfter(double missionNanos) throws IOException {
    return lines("events.jsonl").stream()
        .filter(event -> event.get("source").getAsString().equals("core"))
        .filter(event -> number(event, "mission_nanos") > missionNanos)
        .filter(event -> ALERTS.contains(event.get("severity").getAsString()))
        .map(event -> event.get("name").getAsString())
        .toList();
  }

  private JsonObject newest(Predicate<JsonObject> wanted) throws IOException {
    return lines("telemetry.jsonl").stream()
        .filter(wanted)
        .reduce((earlier, later) -> later)
        .orElseThrow();
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void await(FlightRun run, String what, Condition condition)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    while (!condition.holds()) {
      assertThat(System.nanoTime() - start).as(what).isLessThan(DEADLINE_NANOS);
      assertThat(run.process().waitFor(100, TimeUnit.MILLISECONDS)).as(run.output()).isFalse();
    }
  }

  private static String groundsName(Mosquitto broker) {
    Matcher name = Pattern.compile("as (heliostat-ground-42-\\d+)").matcher(broker.log());
    assertThat(name.find()).isTrue();
    return name.group(1);
  }

  @Test
  void whatAnotherClientOfTheBrokerDoesChangesCountersAlone() throws Exception {
    Mosquitto.assumeInstalled();
    Path mission = folder.resolve("mission.textproto");
    Files.writeString(
        mission,
        Files.readString(FlightRun.ROOT.resolve("payload-ai/src/main/missions/default.textproto"))
            .replaceAll("device_period_seconds: \\d+", "device_period_seconds: 1"));
    try (Mosquitto broker = Mosquitto.start(folder);
        Outsider outsider = Outsider.named("tcp://127.0.0.1:" + broker.port(), "outsider");
        FlightRun run =
            FlightRun.start(
                folder,
                Map.of(),
                "--mission",
                mission.toString(),
                "--frame-count",
                "1",
                "--hold",
                "600",
                "--broker",
                "tcp://127.0.0.1:" + broker.port())) {
      String url = "tcp://127.0.0.1:" + broker.port();
      outsider.listen(TOPICS.uplink());
      run.awaitOutput("flying on");
      FlightRun unused = noop("first");
      // by number: ground sends one again that was not taken
      Map<Long, byte[]> byNumber = new TreeMap<>();
      for (byte[] packet : outsider.heard()) {
        LinkSeal.header(packet)
            .filter(header -> header.kind() == PacketKind.COMMAND)
            .ifPresent(header -> byNumber.put(header.counter(), packet));
      }
      List<byte[]> commands = List.copyOf(byNumber.values());
      assertThat(commands).hasSizeGreaterThan(1);
      JsonObject before = newest(packet -> packet.has("mode"));

      // the same bytes again, as a broker may bring them, and as anybody may send them
      double replayed = most(OutsiderFlightTest::replayed);
      for (byte[] command : commands) {
        outsider.publish(TOPICS.uplink(), command, false);
        outsider.publish(TOPICS.uplink(), command, false);
      }
      double twice = replayed + 2 * commands.size();
      await(run, "replays", () -> most(OutsiderFlightTest::replayed) >= twice);

      byte[] newest = commands.get(commands.size() - 1);
      double ignored = most(OutsiderFlightTest::ignored);
      outsider.publish(TOPICS.uplink(), newest, true);
      await(run, "a retained one", () -> most(OutsiderFlightTest::ignored) >= ignored + 1);

      double bad = most(OutsiderFlightTest::badPackets);
      double damaged = damaged();
      Outsider.leaveWill(url, TOPICS.uplink(), new byte[64]);
      Outsider.leaveWill(url, TOPICS.uplink(), newest);
      Outsider.leaveWill(url, TOPICS.downlink(), new byte[64]);
      await(run, "a will", () -> most(OutsiderFlightTest::badPackets) >= bad + 1);
      await(run, "a command as will", () -> most(OutsiderFlightTest::replayed) >= twice + 1);
      await(run, "a will to ground", () -> damaged() >= damaged + 1);

      // under our names; what was retained is there still, and nobody asks for it
      long ups = linkUps();
      for (String name : List.of("heliostat-" + SPACECRAFT, groundsName(broker))) {
        try (Outsider impostor = Outsider.named(url, name)) {
          await(run, name + " comes back", () -> !impostor.connected());
        }
      }
      await(run, "the satellite's link", () -> linkUps() > ups);
      await(run, "ground's link", () -> ground().get("connected").getAsBoolean());
      FlightRun unusedToo = noop("last");

      await(
          run,
          "telemetry of afterwards",
          () ->
              number(newest(packet -> packet.has("mode")), "mission_nanos")
                  > number(before, "mission_nanos"));
      JsonObject after = newest(packet -> packet.has("mode"));
      assertThat(after.get("mode")).isEqualTo(before.get("mode"));
      assertThat(after.get("boots")).isEqualTo(before.get("boots"));
      assertThat(number(after, "frames_taken")).isEqualTo(number(before, "frames_taken"));
      // that somebody has its name is told; of packets nothing is
      assertThat(alertsAfter(number(before, "mission_nanos"))).isSubsetOf("LINK_REFUSED");
      assertThat(lines("reports.jsonl"))
          .filteredOn(report -> report.get("stage").getAsString().equals("STARTED"))
          .extracting(report -> number(report, "counter"))
          .filteredOn(counter -> counter != 0)
          .doesNotHaveDuplicates()
          .hasSize(commands.size() + 1);
      assertThat(run.process().toHandle().destroy()).isTrue();
      int unusedCode = run.exitCode();
    }
  }
}
