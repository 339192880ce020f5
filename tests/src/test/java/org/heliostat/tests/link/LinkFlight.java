package org.heliostat.tests.link;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.TextFormat;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.heliostat.hil.ground.GroundMain;
import org.heliostat.hil.ground.OperatorFrames;
import org.heliostat.hil.rig.MissionTime;
import org.heliostat.hil.rig.RigMain;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.DeviceConfig;
import org.heliostat.protocol.KeyMaker;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.OperatorReply;
import org.heliostat.protocol.OperatorRequest;
import org.heliostat.protocol.Scenario;
import org.heliostat.protocol.SignerKeys;
import org.heliostat.protocol.SignerMaker;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Telecommand;

/**
 * A flight whose line to ground is a {@link LinkProxy}: the flight image, the rig with its space
 * link, the ground station with its broker, each a process, as the launcher starts them. All end
 * with this one.
 */
public final class LinkFlight implements AutoCloseable {
  private static final long READY_NANOS = 60_000_000_000L;
  private static final long CONDITION_NANOS = 90_000_000_000L;
  private static final double COMMAND_SECONDS = 60;
  private static final long LOOK_MILLIS = 20;
  private static final long ENDS_SECONDS = 15;

  private final Path out;
  private final MissionTime time;
  private final Path run;
  private final List<Process> processes = new ArrayList<>();
  private final Plan plan;
  private final Optional<String> given;
  private final LinkProxy proxy;
  private final Process flight;
  private final String broker;

  /**
   * What is flown.
   *
   * @param out a folder that is empty or not there
   * @param speed mission seconds in a second
   */
  public record Plan(
      Path home,
      Path out,
      Mission mission,
      Scenario scenario,
      List<PlannedProduct> products,
      LineFaults faults,
      double speed,
      long seed) {}

  private LinkFlight(Plan plan, Optional<String> given) throws IOException, InterruptedException {
    this.plan = plan;
    this.given = given;
    out = plan.out();
    run = Files.createTempDirectory("hl").toAbsolutePath();
    Files.createDirectories(run.resolve("tmp"));
    Files.createDirectories(run.resolve("flight"));
    Files.createDirectories(out.resolve("logs"));
    PlannedProduct.write(data(), plan.products());
    time = MissionTime.startingNow(LinkMission.MISSION_EPOCH_NANOS, Instant.now(), plan.speed());
    Files.writeString(
        out.resolve("scenario.textproto"), TextFormat.printer().printToString(plan.scenario()));
    Files.writeString(
        out.resolve("mission.textproto"),
        TextFormat.printer().printToString(fitted(plan.mission())));
    KeyMaker.make(run.resolve("keys"), run.resolve("station"));
    SignerMaker.make(signer(), run.resolve("keys").resolve(SignerKeys.PUBLIC));
    processes.add(ground());
    broker =
        given.isPresent() ? given.get() : Files.readString(run.resolve("broker.address")).strip();
    int colon = broker.lastIndexOf(':');
    proxy =
        new LinkProxy(
            new InetSocketAddress(
                broker.substring(0, colon), Integer.parseInt(broker.substring(colon + 1))),
            plan.faults(),
            plan.seed());
    processes.add(rig());
    flight = flight();
    processes.add(flight);
  }

  /** Flies with the broker inside the ground station. */
  public static LinkFlight start(Plan plan) throws IOException, InterruptedException {
    return new LinkFlight(plan, Optional.empty());
  }

  /** Flies with this broker, host and port, which outlives the ground station. */
  public static LinkFlight start(Plan plan, String broker)
      throws IOException, InterruptedException {
    return new LinkFlight(plan, Optional.of(broker));
  }

  /** Kills the ground station where it is, and starts it again on what it has left on disk. */
  public void killGroundAndStartItAgain() throws IOException, InterruptedException {
    Process killed = processes.get(0);
    killed.destroyForcibly();
    if (!killed.waitFor(ENDS_SECONDS, TimeUnit.SECONDS)) {
      throw new IOException("ground does not end");
    }
    Files.delete(run.resolve("broker.address"));
    processes.set(0, ground());
  }

  private Mission fitted(Mission mission) {
    Mission.Builder fitted = mission.toBuilder();
    for (DeviceConfig.Builder device : fitted.getDevicesBuilderList()) {
      if (device.getName().equals(mission.getCamera().getDevice())) {
        device.putParameters("folder", out.resolve("camera").toString());
      }
    }
    return fitted.build();
  }

  private Process ground() throws IOException, InterruptedException {
    Path ready = run.resolve("broker.address");
    List<String> command = java(GroundMain.class);
    command.addAll(List.of("--keys", run.resolve("station").toString()));
    command.addAll(List.of("--out", out.toString(), "--run", run.toString()));
    command.addAll(List.of("--broker-port-file", ready.toString()));
    command.addAll(List.of("--spacecraft-id", Integer.toString(plan.mission().getSpacecraftId())));
    given.ifPresent(address -> command.addAll(List.of("--broker", "tcp://" + address)));
    command.addAll(timing());
    Process ground = start("ground", command, Map.of());
    await(ready, ground, "ground");
    return ground;
  }

