package org.heliostat.tests.bench;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.heliostat.core.recorder.Recorder.Priority;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.LinkSeal;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.Mode;
import org.heliostat.protocol.Scenario;
import org.heliostat.protocol.SetMode;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.TakeFrames;
import org.heliostat.protocol.Telecommand;
import org.heliostat.tests.bench.BenchReport.Row;
import org.heliostat.tests.link.LineFaults;
import org.heliostat.tests.link.LinkFlight;
import org.heliostat.tests.link.LinkMission;
import org.heliostat.tests.link.LinkMission.Window;
import org.heliostat.tests.link.LinkProxy;
import org.heliostat.tests.link.PlannedProduct;
import org.heliostat.tests.link.RecordedProduct;

/**
 * What the link makes of its line: whole flights, whose bytes are counted at a socket between the
 * space link and the broker, beside a bare Paho client over a line of the same kind.
 */
final class LinkBench {
  /** Measures something and adds its rows. */
  private interface Rows {
    void add(Path home, BenchReport report) throws IOException, InterruptedException;
  }

  private static final Map<String, Rows> PARTS = new LinkedHashMap<>();

  static {
    PARTS.put("wire", LinkBench::wire);
    PARTS.put("capacity", LinkBench::capacity);
    PARTS.put("throughput", LinkBench::throughput);
    PARTS.put("seal", LinkBench::seal);
    PARTS.put("beacon", LinkBench::beacon);
  }

  /** The line of the rig's own default: 1 MB/s, 20 ms each way. */
  private static final LineFaults USUAL = new LineFaults(1e6, 1e6, 20_000_000L, 0, 0, 0);

  private static final int[] SIZES = {4 * 1024, 64 * 1024, 500 * 1024};
  private static final double FIRST_PASS_SECONDS = 16;
  private static final double MADE_AHEAD_SECONDS = 2;
  private static final int PART_BYTES = 16 * 1024;
  private static final int WINDOW_KIBIBYTES = 256;
  private static final long PASS_BYTES = 8_000_000;
  private static final double PASS_SECONDS = 14;
  private static final double GAP_SECONDS = 4;
  private static final double CAPACITY_SECONDS = 30;
  private static final long THROUGHPUT_BYTES = 24_000_000;

  private static final double SPEED = 60;
  private static final double ORBIT_SECONDS = 5_700;
  private static final double ORBITS = 1.05;
  private static final double FRAME_SECONDS = 230;
  private static final int FRAMES = 24;
  private static final double SETTLED_SECONDS = 1_500;

  private LinkBench() {}

  static Set<String> parts() {
    return PARTS.keySet();
  }

  /**
   * Measures.
   *
   * @param part one of the parts alone; empty for all of them
   */
  static void run(Path home, BenchReport report, String part)
      throws IOException, InterruptedException {
    for (Map.Entry<String, Rows> one : PARTS.entrySet()) {
      if (part.isEmpty() || part.equals(one.getKey())) {
        one.getValue().add(home, report);
      }
    }
  }

  // ---- flights

  private static LinkFlight fly(
      Path home, String name, List<Window> windows, List<PlannedProduct> products, LineFaults line)
      throws IOException, InterruptedException {
    Path out = home.resolve("target/bench/flights/link-" + name);
    LinkFlight.remove(out);
    LinkFlight flight =
        LinkFlight.start(
            new LinkFlight.Plan(
                home,
                out,
                LinkMission.of(home, windows, WINDOW_KIBIBYTES),
                LinkMission.scenario(windows),
                products,
                line,
                1,
                1));
    if (!flight.awaitSeconds(FIRST_PASS_SECONDS - MADE_AHEAD_SECONDS)
        || !flight.says("APP_STARTED app products ")) {
      flight.close();
      throw new IOException("the flight is not in operation at its first pass; see " + out);
    }
    return flight;
  }

  private static List<PlannedProduct> products(
      String name, double atSeconds, int size, long bytes) {
    List<PlannedProduct> products = new ArrayList<>();
    for (int i = 0; i < bytes / size; i++) {
      products.add(
          new PlannedProduct(
              LinkMission.missionNanos(atSeconds), name + "-" + i, size, Priority.PRODUCT, false));
    }
    return products;
  }

  private static long frames(LinkFlight flight) throws IOException {
    return flight.lines("frames.jsonl").size();
  }

  /** Waits until so many products are down; flight seconds of the moment. */
  private static double awaitProducts(LinkFlight flight, long count, double until)
      throws IOException, InterruptedException {
    while (frames(flight) < count) {
      if (flight.seconds() > until || !flight.awaitSeconds(flight.seconds() + 0.05)) {
        throw new IOException("products do not come down; see " + flight.out());
      }
    }
    return flight.seconds();
  }

  // ---- product bytes and bytes on the wire

