package org.heliostat.tests.link;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.instrument.Instrumentation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.heliostat.core.app.App;
import org.heliostat.core.app.AppFailure;
import org.heliostat.core.app.Services;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.recorder.RecorderFault;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.Outcome;
import org.heliostat.protocol.Product;
import org.heliostat.protocol.RecordChecksum;
import org.heliostat.protocol.Thumbnail;

/**
 * Records products as {@code products.plan} has them, many and cheaply: what they carry cannot be
 * compressed. What is added to the plan is looked at when all before it is recorded. The flight
 * image does not have this app; it gets it as a JVM agent, which is how a class path is made longer
 * from outside.
 */
public final class ProductsApp implements App {
  private static final long STEP_NANOS = 20_000_000L;
  private static final int MOST_AT_ONCE = 100;
  private static final int MOST_BYTES_AT_ONCE = 2 << 20;

  private final Services services;
  private final Path log;
  private final Path plan;
  private final List<PlannedProduct> left = new ArrayList<>();
  private int planned;
  private long planBytes;

  /** As the mission file names it. */
  public ProductsApp(Services services) {
    this.services = services;
    this.log = services.data().resolve(RecordedProduct.FILE);
    this.plan = services.data().resolve(PlannedProduct.FILE);
    try {
      List<String> done = RecordedProduct.read(services.data()).stream().map(r -> r.id()).toList();
      readPlan();
      boolean unused = left.removeIf(product -> done.contains(product.id()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As an agent it only brings its classes. */
  public static void premain(String arguments, Instrumentation instrumentation) {}

  /** Takes what the plan has behind that which was read before. */
  private void readPlan() throws IOException {
    long bytes = Files.size(plan);
    if (bytes != planBytes) {
      List<PlannedProduct> all = PlannedProduct.read(services.data());
      left.addAll(all.subList(planned, all.size()));
      planned = all.size();
      planBytes = bytes;
    }
  }

  @Override
  public void step() throws AppFailure, InterruptedException {
    if (left.isEmpty()) {
      try {
        readPlan();
      } catch (IOException e) {
        throw new AppFailure("the plan of products does not read", e);
      }
    }
    long now = services.clock().missionNanos();
    List<PlannedProduct> due = new ArrayList<>();
    int bytes = 0;
    while (!left.isEmpty()
        && left.get(0).missionNanos() <= now
        && due.size() < MOST_AT_ONCE
        && bytes < MOST_BYTES_AT_ONCE) {
      bytes += left.get(0).bytes();
      due.add(left.remove(0));
    }
    if (due.isEmpty()) {
      services.board().sleepUntilNanos(now + STEP_NANOS);
      return;
    }
    record(due);
  }

  private void record(List<PlannedProduct> due) throws AppFailure {
    List<Recorder.Item> items =
        due.stream().map(one -> new Recorder.Item(one.priority(), body(one), 0)).toList();
    try {
      List<Long> ids = services.recorder().appendAll(items);
      List<String> lines = new ArrayList<>();
      for (int i = 0; i < ids.size(); i++) {
        byte[] body = items.get(i).body().toByteArray();
        lines.add(
            new RecordedProduct(
                    due.get(i).id(), ids.get(i), body.length, RecordChecksum.of(ids.get(i), body))
                .line());
      }
      Path unused = Files.write(log, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (RecorderFault | IOException e) {
      throw new AppFailure("products cannot be recorded", e);
    }
  }

  private Downlink body(PlannedProduct planned) {
    byte[] content = new byte[planned.bytes()];
    new SplittableRandom(planned.id().hashCode()).nextBytes(content);
    double west = planned.interesting() ? LinkMission.AREA_WEST + 1 : LinkMission.AREA_WEST - 20;
    return Downlink.newBuilder()
        .setProduct(
            Product.newBuilder()
                .setId(planned.id())
                .setFrameId(planned.id())
                .setAcquiredNanos(planned.missionNanos())
                .setOutcome(Outcome.DECLINED)
                .addAllBbox(List.of(west, 10.0, west + 1, 11.0))
                .setThumbnail(Thumbnail.newBuilder().setJpeg(ByteString.copyFrom(content))))
        .build();
  }

  @Override
  public void close() {
    // it has started nothing
  }
}
