package org.heliostat.hil.launch;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.heliostat.hil.rig.ScenarioFile;
import org.heliostat.protocol.IoReason;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.ModelManifest;
import org.heliostat.protocol.Scenario;
import org.heliostat.protocol.TextFiles;
import org.heliostat.protocol.TextFiles.BadTextFile;
import org.heliostat.protocol.TlsMaterial;
import org.jspecify.annotations.Nullable;

/** Makes a plan of the options, or says what is wrong with them before anything is started. */
final class PlanCheck {
  private static final long CHECK_SECONDS = 20;
  private static final int BROKER_MILLIS = 5000;

  /** Room that a flight needs where it leaves its files. */
  static final long ROOM_BYTES = 64L << 20;

  private static final int MOST_CARDS = 7;
  private static final int MOST_HOLD_SECONDS = 86_400;

  /** What flight calls faulty beside the devices and buses of the mission file. */
  private static final Set<String> BESIDE_DEVICES = Set.of("storage", "clock");

  private static final DateTimeFormatter ID =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);

  private PlanCheck() {}

  static FlightPlan plan(MissionOptions options, Installation installation, Instant now, long pid)
      throws SetupException {
    installation.check();
    if (options.speed != null && !(options.speed >= 0.1 && options.speed <= 1000)) {
      throw new SetupException("--speed is " + options.speed + ", not within 0.1 to 1000");
    }
    if (options.frameCount != null && (options.frameCount < 1 || options.frameCount > 100_000)) {
      throw new SetupException(
          "--frame-count is " + options.frameCount + ", not within 1 to 100000");
    }
    if (!(options.holdSeconds >= 0 && options.holdSeconds <= MOST_HOLD_SECONDS)) {
      throw new SetupException(
          "--hold is " + options.holdSeconds + ", not within 0 to " + MOST_HOLD_SECONDS);
    }
    Path missionFile =
        options.mission == null
            ? installation.image().resolve("missions/default.textproto")
            : file(options.mission, "--mission");
    Mission mission = read(missionFile, Mission.getDefaultInstance());
    askFlight(missionFile, installation);
    int cards = cards(options.cards, mission);
    Path scenarioFile =
        options.scenario == null
            ? installation.scenario("default")
            : file(options.scenario, "--scenario");
    Scenario scenario = scenario(scenarioFile, cards);
    checkExpectations(scenario, scenarioFile, mission);
    Optional<Path> frames = Optional.ofNullable(options.frames);
    int playable = frames.isPresent() ? playable(frames.get()) : MissionOptions.DEFAULT_FRAMES;
    Optional<String> broker = Optional.empty();
    if (options.broker != null) {
      broker = Optional.of(hostAndPort(options.broker));
    }
    checkTls(options, mission);
    if (broker.isPresent()) {
      checkBroker(broker.get());
    }
    String id = ID.format(now) + "-" + pid;
    Path out =
        (options.out == null ? installation.flights().resolve(id) : options.out)
            .toAbsolutePath()
            .normalize();
    checkOut(out);
    return new FlightPlan(
        installation,
        id,
        out,
        mission,
        scenarioFile.toAbsolutePath(),
        scenario,
        frames.map(Path::toAbsolutePath),
        model(options),
        cards,
        options.frameCount != null
            ? options.frameCount
            : scenario.getFlight().hasFrameCount() && frames.isEmpty()
                ? scenario.getFlight().getFrameCount()
                : playable,
        options.speed != null
            ? options.speed
            : scenario.getFlight().hasSpeed()
                ? scenario.getFlight().getSpeed()
                : MissionOptions.DEFAULT_SPEED,
        options.seed,
        options.holdSeconds,
        broker,
        options.tls.arguments());
  }

  /** Host and port of a broker's URL. */
  static String hostAndPort(String url) throws SetupException {
    try {
      URI uri = new URI(url);
      boolean tls = "ssl".equals(uri.getScheme());
      boolean plain = "tcp".equals(uri.getScheme()) || "mqtt".equals(uri.getScheme());
      if ((plain || tls) && uri.getHost() != null) {
        int port = uri.getPort() < 0 ? (tls ? 8883 : 1883) : uri.getPort();
        if (port > 0 && port < 65_536) {
          return uri.getHost() + ":" + port;
        }
      }
    } catch (URISyntaxException e) {
      // said below
    }
    throw new SetupException(
        "--broker is \"" + url + "\", not of the form tcp://host:port or ssl://host:port");
  }

  /** Satellite and ground meet at one broker: both speak TLS to it, or none does. */
  private static void checkTls(MissionOptions options, Mission mission) throws SetupException {
    boolean broker = options.broker != null && options.broker.startsWith("ssl:");
    Optional<TlsMaterial> ground = options.tls.material();
    Optional<String> wrong = options.tls.problem();
    if (wrong.isPresent()) {
      throw new SetupException(wrong.get());
    }
    if (mission.getLink().hasTls() != broker || ground.isPresent() != broker) {
      throw new SetupException(
          "TLS wants all of them or none: --broker ssl://host:port, --tls-trust for ground, and the"
              + " mission file's link.tls for the satellite");
    }
    Optional<String> unreadable = ground.flatMap(TlsMaterial::problem);
    if (unreadable.isPresent()) {
      throw new SetupException("--tls-trust and the files beside it: " + unreadable.get());
    }
  }

  /** A broker that is not there now would only be missed when the flight has waited for it. */
  private static void checkBroker(String address) throws SetupException {
    int colon = address.lastIndexOf(':');
    try (Socket socket = new Socket()) {
      InetSocketAddress broker =
          new InetSocketAddress(
              InetAddress.getByName(address.substring(0, colon)),
              Integer.parseInt(address.substring(colon + 1)));
      socket.connect(broker, BROKER_MILLIS);
    } catch (IOException e) {
      throw new SetupException(
          "--broker: broker " + address + " cannot be reached: " + IoReason.of(e));
    }
  }

  /** What only the image knows (its apps and drivers) it says itself, about the user's own file. */
  private static void askFlight(Path missionFile, Installation installation) throws SetupException {
    ProcessBuilder builder =
        new ProcessBuilder(
            installation.image().resolve("bin/flight").toString(),
            "--check",
            missionFile.toString());
    builder.redirectErrorStream(true);
    try {
      Process check = builder.start();
      check.getOutputStream().close();
      String said = new String(check.getInputStream().readNBytes(1 << 16), StandardCharsets.UTF_8);
      if (!check.waitFor(CHECK_SECONDS, TimeUnit.SECONDS)) {
        check.destroyForcibly();
        throw new SetupException("the flight image does not answer");
      }
      if (check.exitValue() != 0) {
        // what a JVM says of its environment is no news to the user
        throw new SetupException(
            said.lines()
                .filter(line -> !line.startsWith("Picked up "))
                .collect(Collectors.joining(System.lineSeparator())));
      }
    } catch (IOException e) {
      throw new SetupException("the flight image cannot be started: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SetupException("interrupted");
    }
  }

  private static int cards(@Nullable Integer wanted, Mission mission) throws SetupException {
    int described = mission.getCardsCount();
    int active = mission.getActiveCards() == 0 ? described : mission.getActiveCards();
    int cards = wanted == null ? active : wanted;
    int most = Math.min(MOST_CARDS, described);
    if (cards < 1 || cards > most) {
      throw new SetupException(
          "--cards is "
              + cards
              + ", not within 1 to "
              + most
              + " (the mission file describes "
              + described
              + " cards, the rig has room for "
              + MOST_CARDS
              + ")");
    }
    return cards;
  }

  private static Scenario scenario(Path file, int cards) throws SetupException {
    try {
      return ScenarioFile.read(file, cards);
    } catch (BadTextFile e) {
      throw new SetupException("scenario:" + System.lineSeparator() + e.getMessage());
    }
  }

  /**
   * A device that is not there is never faulty: what is expected of it would only fail at the end.
   */
  private static void checkExpectations(Scenario scenario, Path file, Mission mission)
      throws SetupException {
    Set<String> known = new HashSet<>(BESIDE_DEVICES);
    mission.getDevicesList().forEach(device -> known.add(device.getName()));
    mission.getBusesList().forEach(bus -> known.add(bus.getPath()));
    for (int i = 0; i < scenario.getFaultsCount(); i++) {
      for (Scenario.Expectation expected : scenario.getFaults(i).getExpectList()) {
        if (!known.contains(expected.getDevice())) {
          throw new SetupException(
              "scenario:%n%s: faults[%d] expects something of \"%s\", and the mission file has no such device"
                  .formatted(file, i, expected.getDevice()));
        }
      }
    }
  }

  private static Optional<FlightPlan.ModelFiles> model(MissionOptions options)
      throws SetupException {
    if (options.model == null && options.manifest == null) {
      return Optional.empty();
    }
    if (options.model == null || options.manifest == null) {
      throw new SetupException("--model and --manifest go together");
    }
    Path onnx = file(options.model, "--model");
    Path manifest = file(options.manifest, "--manifest");
    ModelManifest unused = read(manifest, ModelManifest.getDefaultInstance());
    return Optional.of(new FlightPlan.ModelFiles(onnx.toAbsolutePath(), manifest.toAbsolutePath()));
  }

  private static <M extends com.google.protobuf.Message> M read(Path file, M prototype)
      throws SetupException {
    try {
      return TextFiles.read(file, prototype).message();
    } catch (BadTextFile e) {
      throw new SetupException(
          (prototype instanceof ModelManifest ? "manifest" : "mission file")
              + ":"
              + System.lineSeparator()
              + e.getMessage());
    }
  }

  private static Path file(Path file, String option) throws SetupException {
    if (!Files.isRegularFile(file)) {
      throw new SetupException(
          option + ": " + (Files.exists(file) ? file + " is no file" : "there is no file " + file));
    }
    return file;
  }

  /** How many files of a folder are frames by their name; the rig plays the same ones. */
  static int playable(Path folder) throws SetupException {
    if (!Files.isDirectory(folder)) {
      throw new SetupException("--frames: there is no folder " + folder);
    }
    try (Stream<Path> files = Files.list(folder)) {
      int count =
          (int)
              files
                  .filter(Files::isRegularFile)
                  .filter(file -> String.valueOf(file.getFileName()).matches(".*\\.(tiff?|np[yz])"))
                  .count();
      if (count == 0) {
        throw new SetupException(
            "--frames: " + folder + " holds no .tif, .tiff, .npy or .npz file");
      }
      return count;
    } catch (IOException e) {
      throw new SetupException("--frames: " + folder + " cannot be read: " + IoReason.of(e));
    }
  }

  private static void checkOut(Path out) throws SetupException {
    try {
      if (Files.exists(out.resolve("flight.json"))) {
        throw new SetupException("--out: " + out + " holds a flight already; name another folder");
      }
      if (holdsAnything(out)) {
        throw new SetupException("--out: " + out + " is not empty; name a new folder");
      }
      Files.createDirectories(out);
      long room = Files.getFileStore(out).getUsableSpace();
      if (room < ROOM_BYTES) {
        throw new SetupException(
            "--out: %s has %.1f MiB of room, a flight needs %d MiB"
                .formatted(out, room / 1048576.0, ROOM_BYTES >> 20));
      }
    } catch (IOException e) {
      throw new SetupException("--out: " + out + " cannot be made: " + IoReason.of(e));
    }
  }

  /** Whether a folder is there and has something in it. */
  static boolean holdsAnything(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.findAny().isPresent();
    }
  }
}