  private static void wire(Path home, BenchReport report) throws IOException, InterruptedException {
    List<Window> windows = new ArrayList<>();
    List<PlannedProduct> products = new ArrayList<>();
    double begin = FIRST_PASS_SECONDS;
    for (int size : SIZES) {
      windows.add(new Window(begin, PASS_SECONDS, USUAL.downlinkRate()));
      products.addAll(products("s" + size, begin - MADE_AHEAD_SECONDS, size, PASS_BYTES));
      begin += PASS_SECONDS + GAP_SECONDS;
    }
    try (LinkFlight flight = fly(home, "wire", windows, products, USUAL)) {
      double bare = bareShare(flight);
      long down = 0;
      for (int i = 0; i < SIZES.length; i++) {
        if (!flight.awaitSeconds(windows.get(i).beginSeconds() - 0.2)) {
          throw new IOException("a process has ended; see " + flight.out());
        }
        long wireBefore = flight.proxy().downlink().bytes();
        long payloadBefore = payload(flight);
        long upBefore = flight.proxy().uplink().bytes();
        String prefix = "s" + SIZES[i] + "-";
        long count = products.stream().filter(one -> one.id().startsWith(prefix)).count();
        down += count;
        double unused = awaitProducts(flight, down, windows.get(i).endSeconds());
        long wire = flight.proxy().downlink().bytes() - wireBefore;
        long payload = payload(flight) - payloadBefore;
        long up = flight.proxy().uplink().bytes() - upBefore;
        long bytes =
            RecordedProduct.read(flight.data()).stream()
                .filter(one -> one.id().startsWith(prefix))
                .mapToLong(RecordedProduct::bytes)
                .sum();
        String size = SIZES[i] / 1024 + " KiB";
        String how =
            count
                + " products in one pass over 1 MB/s and 40 ms there and back, everything counted"
                + " that the satellite sends in it; beside a bare Paho client that publishes 16 KiB"
                + " at a time";
        report.add(
            new Row(
                "product bytes / bytes on the wire, products of " + size,
                (double) bytes / wire,
                "",
                bare,
                0.97,
                true,
                how));
        report.add(
            new Row(
                "product bytes / MQTT payload, products of " + size,
                (double) bytes / payload,
                "",
                Double.NaN,
                Double.NaN,
                how));
        report.add(
            new Row(
                "bytes up for each byte of product, products of " + size,
                (double) up / bytes,
                "",
                Double.NaN,
                Double.NaN,
                "receipts, and what MQTT and the connection cost; " + how));
      }
    }
  }

  private static long payload(LinkFlight flight) {
    return flight.proxy().downlink().payloadBytes(0) + flight.proxy().downlink().payloadBytes(1);
  }

  private static LinkProxy line(LinkFlight flight, LineFaults faults) throws IOException {
    int colon = flight.broker().lastIndexOf(':');
    return new LinkProxy(
        new InetSocketAddress(
            flight.broker().substring(0, colon),
            Integer.parseInt(flight.broker().substring(colon + 1))),
        faults,
        1);
  }

  private static double bareShare(LinkFlight flight) throws IOException, InterruptedException {
    try (LinkProxy line = line(flight, LineFaults.NONE);
        BarePublisher bare =
            new BarePublisher("tcp://127.0.0.1:" + line.port(), "tcp://" + flight.broker())) {
      long unused = bare.send(PASS_BYTES, PART_BYTES);
      return (double) PASS_BYTES / line.downlink().bytes();
    }
  }

  // ---- how much of a pass is used

  private static void capacity(Path home, BenchReport report)
      throws IOException, InterruptedException {
    for (int rate : new int[] {50_000, 200_000, 500_000}) {
      LineFaults line = USUAL.withRate(rate);
      List<Window> windows = List.of(new Window(FIRST_PASS_SECONDS, CAPACITY_SECONDS, rate));
      List<PlannedProduct> products =
          products(
              "c",
              FIRST_PASS_SECONDS - MADE_AHEAD_SECONDS,
              SIZES[1],
              (long) (rate * CAPACITY_SECONDS * 1.3));
      try (LinkFlight flight = fly(home, "capacity", windows, products, line)) {
        boolean unused = flight.awaitSeconds(windows.get(0).endSeconds() + 0.3);
        long sent = flight.proxy().downlink().bytes();
        long delivered = flight.proxy().downlink().delivered();
        if (frames(flight) >= products.size()) {
          throw new IOException("no backlog was left; see " + flight.out());
        }
        report.add(
            new Row(
                "share of the pass's capacity that is used, %d kB/s".formatted(rate / 1000),
                delivered / (rate * CAPACITY_SECONDS),
                "",
                Double.NaN,
                0.95,
                true,
                String.format(
                    Locale.ROOT,
                    "a pass of %.0f s with backlog to its end over a line of that rate and 40 ms"
                        + " there and back: %d bytes delivered, %d sent",
                    CAPACITY_SECONDS,
                    delivered,
                    sent)));
      }
    }
  }

  // ---- how fast it is

