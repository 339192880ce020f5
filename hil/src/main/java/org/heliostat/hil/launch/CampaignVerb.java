package org.heliostat.hil.launch;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.heliostat.hil.power.PowerLossSeries;
import org.heliostat.hil.report.JsonFiles;
import org.heliostat.hil.terminal.TerminalText;
import org.heliostat.protocol.IoReason;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code ./fly campaign}: many flights, one after the other, and what came of them. A campaign that
 * was cut off goes on where it was: a flight whose summary is there, by the same image and
 * scenario, is not flown again. One campaign at a time uses a folder.
 */
@Command(
    name = "campaign",
    mixinStandardHelpOptions = true,
    versionProvider = Fly.Version.class,
    description = {
      "Flies many flights, one after the other, and sums them up.",
      "faults: every scenario of a folder, each judged by what it expects.",
      "kill: the flight process is killed at random instants, 25 kills a flight.",
      "power-loss: the recorder in an emulated guest whose power goes in mid-write, 5 cuts a disk.",
      "hostile: somebody who owns the broker and has no key sends frames of all kinds.",
      "link: passes over a line that delays, throttles and cuts; its options: campaign link -h.",
      "Leaves target/campaigns/KIND/summary.json and a folder for each flight beside it.",
      "Exit code: 0 all flights passed, 1 one failed, 2 wrong use or set-up."
    })
@SuppressWarnings("NullAway.Init") // picocli fills the fields
final class CampaignVerb implements Callable<Integer> {
  private static final String FAULTS = "faults";
  private static final String KILL = "kill";
  private static final String POWER_LOSS = "power-loss";
  private static final String HOSTILE = "hostile";
  private static final List<String> KINDS = List.of(FAULTS, KILL, POWER_LOSS, HOSTILE);
  private static final int HOSTILE_FRAMES = 100_000;
  private static final int MOST_RUNS = 1000;
  private static final String SUFFIX = ".textproto";

  /** Held while a campaign flies, and stays: a folder with it is a campaign's. */
  private static final String LOCK = ".lock";

  private static final long FLIGHT_ENDS_SECONDS = 15;
  private static final Gson PRETTY =
      new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

  @Parameters(index = "0", paramLabel = "KIND", description = "faults, kill, power-loss, hostile.")
  private String kind;

  @Option(
      names = "--scenarios",
      paramLabel = "DIR",
      description = "Folder of the scenarios. Default: hil/scenarios.")
  private @Nullable Path scenarios;

  @Option(
      names = "--only",
      paramLabel = "NAME",
      split = ",",
      description = "Scenarios by name, without .textproto; more than one with commas.")
  private List<String> only = List.of();

  @Option(
      names = "--runs",
      paramLabel = "N",
      description = {
        "faults: flights of each scenario, with seeds that follow on. Default: 1.",
        "kill: kills. Default: 25.",
        "power-loss: cuts. Default: 5.",
        "hostile: frames. Default: 100000."
      })
  private @Nullable Integer runs;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Seed of the first flight (of each scenario). Default: 1.")
  private long seed = 1;

  @Option(names = "--fresh", description = "Fly again what has been flown.")
  private boolean fresh;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where the campaign leaves its files. Default: target/campaigns/KIND.")
  private @Nullable Path out;

  private final Object ending = new Object();
  private boolean over;
  private @Nullable Process flying;

  /**
   * One flight of the campaign.
   *
   * @param scenario of the faults
   * @param runs kills of its process, or cuts of its power; 0 in other campaigns
   */
  record Planned(String name, Optional<Path> scenario, int runs, long seed, Path folder) {
    /** The scenario as it was flown. */
    private Path flown() {
      return folder.resolve("scenario.textproto");
    }

    /** Whether it has been flown, by this image. */
    boolean done(String image) throws IOException {
      Optional<JsonObject> summary = JsonFiles.object(folder.resolve("summary.json"));
      return summary.isPresent()
          && !summary.get().has("interrupted")
          && JsonFiles.text(JsonFiles.child(summary.get(), "versions"), "image").equals(image)
          && JsonFiles.whole(summary.get(), "seed") == seed
          && JsonFiles.children(summary.get(), "runs").size() == runs
          && (scenario.isEmpty()
              || (Files.exists(flown()) && Files.mismatch(flown(), scenario.get()) < 0));
    }
  }

