package org.heliostat.tests.link;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.heliostat.core.recorder.Recorder.Priority;
import org.heliostat.hil.ground.RecordList;
import org.heliostat.tests.link.LinkMission.Window;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code ./fly campaign link}: one flight over many passes whose line does its worst, and then a
 * long one over the same line for what is left. Judged by {@link LinkJudge}.
 */
@Command(
    name = "link",
    mixinStandardHelpOptions = true,
    description = {
      "One flight over many short passes, through a proxy that delays, throttles, holds back and"
          + " cuts connections at random: every product arrives exactly once, in the order of worth"
          + " within a pass.",
      "Leaves target/campaigns/link/summary.json and the flight beside it.",
      "Exit code: 0 the promise was kept, 1 it was not, 2 wrong use or set-up."
    })
@SuppressWarnings("NullAway.Init") // picocli fills the fields
public final class LinkCampaign implements Callable<Integer> {
  /** 300 ms each way; three connections of ten are cut. */
  static final LineFaults LINE =
      new LineFaults(80_000, 20_000, 300_000_000L, 40_000_000L, 0.3, 0.25);

  private static final int MOST_PASSES = 200;
  private static final double FIRST_PASS_SECONDS = 16;
  private static final double PASS_SECONDS = 6;
  private static final double GAP_SECONDS = 1.5;

  /** Ahead of a pass in which they are known from its beginning. */
  private static final double MADE_AHEAD_SECONDS = 1.1;

  /** For what is left, and so much more for each pass. */
  private static final double DRAIN_SECONDS = 60;

  private static final double DRAIN_SECONDS_A_PASS = 3;
  private static final double SETTLE_SECONDS = 2;
  private static final int PRODUCTS_A_PASS = 24;
  private static final double LEAST_BYTES = 200;
  private static final double MOST_BYTES = 40_000;

  /** One product of each so many passes is larger than what a pass carries. */
  private static final int PASSES_A_LARGE_ONE = 5;

  private static final int LARGE_BYTES = 300_000;
  private static final int WINDOW_KIBIBYTES = 64;
  private static final int PART_BYTES = 16 * 1024;
  private static final String LOCK = ".lock";
  private static final Gson PRETTY =
      new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