  private static void throughput(Path home, BenchReport report)
      throws IOException, InterruptedException {
    List<Window> windows = List.of(new Window(FIRST_PASS_SECONDS, 60, 0));
    List<PlannedProduct> products =
        products("t", FIRST_PASS_SECONDS - MADE_AHEAD_SECONDS, SIZES[1], THROUGHPUT_BYTES);
    try (LinkFlight flight = fly(home, "throughput", windows, products, LineFaults.NONE)) {
      double begin = awaitProducts(flight, 1, windows.get(0).endSeconds());
      long first = frames(flight);
      double end = awaitProducts(flight, products.size(), windows.get(0).endSeconds());
      double ours = (products.size() - first) * (double) SIZES[1] / (end - begin);
      double bare;
      try (LinkProxy line = line(flight, LineFaults.NONE);
          BarePublisher publisher =
              new BarePublisher("tcp://127.0.0.1:" + line.port(), "tcp://" + flight.broker())) {
        long warm = publisher.send(PASS_BYTES, PART_BYTES);
        bare = THROUGHPUT_BYTES / (publisher.send(THROUGHPUT_BYTES, PART_BYTES) / 1e9);
        System.out.printf(Locale.ROOT, "bare Paho, first 8 MB: %.2f s%n", warm / 1e9);
      }
      report.add(
          new Row(
              "products down, line without a limit",
              ours / 1e6,
              "MB/s",
              bare / 1e6,
              Double.NaN,
              "products of 64 KiB, read from the recorder, sealed, put together, durable in the"
                  + " catalogue and confirmed, with a window of 256 KiB; beside a bare Paho client"
                  + " that publishes 16 KiB at a time"));
    }
  }

  private static void seal(Path home, BenchReport report) throws IOException, InterruptedException {
    Map<String, String> found =
        Loops.run(Loops.flightFlags(home), Map.of(), SealLoops.class, "100", "16384");
    for (String size : List.of("100", "16384")) {
      report.add(
          new Row(
              "sealing a packet of " + size + " B",
              Loops.number(found, "seal_" + size),
              "us",
              Double.NaN,
              Double.NaN,
              "AES-256-GCM, "
                  + LinkSeal.OVERHEAD_BYTES
                  + " bytes more a packet; median of 21 rounds of 500, with the flight's JVM"
                  + " flags"));
    }
  }

  // ---- the beacon

  private static void beacon(Path home, BenchReport report)
      throws IOException, InterruptedException {
    Mission.Builder mission = LinkMission.standard(home).toBuilder();
    // of what is sent live, the beacon alone is to be counted
    mission.getHousekeepingBuilder().setDevicePeriodSeconds(86_400);
    Scenario.Builder scenario = Scenario.newBuilder().setName("orbit");
    scenario.getLinkBuilder().setRateBytesPerS(0).setDelayMs(0);
    scenario.getCameraBuilder().setIntervalS(FRAME_SECONDS);
    Path out = home.resolve("target/bench/flights/link-beacon");
    LinkFlight.remove(out);
    try (LinkFlight flight =
        LinkFlight.start(
            new LinkFlight.Plan(
                home,
                out,
                mission.build(),
                scenario.build(),
                List.of(),
                LineFaults.NONE,
                SPEED,
                1))) {
      boolean unused = flight.awaitSeconds(SETTLED_SECONDS);
      command(
          flight,
          Telecommand.newBuilder().setSetMode(SetMode.newBuilder().setMode(Mode.PAYLOAD)),
          Stage.COMPLETED);
      // frames are taken for as long as the flight goes on
      command(
          flight,
          Telecommand.newBuilder().setTakeFrames(TakeFrames.newBuilder().setCount(FRAMES)),
          Stage.STARTED);
      double begin = flight.seconds();
      long bytes = flight.proxy().downlink().publishBytes(0);
      long count = flight.proxy().downlink().publishes(0);
      if (!flight.awaitSeconds(begin + ORBITS * ORBIT_SECONDS)) {
        throw new IOException("a process has ended; see " + out);
      }
      bytes = flight.proxy().downlink().publishBytes(0) - bytes;
      count = flight.proxy().downlink().publishes(0) - count;
      boolean ended = flight.end();
      JsonObject ground =
          JsonParser.parseString(Files.readString(out.resolve("ground.json")))
              .getAsJsonObject()
              .getAsJsonObject("link");
      report.add(
          new Row(
              "beacon, bytes a cycle over an orbit",
              (double) bytes / count,
              "B",
              Double.NaN,
              ended ? 120 : 0,
              String.format(
                  Locale.ROOT,
                  "frame, seal and MQTT header of %d cycles in %.2f orbits of the default mission"
                      + " at %.0f times its speed, with %d frames taken; ground read %s of %s"
                      + " beacons of the whole flight and %s other live packets",
                  count,
                  ORBITS,
                  SPEED,
                  flight.lines("frames.jsonl").size(),
                  ground.get("beacons").getAsLong() - ground.get("beacons_not_read").getAsLong(),
                  ground.get("beacons"),
                  ground.get("housekeeping"))));
    }
  }

  private static void command(LinkFlight flight, Telecommand.Builder command, Stage wanted)
      throws IOException {
    List<CommandReport> stages = flight.command(command, wanted);
    CommandReport last = stages.get(stages.size() - 1);
    if (last.getStage() == Stage.FAILED) {
      throw new IOException("the command failed: " + last);
    }
  }
}