  @Override
  public Integer call() throws SetupException, IOException, InterruptedException {
    if (!KINDS.contains(kind)) {
      throw new SetupException(
          "there is no campaign \"" + kind + "\"; there are: " + String.join(", ", KINDS));
    }
    if (!kind.equals(FAULTS) && (scenarios != null || !only.isEmpty())) {
      throw new SetupException("--scenarios and --only are for the campaign " + FAULTS);
    }
    int most = kind.equals(KILL) ? KillPlan.MOST : PowerLossSeries.MOST;
    int usual = kind.equals(FAULTS) ? 1 : kind.equals(HOSTILE) ? HOSTILE_FRAMES : most;
    int mostRuns = kind.equals(HOSTILE) ? HostileVerb.MOST : MOST_RUNS;
    int count = runs != null ? runs : usual;
    if (count < 1 || count > mostRuns) {
      throw new SetupException("--runs is " + count + ", not within 1 to " + mostRuns);
    }
    Installation installation = Installation.find();
    installation.check();
    Path folder =
        (out == null ? installation.home().resolve("target/campaigns").resolve(kind) : out)
            .toAbsolutePath()
            .normalize();
    List<Planned> planned =
        switch (kind) {
          case FAULTS -> plan(installation, folder, count);
          case HOSTILE ->
              List.of(new Planned("flight", Optional.empty(), 0, seed, folder.resolve("flight")));
          default -> parts(kind.equals(KILL) ? "flight-" : "disk-", folder, count, most, seed);
        };
    String image = Files.readString(installation.imageDigest()).strip();
    makeFolder(folder);
    try (FileChannel lock =
        FileChannel.open(
            folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      if (lock.tryLock() == null) {
        throw new SetupException("another campaign is flying into " + folder);
      }
      // on Ctrl-C the flight is told, too, and ends its own processes
      Runtime.getRuntime().addShutdownHook(new Thread(this::end, "end-of-campaign"));
      return switch (kind) {
        case KILL ->
            flyParts(
                planned,
                new RunTally("kills", List.of("survived", "golden"), count),
                count,
                image,
                folder,
                this::start);
        case POWER_LOSS -> {
          PowerLoss losses = new PowerLoss(installation, image);
          yield flyParts(
              planned,
              new RunTally("cuts", List.of("survived"), count),
              count,
              image,
              folder,
              losses::fly);
        }
        case HOSTILE -> flyHostile(planned.get(0), count, image, folder);
        default -> fly(planned, image, folder);
      };
    }
  }

  /** What a campaign leaves anew it removes first: only in a folder that is a campaign's. */
  static void makeFolder(Path folder) throws SetupException {
    try {
      if (PlanCheck.holdsAnything(folder) && !Files.exists(folder.resolve(LOCK))) {
        throw new SetupException(
            "--out: " + folder + " is not empty, and holds no campaign; name a new folder");
      }
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new SetupException("--out: " + folder + " cannot be made: " + IoReason.of(e));
    }
  }

  private int fly(List<Planned> planned, String image, Path folder)
      throws IOException, InterruptedException {
    JsonArray flights = new JsonArray();
    int passed = 0;
    int failed = 0;
    int setup = 0;
    for (Planned flight : planned) {
      JsonObject row = fly(flight, image);
      flights.add(row);
      String outcome = JsonFiles.text(row, "outcome");
      passed += outcome.equals("passed") ? 1 : 0;
      failed += outcome.equals("failed") ? 1 : 0;
      setup += outcome.equals("not_flown") ? 1 : 0;
      System.out.printf(
          "%-10s %s%s%n",
          outcome,
          flight.name(),
          JsonFiles.text(row, "why").isEmpty()
              ? ""
              : ": " + TerminalText.line(JsonFiles.text(row, "why")));
      write(folder, image, flights, planned.size(), passed, failed, setup);
    }
    System.out.printf(
        "%d flights: %d passed, %d failed, %d not flown; %s%n",
        planned.size(), passed, failed, setup, folder.resolve("summary.json"));
    return setup > 0 ? 2 : failed > 0 ? 1 : 0;
  }

  /** Parts of a campaign with so many runs in all, with seeds that follow on. */
  static List<Planned> parts(String name, Path folder, int count, int most, long seed) {
    List<Planned> planned = new ArrayList<>();
    for (int done = 0; done < count; done += most) {
      long own = seed + planned.size();
      planned.add(
          new Planned(
              name + own,
              Optional.empty(),
              Math.min(most, count - done),
              own,
              folder.resolve(name + own)));
    }
    return List.copyOf(planned);
  }

  /** How a part is flown; the answer is an exit code. */
  private interface Part {
    int fly(Planned planned) throws SetupException, IOException, InterruptedException;
  }

  private int flyParts(
      List<Planned> planned, RunTally tally, int count, String image, Path folder, Part part)
      throws SetupException, IOException, InterruptedException {
    for (Planned one : planned) {
      int code = 0;
      if (fresh || !one.done(image)) {
        RunFolder.removeTree(one.folder());
        code = part.fly(one);
      }
      tally.add(one.name(), one.runs(), one.seed(), one.folder(), code);
      System.out.println(TerminalText.line(tally.last()));
      JsonObject summary = head(tally.passed(), count, image);
      tally.addTo(summary);
      write(folder, summary);
    }
    System.out.println(tally + "; " + folder.resolve("summary.json"));
    return tally.exitCode();
  }

  /** One flight, however many frames. */
  private int flyHostile(Planned flight, int frames, String image, Path folder)
      throws IOException, InterruptedException {
    Path file = flight.folder().resolve("summary.json");
    int code = 0;
    if (fresh
        || !flight.done(image)
        || JsonFiles.whole(JsonFiles.object(file).orElseThrow(), "frames") != frames) {
      RunFolder.removeTree(flight.folder());
      code = start(flight, List.of("hostile", "--hostile-frames", Integer.toString(frames)));
    }
    Optional<JsonObject> flown = JsonFiles.object(file);
    boolean passed = flown.isPresent() && flown.get().get("passed").getAsBoolean();
    JsonObject summary = head(passed, frames, image);
    JsonObject outcomes = new JsonObject();
    JsonObject seen = flown.map(one -> JsonFiles.child(one, "seen")).orElseGet(JsonObject::new);
    outcomes.addProperty("executed", JsonFiles.whole(seen, "executed"));
    outcomes.addProperty("refused", JsonFiles.whole(seen, "counted_by_satellite"));
    outcomes.addProperty("refused_by_ground", JsonFiles.whole(seen, "counted_by_ground"));
    outcomes.addProperty("not_flown", flown.isPresent() ? 0 : frames);
    summary.add("outcomes", outcomes);
    summary.add("seen", seen);
    flown.ifPresent(one -> summary.add("violations", one.get("violations")));
    write(folder, summary);
    System.out.printf(
        "%d hostile frames: %s; %s%n",
        frames,
        flown.isPresent()
            ? (passed ? "passed" : "failed") + " " + outcomes
            : "not flown, exit code " + code + ", see " + flight.folder() + ".log",
        folder.resolve("summary.json"));
    return flown.isEmpty() ? 2 : passed ? 0 : 1;
  }

  private List<Planned> plan(Installation installation, Path folder, int runs)
      throws SetupException, IOException {
    Path from = scenarios == null ? installation.home().resolve("hil/scenarios") : scenarios;
    if (!Files.isDirectory(from)) {
      throw new SetupException("--scenarios: there is no folder " + from);
    }
    List<Path> files;
    try (Stream<Path> all = Files.list(from)) {
      files = all.filter(file -> file.toString().endsWith(SUFFIX)).sorted().toList();
    }
    List<Planned> planned = new ArrayList<>();
    List<String> known = new ArrayList<>();
    for (Path file : files) {
      String name = String.valueOf(file.getFileName());
      name = name.substring(0, name.length() - SUFFIX.length());
      known.add(name);
      if (!only.isEmpty() && !only.contains(name)) {
        continue;
      }
      for (int run = 0; run < runs; run++) {
        String flight = runs == 1 ? name : name + "-" + (seed + run);
        planned.add(new Planned(flight, Optional.of(file), 0, seed + run, folder.resolve(flight)));
      }
    }
    for (String name : only) {
      if (!known.contains(name)) {
        throw new SetupException("--only: there is no scenario " + name + " in " + from);
      }
    }
    if (planned.isEmpty()) {
      throw new SetupException("there is no scenario in " + from);
    }
    return planned;
  }

  private JsonObject fly(Planned flight, String image) throws IOException, InterruptedException {
    Path summary = flight.folder().resolve("summary.json");
    int code = 0;
    if (fresh || !flight.done(image)) {
      RunFolder.removeTree(flight.folder());
      byte[] scenario = Files.readAllBytes(flight.scenario().orElseThrow());
      code = start(flight);
      if (Files.exists(summary)) {
        Files.write(flight.flown(), scenario);
      }
    }
    JsonObject row = new JsonObject();
    row.addProperty("scenario", flight.name());
    row.addProperty("seed", flight.seed());
    Optional<JsonObject> found = JsonFiles.object(summary);
    if (found.isEmpty()) {
      row.addProperty("outcome", "not_flown");
      row.addProperty(
          "why",
          "exit code " + code + "; see " + flight.folder().resolveSibling(flight.name() + ".log"));
      return row;
    }
    boolean good = found.get().get("passed").getAsBoolean();
    row.addProperty("outcome", good ? "passed" : "failed");
    if (!good) {
      List<String> wrong = new ArrayList<>();
      for (JsonObject check : JsonFiles.children(found.get(), "checks")) {
        if (!check.get("passed").getAsBoolean()) {
          wrong.add(JsonFiles.text(check, "name") + " (" + JsonFiles.text(check, "detail") + ")");
        }
      }
      row.addProperty("why", String.join("; ", wrong));
    }
    row.add("duration_seconds", found.get().get("duration"));
    if (found.get().has("faults")) {
      row.add("faults", found.get().get("faults"));
    }
    return row;
  }

  /** Each flight is a process of its own, as if a user had typed it. */
  private int start(Planned flight) throws IOException, InterruptedException {
    return start(
        flight,
        flight.scenario().isPresent()
            ? List.of("mission", "--scenario", flight.scenario().get().toString())
            : List.of("kill", "--kills", Integer.toString(flight.runs())));
  }

  private int start(Planned flight, List<String> verb) throws IOException, InterruptedException {
    List<String> command =
        JavaCommand.of(
            List.of("heliostat.home=" + System.getProperty("heliostat.home")), Fly.class.getName());
    command.addAll(verb);
    command.addAll(
        List.of("--seed", Long.toString(flight.seed()), "--out", flight.folder().toString()));
    Path log = flight.folder().resolveSibling(flight.name() + ".log");
    Process process;
    synchronized (ending) {
      awaitEnd();
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      flying = process;
    }
    process.getOutputStream().close();
    int code = process.waitFor();
    synchronized (ending) {
      awaitEnd();
    }
    return code;
  }

  /** Once the campaign is being ended, no flight is started or judged any more. */
  private void awaitEnd() throws InterruptedException {
    while (over) {
      ending.wait();
    }
  }

  /** Ends the flight that is flying, and waits for it, so that its folder is free. */
  private void end() {
    Process last;
    synchronized (ending) {
      over = true;
      last = flying;
    }
    if (last == null) {
      return;
    }
    last.destroy();
    try {
      if (!last.waitFor(FLIGHT_ENDS_SECONDS, TimeUnit.SECONDS)) {
        System.err.println("the flight " + last.pid() + " does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void write(
      Path folder, String image, JsonArray flights, int planned, int passed, int failed, int setup)
      throws IOException {
    JsonObject summary = head(flights.size() == planned && passed == planned, planned, image);
    JsonObject outcomes = new JsonObject();
    outcomes.addProperty("passed", passed);
    outcomes.addProperty("failed", failed);
    outcomes.addProperty("not_flown", setup);
    summary.add("outcomes", outcomes);
    summary.add("flights", flights);
    write(folder, summary);
  }

  private JsonObject head(boolean passed, int runs, String image) {
    JsonObject summary = new JsonObject();
    summary.addProperty("kind", kind);
    summary.addProperty("passed", passed);
    summary.addProperty("runs", runs);
    summary.addProperty("seed", seed);
    summary.addProperty("image", image);
    return summary;
  }

  private static void write(Path folder, JsonObject summary) throws IOException {
    Path partial = folder.resolve("summary.json.partial");
    Files.writeString(partial, PRETTY.toJson(summary) + "\n");
    Files.move(partial, folder.resolve("summary.json"), StandardCopyOption.ATOMIC_MOVE);
  }
}
