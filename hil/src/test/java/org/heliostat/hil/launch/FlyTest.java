package org.heliostat.hil.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What is refused before anything is started. */
class FlyTest {
  private static final String MISSION =
      """
      name: "m" spacecraft_id: 1
      apps { name: "link" }
      devices { name: "cam" driver: "spool" parameters { key: "folder" value: "@CAMERA@" } }
      devices { name: "n0" driver: "nvml" }
      cards { name: "card0" device: "n0" }
      camera { device: "cam" }
      payload { model: "models/m" }
      """;

  @TempDir private Path home;
  private Installation installation;
  private final MissionOptions options = new MissionOptions();

  @BeforeEach
  void layOut() throws IOException {
    installation = new Installation(home);
    imageSays("", 0);
    put(installation.image().resolve("missions/default.textproto"), MISSION);
    put(installation.imageDigest(), "d");
    put(installation.libc(), "");
    put(installation.nvml(), "");
    put(installation.scenario("default"), "name: \"quiet\"");
  }

  @Test
  void defaultsMakeAPlan() throws SetupException {
    FlightPlan plan = plan();
    assertThat(plan.cards()).isEqualTo(1);
    assertThat(plan.frameCount()).isEqualTo(MissionOptions.DEFAULT_FRAMES);
    assertThat(plan.out()).isEqualTo(home.resolve("target/flights/19700101-000000-77"));
  }

  @Test
  void aFolderOfFramesIsFlownWhole() throws Exception {
    options.frames = home.resolve("frames");
    put(home.resolve("frames/a.tif"), "");
    put(home.resolve("frames/b.npz"), "");
    put(home.resolve("frames/readme.txt"), "");
    assertThat(plan().frameCount()).isEqualTo(2);
    options.frames = home.resolve("nowhere");
    refused("there is no folder");
  }

  @Test
  void aMissionFileThatIsWrongIsNamedWithLine() throws IOException {
    options.mission = home.resolve("my.textproto");
    put(options.mission, MISSION + "spacecraft_idd: 4\n");
    refused("my.textproto:8:1");
    put(options.mission, MISSION + "name: \"twice\"\n");
    refused("my.textproto:8:");
    put(options.mission, MISSION + "active_cards: 65\n");
    refused("my.textproto:8:1: active_cards 65 is outside");
  }

  @Test
  void aScenarioThatExpectsSomethingOfADeviceThatIsNotThereIsRefused() throws Exception {
    options.scenario = home.resolve("s.textproto");
    String text =
        "faults { at_s: 1 device: \"card0\" kind: LATCH_UP"
            + " expect { device: \"%s\" fault: OVER_CURRENT within_s: 5 } }";
    put(options.scenario, text.formatted("n9"));
    refused("faults[0] expects something of \"n9\"");
    put(options.scenario, text.formatted("n0"));
    assertThat(plan().scenario().getFaultsCount()).isEqualTo(1);
  }

  @Test
  void aScenarioAboutACardThatIsNotThereIsRefused() throws IOException {
    options.scenario = home.resolve("s.textproto");
    put(options.scenario, "faults { at_s: 1 kill_worker { card: 3 } }");
    refused("s.textproto:1:1: faults[0] is about card 3");
  }

  @Test
  void numbersOutsideTheirRangeAreRefused() {
    options.speed = Double.NaN;
    refused("--speed is NaN");
    options.speed = 1.0;
    options.holdSeconds = -1;
    refused("--hold is -1.0, not within 0 to 86400");
    options.holdSeconds = 0;
    options.frameCount = 0;
    refused("--frame-count is 0");
    options.frameCount = null;
    options.cards = 2;
    refused("--cards is 2, not within 1 to 1");
  }

  @Test
  void aMissingLibraryIsNamed() throws IOException {
    Files.delete(installation.nvml());
    refused("libnvidia-ml.so.1");
  }

  @Test
  void modelAndManifestGoTogether() throws IOException {
    options.model = home.resolve("m.onnx");
    put(options.model, "");
    refused("--model and --manifest go together");
    options.manifest = home.resolve("m.textproto");
    refused("--manifest: there is no file");
    put(options.manifest, "id: \"m\"");
    refused("manifest:" + System.lineSeparator() + options.manifest + ":1:1: task is missing");
  }

  @Test
  void aFolderThatHoldsAFlightIsNotFlownOver() throws IOException {
    options.out = home.resolve("out");
    put(options.out.resolve("flight.json"), "{}");
    refused("holds a flight already");
  }

  @Test
  void aFolderThatHoldsAnythingIsLeftAlone() throws Exception {
    options.out = home.resolve("out");
    put(options.out.resolve("letter.txt"), "dear");
    refused("out is not empty; name a new folder");
    Files.delete(options.out.resolve("letter.txt"));
    assertThat(plan().out()).isEqualTo(options.out);
    options.out = home.resolve("file/out");
    put(home.resolve("file"), "");
    refused("--out: " + options.out + " cannot be made: ");
    assertThatThrownBy(this::plan).hasMessageNotContaining("Exception");
  }