  @Option(
      names = "--runs",
      paramLabel = "N",
      defaultValue = "20",
      description = "Passes. Default: ${DEFAULT-VALUE}.")
  private int runs;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "Seed of products and faults. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where the campaign leaves its files. Default: target/campaigns/link.")
  private @Nullable Path out;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  private LinkCampaign() {}

  /** Flies the campaign. */
  public static void main(String[] arguments) {
    CommandLine line = new CommandLine(new LinkCampaign());
    line.setExecutionExceptionHandler(
        (failure, command, parsed) -> {
          System.err.println("campaign link: " + failure);
          return 2;
        });
    System.exit(line.execute(arguments));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (runs < 1 || runs > MOST_PASSES) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "--runs is " + runs + ", not within 1 to " + MOST_PASSES);
    }
    Path home = Path.of(System.getProperty("heliostat.home", ".")).toAbsolutePath().normalize();
    Path folder = (out == null ? home.resolve("target/campaigns/link") : out).toAbsolutePath();
    if (!Files.exists(folder.resolve(LOCK)) && holdsAnything(folder)) {
      throw new CommandLine.ParameterException(
          spec.commandLine(),
          "--out: " + folder + " is not empty, and holds no campaign; name a new folder");
    }
    Files.createDirectories(folder);
    try (FileChannel channel =
            FileChannel.open(
                folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      if (lock == null) {
        throw new CommandLine.ParameterException(
            spec.commandLine(), "another campaign is flying into " + folder);
      }
      LinkFlight.remove(folder.resolve("flight"));
      return fly(home, folder);
    }
  }

  private static boolean holdsAnything(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return false;
    }
    try (Stream<Path> found = Files.list(folder)) {
      return found.findAny().isPresent();
    }
  }

  // ---- the plan

  static List<Window> windows(int passes) {
    List<Window> windows = new ArrayList<>();
    double begin = FIRST_PASS_SECONDS;
    for (int pass = 0; pass < passes; pass++) {
      windows.add(new Window(begin, PASS_SECONDS, LINE.downlinkRate()));
      begin += PASS_SECONDS + GAP_SECONDS;
    }
    windows.add(
        new Window(begin, DRAIN_SECONDS + passes * DRAIN_SECONDS_A_PASS, LINE.downlinkRate()));
    return windows;
  }

  static List<PlannedProduct> products(List<Window> windows, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<PlannedProduct> products = new ArrayList<>();
    for (int pass = 0; pass < windows.size() - 1; pass++) {
      long nanos = LinkMission.missionNanos(windows.get(pass).beginSeconds() - MADE_AHEAD_SECONDS);
      for (int i = 0; i < PRODUCTS_A_PASS; i++) {
        double bytes = LEAST_BYTES * Math.pow(MOST_BYTES / LEAST_BYTES, random.nextDouble());
        Priority priority =
            LinkMission.PRIORITIES.get(random.nextInt(LinkMission.PRIORITIES.size()));
        boolean interesting = random.nextInt(4) == 0;
        boolean large = i == 0 && pass % PASSES_A_LARGE_ONE == 0;
        products.add(
            new PlannedProduct(
                nanos,
                "p%d-%d".formatted(pass + 1, i),
                large ? LARGE_BYTES : (int) bytes,
                large ? Priority.PRODUCT : priority,
                large || interesting));
      }
    }
    products.sort(Comparator.comparing(PlannedProduct::missionNanos));
    return products;
  }

  // ---- the flight

  private int fly(Path home, Path folder) throws IOException, InterruptedException {
    Instant started = Instant.now();
    List<Window> windows = windows(runs);
    List<PlannedProduct> products = products(windows, seed);
    LinkFlight.Plan plan =
        new LinkFlight.Plan(
            home,
            folder.resolve("flight"),
            LinkMission.of(home, windows, WINDOW_KIBIBYTES),
            LinkMission.scenario(windows),
            products,
            LINE,
            1,
            seed);
    List<String> troubles = new ArrayList<>();
    List<LinkJudge.Pass> passes = new ArrayList<>();
    List<Integer> linesAfter = new ArrayList<>();
    try (LinkFlight flight = LinkFlight.start(plan)) {
      Thread hook = new Thread(flight::close, "end-of-campaign");
      Runtime.getRuntime().addShutdownHook(hook);
      if (!flight.awaitSeconds(windows.get(0).beginSeconds() - MADE_AHEAD_SECONDS)
          || !flight.says("APP_STARTED app products ")) {
        throw new IOException("the flight is not in operation at its first pass; see " + folder);
      }
      for (int pass = 0; pass < windows.size(); pass++) {
        boolean last = pass == windows.size() - 1;
        long cutsBefore = flight.proxy().deeds().cuts();
        boolean alive =
            last
                ? drain(flight, products.size(), windows.get(pass).endSeconds(), troubles)
                : flight.awaitSeconds(windows.get(pass + 1).beginSeconds() - 0.1);
        int lines = flight.lines("frames.jsonl").size();
        long cuts = flight.proxy().deeds().cuts() - cutsBefore;
        System.out.printf(
            Locale.ROOT,
            "pass %d%s: %d of %d products are down, %d cuts%n",
            pass + 1,
            last ? " (what is left)" : " of " + runs,
            lines,
            products.size(),
            cuts);
        linesAfter.add(lines);
        passes.add(
            new LinkJudge.Pass(LinkMission.missionNanos(windows.get(pass).beginSeconds()), cuts));
        if (!alive) {
          troubles.add("a process has ended in pass " + (pass + 1));
          break;
        }
      }
      Optional<JsonObject> status = flight.newest("link");
      if (!flight.end()) {
        troubles.add("a process did not end when it was asked to");
      }
      boolean unused = Runtime.getRuntime().removeShutdownHook(hook);
      return judge(home, folder, flight, products, passes, linesAfter, status, troubles, started);
    }
  }

  /** Until all products are down and the board has freed them; whether all processes live. */
  private boolean drain(LinkFlight flight, int products, double until, List<String> troubles)
      throws IOException, InterruptedException {
    while (flight.seconds() < until) {
      if (!flight.awaitSeconds(flight.seconds() + 0.5)) {
        return false;
      }
      if (flight.lines("frames.jsonl").size() >= products) {
        // what is still under way would show what comes twice
        return flight.awaitSeconds(flight.seconds() + SETTLE_SECONDS);
      }
    }
    troubles.add("what is left does not come down in the last pass");
    return true;
  }

  // ---- the verdict

  private int judge(
      Path home,
      Path folder,
      LinkFlight flight,
      List<PlannedProduct> products,
      List<LinkJudge.Pass> passes,
      List<Integer> linesAfter,
      Optional<JsonObject> status,
      List<String> troubles,
      Instant started)
      throws IOException {
    List<LinkJudge.Arrival> arrivals = new ArrayList<>();
    for (JsonObject line : flight.lines("frames.jsonl")) {
      int pass = 0;
      while (pass < linesAfter.size() - 1 && arrivals.size() >= linesAfter.get(pass)) {
        pass++;
      }
      arrivals.add(
          new LinkJudge.Arrival(
              line.get("id").getAsString(), line.get("record").getAsLong(), pass));
    }
    List<RecordedProduct> recorded = RecordedProduct.read(flight.data());
    LinkJudge judge =
        new LinkJudge(
            products,
            recorded,
            arrivals,
            RecordList.rows(flight.out().resolve("received.bin")),
            passes,
            new LinkJudge.Bounds(WINDOW_KIBIBYTES * 1024L, PART_BYTES));
    List<String> violations = new ArrayList<>(troubles);
    violations.addAll(judge.violations());
    JsonObject seen = seen(flight, judge, recorded, arrivals, passes.size(), status);
    if (seen.get("passes_with_products").getAsInt() * 2 < runs) {
      violations.add("products came down in fewer than half of the passes: nothing was tried");
    }
    JsonObject summary = new JsonObject();
    summary.addProperty("kind", "link");
    summary.addProperty("passed", violations.isEmpty());
    summary.addProperty("runs", runs);
    summary.addProperty("seed", seed);
    summary.addProperty(
        "image", Files.readString(home.resolve("payload-ai/target/image.digest")).strip());
    summary.addProperty("started", started.toString());
    LinkJudge.Outcomes found = judge.outcomes();
    JsonObject outcomes = new JsonObject();
    outcomes.addProperty("delivered", found.delivered());
    outcomes.addProperty("lost", found.lost());
    outcomes.addProperty("twice", found.twice());
    outcomes.addProperty("damaged", found.damaged());
    outcomes.addProperty("unknown", found.unknown());
    summary.add("outcomes", outcomes);
    summary.add("seen", seen);
    JsonArray wrong = new JsonArray();
    violations.forEach(wrong::add);
    summary.add("violations", wrong);
    Path partial = folder.resolve("summary.json.partial");
    Files.writeString(partial, PRETTY.toJson(summary) + "\n");
    Files.move(partial, folder.resolve("summary.json"), StandardCopyOption.ATOMIC_MOVE);
    violations.forEach(violation -> System.out.println("VIOLATED: " + violation));
    System.out.printf(
        "%d passes: %s %s; %s%n",
        runs, violations.isEmpty() ? "passed" : "failed", outcomes, folder.resolve("summary.json"));
    return violations.isEmpty() ? 0 : 1;
  }

  private static JsonObject seen(
      LinkFlight flight,
      LinkJudge judge,
      List<RecordedProduct> recorded,
      List<LinkJudge.Arrival> arrivals,
      int passes,
      Optional<JsonObject> status)
      throws IOException {
    JsonObject seen = new JsonObject();
    LinkProxy.Deeds deeds = flight.proxy().deeds();
    seen.addProperty("products", recorded.size());
    seen.addProperty("product_bytes", recorded.stream().mapToLong(RecordedProduct::bytes).sum());
    seen.addProperty(
        "passes_with_products", arrivals.stream().map(LinkJudge.Arrival::pass).distinct().count());
    seen.addProperty("connections", deeds.connections());
    seen.addProperty("cuts", deeds.cuts());
    seen.addProperty("cuts_in_message", deeds.cutsInMessage());
    seen.addProperty("ended_by_a_side", deeds.endings());
    seen.addProperty("late_ones", deeds.late());
    seen.addProperty("holds", deeds.holds());
    seen.addProperty("lost_bytes", deeds.lostBytes());
    seen.addProperty("downlink_bytes", flight.proxy().downlink().bytes());
    seen.addProperty("downlink_delivered_bytes", flight.proxy().downlink().delivered());
    seen.addProperty("uplink_bytes", flight.proxy().uplink().bytes());
    LinkJudge.Order all = judge.orderOfAll();
    long most = 0;
    for (int pass = 0; pass < passes; pass++) {
      most = Math.max(most, judge.order(pass).displacedBytes());
    }
    seen.addProperty("order_products", all.products());
    seen.addProperty("order_bytes", all.bytes());
    seen.addProperty("order_displaced_bytes", all.displacedBytes());
    seen.addProperty("order_displaced_most_in_a_pass", most);
    status.ifPresent(
        packet -> {
          seen.add("link", packet.get("link"));
        });
    JsonObject ground =
        JsonParser.parseString(Files.readString(flight.out().resolve("ground.json")))
            .getAsJsonObject();
    seen.add("ground", ground.get("link"));
    return seen;
  }
}