  private Process rig() throws IOException, InterruptedException {
    List<String> command = java(RigMain.class);
    command.addAll(List.of("--world", run.resolve("world").toString()));
    command.addAll(List.of("--camera", out.resolve("camera").toString()));
    command.addAll(List.of("--seed", Long.toString(plan.seed())));
    command.addAll(List.of("--log", out.resolve("rig.jsonl").toString()));
    command.addAll(List.of("--link-listen-port-file", run.resolve("link.port").toString()));
    command.addAll(List.of("--broker", "127.0.0.1:" + proxy.port()));
    command.addAll(timing());
    Process rig = start("rig", command, Map.of());
    await(run.resolve("link.port"), rig, "rig");
    await(run.resolve("world"), rig, "rig");
    return rig;
  }

  private Process flight() throws IOException {
    String link = Files.readString(run.resolve("link.port")).strip();
    Path home = plan.home();
    return start(
        "flight",
        List.of(
            home.resolve("payload-ai/target/image/bin/flight").toString(),
            "--mission",
            out.resolve("mission.textproto").toString(),
            "--data",
            data().toString(),
            "--run",
            run.resolve("flight").toString(),
            "--keys",
            run.resolve("keys").toString(),
            "--broker",
            "tcp://127.0.0.1:" + link),
        Map.of(
            RigMain.WORLD_VARIABLE,
            run.resolve("world").toString(),
            "JAVA_HOME",
            System.getProperty("java.home"),
            "JAVA_TOOL_OPTIONS",
            "\"-Dheliostat.libc="
                + home.resolve("hil/target/native/libheliostat_rig_libc.so")
                + "\" \"-Dheliostat.nvml="
                + home.resolve("hil/target/native/libnvidia-ml.so.1")
                + "\" \"-Djava.io.tmpdir="
                + run.resolve("tmp")
                + "\" \"-Djna.tmpdir="
                + run.resolve("tmp")
                + "\" \"-javaagent:"
                + agent()
                + "\""));
  }