  @Test
  void aFolderIsNoMissionFile() throws IOException {
    options.mission = Files.createDirectory(home.resolve("folder"));
    refused("--mission: " + options.mission + " is no file");
    options.mission = home.resolve("none");
    refused("--mission: there is no file " + options.mission);
    put(options.mission, "name: 4");
    refused("mission file:" + System.lineSeparator());
  }

  @Test
  void aBrokerThatIsNotThereIsNamed() throws Exception {
    // nobody listens there
    options.broker = "tcp://127.0.0.1:1";
    refused("--broker: broker 127.0.0.1:1 cannot be reached: ");
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = listener.getInetAddress().getHostAddress() + ":" + listener.getLocalPort();
      options.broker = "tcp://" + address;
      assertThat(plan().broker()).contains(address);
    }
  }

  @Test
  void tlsIsWantedAtAllThreeEndsOrAtNone() throws Exception {
    options.broker = "ssl://127.0.0.1:1";
    refused("TLS wants all of them or none");
    CommandLine line = new CommandLine(options.tls);
    CommandLine.ParseResult unused = line.parseArgs("--tls-trust", "ca.pem");
    refused("TLS wants all of them or none");
    options.broker = null;
    refused("TLS wants all of them or none");
    options.broker = "ssl://127.0.0.1:1";
    options.mission = home.resolve("my.textproto");
    put(options.mission, MISSION + "link { tls { trust: \"/keys/ca.pem\" } }\n");
    refused("--tls-trust and the files beside it: there is no ");
    CommandLine.ParseResult unusedToo = line.parseArgs("--tls-key", "k.pem");
    refused("go with --tls-trust");
  }

  @Test
  void brokersAreHostAndPort() throws SetupException {
    assertThat(PlanCheck.hostAndPort("tcp://broker.example:1884")).isEqualTo("broker.example:1884");
    assertThat(PlanCheck.hostAndPort("mqtt://h")).isEqualTo("h:1883");
    assertThat(PlanCheck.hostAndPort("ssl://h")).isEqualTo("h:8883");
    for (String wrong : new String[] {"h:1883", "wss://h", "tcp://", "tcp://h:99999", "\u0000"}) {
      assertThatThrownBy(() -> PlanCheck.hostAndPort(wrong)).isInstanceOf(SetupException.class);
    }
  }

  @Test
  void anUnknownOptionIsWrongUse() {
    StringWriter said = new StringWriter();
    CommandLine line = Fly.line().setErr(new PrintWriter(said, true));
    assertThat(line.execute("--warp", "9")).isEqualTo(2);
    assertThat(said.toString()).contains("--warp");
    assertThat(line.execute("--speed", "fast")).isEqualTo(2);
    assertThat(line.execute("command")).isEqualTo(2);
  }

  @Test
  void whatTheImageSaysOfTheMissionFileIsToldToTheUser() throws IOException {
    imageSays("m.textproto:4:8: unknown app", 2);
    refused("m.textproto:4:8: unknown app");
  }

  /** An image whose flight answers so to every question. */
  private void imageSays(String text, int exitCode) throws IOException {
    Path flight = installation.image().resolve("bin/flight");
    put(flight, "#!/bin/sh\necho '" + text + "'\nexit " + exitCode + "\n");
    Files.setPosixFilePermissions(flight, PosixFilePermissions.fromString("rwx------"));
  }

  private FlightPlan plan() throws SetupException {
    return PlanCheck.plan(options, installation, Instant.EPOCH, 77);
  }

  private void refused(String why) {
    assertThatThrownBy(this::plan).isInstanceOf(SetupException.class).hasMessageContaining(why);
  }

  private static void put(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  @Test
  void anEmptyPathIsWrongUseAndNotTheFolderOfTheCaller() {
    StringWriter said = new StringWriter();
    assertThat(Fly.line().setErr(new PrintWriter(said)).execute("mission", "--out", ""))
        .isEqualTo(2);
    assertThat(said.toString()).contains("--out", "is empty");
  }

  @Test
  void aVerbIsDescribedByASentence() {
    StringWriter said = new StringWriter();
    assertThat(Fly.line().setOut(new PrintWriter(said)).execute("--help")).isZero();
    for (CommandLine verb : Fly.line().getSubcommands().values()) {
      String[] description = verb.getCommandSpec().usageMessage().description();
      assertThat(description[0]).endsWith(".");
    }
  }

  @Test
  void saysItsVersion() {
    StringWriter said = new StringWriter();
    assertThat(Fly.line().setOut(new PrintWriter(said)).execute("--version")).isZero();
    assertThat(said.toString()).startsWith("Heliostat ");
  }
}