  /** The app of products in a jar of its own. */
  private Path agent() throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Premain-Class", ProductsApp.class.getName());
    Path jar = run.resolve("products.jar");
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream to = new JarOutputStream(file, manifest)) {
      for (Class<?> type :
          List.of(ProductsApp.class, PlannedProduct.class, RecordedProduct.class)) {
        String name = type.getName().replace('.', '/') + ".class";
        to.putNextEntry(new JarEntry(name));
        try (var in = ProductsApp.class.getClassLoader().getResourceAsStream(name)) {
          if (in == null) {
            throw new IOException("no class " + name);
          }
          long unused = in.transferTo(to);
        }
        to.closeEntry();
      }
    }
    return jar;
  }

  private List<String> java(Class<?> main) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:+IgnoreUnrecognizedVMOptions",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+UseSerialGC",
            "-XX:-UsePerfData",
            "-Djava.awt.headless=true",
            "-Djava.io.tmpdir=" + run.resolve("tmp"),
            "-Djna.tmpdir=" + run.resolve("tmp"),
            "-cp",
            System.getProperty("java.class.path"),
            main.getName()));
    return command;
  }

  private List<String> timing() {
    return List.of(
        "--scenario",
        out.resolve("scenario.textproto").toString(),
        "--host-epoch-ns",
        Long.toString(time.hostEpochNanos()),
        "--mission-epoch-ns",
        Long.toString(time.missionEpochNanos()),
        "--utc-epoch-ns",
        Long.toString(time.utcEpochNanos()),
        "--speed",
        Double.toString(plan.speed()),
        "--parent",
        Long.toString(ProcessHandle.current().pid()));
  }

  private Process start(String name, List<String> command, Map<String, String> environment)
      throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("TMPDIR", run.resolve("tmp").toString());
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    builder.environment().putAll(environment);
    builder.redirectErrorStream(true);
    builder.redirectOutput(
        ProcessBuilder.Redirect.appendTo(out.resolve("logs").resolve(name + ".log").toFile()));
    Process process = builder.start();
    process.getOutputStream().close();
    return process;
  }

  private void await(Path file, Process process, String name)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    while (!Files.exists(file)) {
      if (process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS)
          || System.nanoTime() - start > READY_NANOS) {
        process.destroyForcibly();
        close();
        throw new IOException(name + " does not come up; see " + out.resolve("logs"));
      }
    }
  }

  public Path out() {
    return out;
  }

  /** The board's disk. */
  public Path data() {
    return out.resolve("board");
  }

  public LinkProxy proxy() {
    return proxy;
  }

  /** Host and port of the broker itself. */
  public String broker() {
    return broker;
  }

  /** Desk of the ground station. */
  public Path operators() {
    return run.resolve("ground.sock");
  }

  /** The private key that files to this flight are signed with. */
  public Path signer() {
    return run.resolve("signer.pem");
  }

  ProcessHandle process() {
    return flight.toHandle();
  }

  /** Seconds of the flight so far, in mission time. */
  public double seconds() {
    return time.flightSeconds(System.nanoTime());
  }

  /** Waits for a moment of the flight; false where one of its processes ended before. */
  public boolean awaitSeconds(double moment) throws InterruptedException {
    while (seconds() < moment) {
      if (!allLive()) {
        return false;
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
    return true;
  }

  private boolean allLive() {
    return processes.stream().allMatch(Process::isAlive);
  }

  /** What a flight is looked at for. */
  public interface Condition {
    /** Whether it is so by now. */
    boolean holds() throws IOException;
  }

  /**
   * Waits until something is so.
   *
   * @throws IOException where it is not so within 90 s of host time, or a process has ended
   */
  public void await(String what, Condition condition) throws IOException, InterruptedException {
    long start = System.nanoTime();
    while (!condition.holds()) {
      if (!allLive()) {
        throw new IOException("a process has ended; waited for: " + what);
      }
      if (System.nanoTime() - start > CONDITION_NANOS) {
        throw new IOException("it does not come: " + what);
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
  }

  /** Has products recorded when all before them are, each not before its time. */
  public void record(List<PlannedProduct> products) throws IOException {
    PlannedProduct.add(data(), products);
  }

  /**
   * Hands a command in at the desk of the ground station.
   *
   * @param wanted a stage behind which nothing is waited for
   * @return its stages in order, to that one or to its end
   * @throws IOException where the station gives it up
   */
  public List<CommandReport> command(Telecommand.Builder command, Stage wanted) throws IOException {
    List<CommandReport> stages = new ArrayList<>();
    try (SocketChannel desk = SocketChannel.open(UnixDomainSocketAddress.of(operators()))) {
      OperatorFrames.write(
          desk,
          OperatorRequest.newBuilder()
              .setOperator("tests")
              .setTelecommand(command)
              .setWaitSeconds(COMMAND_SECONDS)
              .build()
              .toByteArray());
      while (true) {
        OperatorReply reply = OperatorReply.parseFrom(OperatorFrames.read(desk));
        if (reply.hasError()) {
          throw new IOException(command.getCommandCase() + ": " + reply.getError());
        }
        if (reply.hasReport()) {
          Stage stage = reply.getReport().getStage();
          stages.add(reply.getReport());
          if (stage == wanted || stage == Stage.COMPLETED || stage == Stage.FAILED) {
            return stages;
          }
        }
      }
    }
  }

  /** Whether the flight process has said something. */
  public boolean says(String text) throws IOException {
    return Files.readString(out.resolve("logs/flight.log")).contains(text);
  }

  /** Lines of a list of ground, as far as they are whole. */
  public List<JsonObject> lines(String name) throws IOException {
    Path file = out.resolve(name);
    if (!Files.exists(file)) {
      return List.of();
    }
    String text = Files.readString(file);
    return text.substring(0, text.lastIndexOf('\n') + 1)
        .lines()
        .filter(line -> !line.isBlank())
        .map(line -> JsonParser.parseString(line).getAsJsonObject())
        .toList();
  }

  /** What the ground station has counted of its link; 0 before it has said anything. */
  public int counter(String name) throws IOException {
    Path status = out.resolve("ground.json");
    return Files.exists(status)
        ? JsonParser.parseString(Files.readString(status))
            .getAsJsonObject()
            .getAsJsonObject("link")
            .get(name)
            .getAsInt()
        : 0;
  }

  /** Events of a name that ground has, in the order in which they came. */
  public List<JsonObject> events(String name) throws IOException {
    return lines("events.jsonl").stream()
        .filter(event -> event.get("name").getAsString().equals(name))
        .toList();
  }

  /** The newest packet of telemetry that has a field. */
  Optional<JsonObject> newest(String field) throws IOException {
    return lines("telemetry.jsonl").stream()
        .filter(line -> line.has(field))
        .reduce((earlier, later) -> later);
  }

  /** Ends the processes in good order; true where all of them ended as they were asked to. */
  public boolean end() throws InterruptedException {
    boolean orderly = true;
    for (int i = processes.size() - 1; i >= 0; i--) {
      // flight first, and ground behind it; the rig was started between the two
      Process process = processes.get(i);
      process.destroy();
      orderly &= process.waitFor(ENDS_SECONDS, TimeUnit.SECONDS);
    }
    return orderly;
  }

  @Override
  public void close() {
    for (Process process : processes) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    if (proxy != null) {
      proxy.close();
    }
    remove(run);
  }

  public static void remove(Path folder) {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        boolean unused = Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      System.err.println(folder + " cannot be removed: " + e);
    }
  }
}
