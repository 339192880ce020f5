package org.heliostat.payload.manager;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.heliostat.core.app.App;
import org.heliostat.core.app.AppFactory;
import org.heliostat.core.app.AppFailure;
import org.heliostat.core.app.Services;
import org.heliostat.core.command.Commands;
import org.heliostat.core.command.Execution;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.recorder.RecorderFault;
import org.heliostat.hal.Camera;
import org.heliostat.hal.CameraFrame;
import org.heliostat.hal.HardwareFault;
import org.heliostat.payload.card.CardPool;
import org.heliostat.payload.card.FrameJob;
import org.heliostat.payload.card.JobResult;
import org.heliostat.payload.frame.Frame;
import org.heliostat.payload.frame.FrameFault;
import org.heliostat.payload.frame.FrameStore;
import org.heliostat.payload.model.ModelFolder;
import org.heliostat.payload.product.ProductMaker;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.FlightState;
import org.heliostat.protocol.FrameLayout;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.Mode;
import org.heliostat.protocol.Outcome;
import org.heliostat.protocol.PayloadConfig;
import org.heliostat.protocol.Product;
import org.heliostat.protocol.Telecommand.CommandCase;
import org.heliostat.protocol.TextFiles.BadTextFile;

/**
 * The payload manager, the main job of this spacecraft: takes frames from the camera, admits or
 * declines them, has a card infer them, makes each into a product, and lets go of a frame only when
 * its product is durable in the recorder. Every frame ends in exactly one product: inferred,
 * declined or failed, with the reason. Works in mode PAYLOAD; frames stay in the camera otherwise.
 */
public final class PayloadApp implements App {
  private static final long WAIT_MILLIS = 10;
  private static final long STORE_PAUSE_MILLIS = 200;
  private static final int MAX_COMMANDS = 64;

  private final Services services;
  private final PayloadConfig config;
  private final Admission admission;
  private final FrameStore store;
  private final ProductMaker products;
  private final CardPool cards;
  private final Consumer<Housekeeping.Builder> housekeeping;
  private final BlockingQueue<Request> requests = new ArrayBlockingQueue<>(MAX_COMMANDS);
  private final Deque<Request> running = new ArrayDeque<>();
  private final Map<String, CameraFrame> inFlight = new HashMap<>();
  private final Deque<Finished> unrecorded = new ArrayDeque<>();
  private long nextJob = 1;
  private Optional<CameraFrame> held = Optional.empty();
  private boolean rewound;
  private boolean cameraFailed;
  private boolean storeFailed;

  /** The first of {@link #unrecorded} is in the recorder and counted, but its state not on disk. */
  private boolean firstRecorded;

  /** A TAKE_FRAMES command on its way. */
  private static final class Request {
    private final int count;
    private final Execution execution;
    private int left;

    private Request(int count, Execution execution) {
      this.count = count;
      this.execution = execution;
      this.left = count;
    }
  }

  private record Finished(CameraFrame offered, Optional<Frame> frame, Product product) {}

  /** Offers the app as {@code payload}. */
  public static final class Factory implements AppFactory {
    @Override
    public String name() {
      return "payload";
    }

    @Override
    public App start(Services services) throws AppFailure {
      try {
        return new PayloadApp(
            services,
            ModelFolder.read(services.image().resolve(services.mission().getPayload().getModel())),
            new FrameStore(services.data().resolve("frames"), services.mission().getCamera()));
      } catch (BadTextFile e) {
        throw new AppFailure("model: " + e.getMessage(), e);
      } catch (IOException e) {
        throw new AppFailure("run folder: " + e, e);
      }
    }
  }

  PayloadApp(Services services, ModelFolder model, FrameStore store) throws IOException {
    this.services = services;
    this.config = services.mission().getPayload();
    this.store = store;
    this.admission = new Admission(config.getMinValidFraction(), model.manifest());
    this.products = new ProductMaker(model.manifest(), config.getThumbnail());
    this.cards = new CardPool(services, model);
    this.housekeeping = packet -> packet.addAllCards(cards.status());
    services.telemetry().contribute(housekeeping);
    services
        .commands()
        .handle(
            "payload",
            CommandCase.TAKE_FRAMES,
            (command, execution) -> takeFrames(command.getTakeFrames().getCount(), execution));
  }

  /** On the link's thread. */
  private void takeFrames(int count, Execution execution) {
    // each frame may cost its deadline, and longer commands are what they are
    execution.within(Commands.DEADLINE_SECONDS + count * config.getFrameDeadlineSeconds());
    if (services.modes().mode() != Mode.PAYLOAD) {
      execution.fail("frames are taken in mode PAYLOAD, the mode is " + services.modes().mode());
    } else if (!requests.offer(new Request(count, execution))) {
      execution.fail(MAX_COMMANDS + " commands are waiting already");
    }
  }

  @Override
  public void step() throws InterruptedException {
    Optional<Camera> camera =
        services.hardware().camera(services.mission().getCamera().getDevice());
    if (camera.isEmpty()) {
      refuseWithoutCamera();
      TimeUnit.MILLISECONDS.sleep(WAIT_MILLIS);
      return;
    }
    triggerCamera(camera.get());
    boolean took = services.modes().mode() == Mode.PAYLOAD && takeFrame(camera.get());
    Optional<JobResult> result = cards.finished(took ? 0 : WAIT_MILLIS);
    while (result.isPresent()) {
      finish(result.get());
      result = cards.finished(0);
    }
    record(camera.get());
  }

  private void refuseWithoutCamera() {
    if (services.hardware().opened()) {
      for (Request request = requests.poll(); request != null; request = requests.poll()) {
        request.execution.fail("the camera cannot be opened");
      }
    }
  }

  private void triggerCamera(Camera camera) {
    for (Request request = requests.poll(); request != null; request = requests.poll()) {
      try {
        camera.trigger(request.count);
        running.addLast(request);
      } catch (HardwareFault e) {
        request.execution.fail("camera: " + e.getMessage());
      }
    }
  }

  /** Takes the next frame from the camera; true when there was one. */
  private boolean takeFrame(Camera camera) throws InterruptedException {
    // back-pressure: beyond this the camera keeps its frames
    if (inFlight.size() + unrecorded.size() >= config.getMaxFramesInFlight()) {
      return false;
    }
    try {
      if (!rewound) {
        // what an earlier run of this app had in work is offered again
        camera.rewind();
        rewound = true;
      }
      Optional<CameraFrame> next = held.isPresent() ? held : camera.next();
      if (next.isEmpty()) {
        return false;
      }
      CameraFrame offered = next.get();
      if (services.state().get().getUnreleasedFramesList().contains(offered.id())) {
        // its product was durable before the last restart
        release(camera, offered);
        return true;
      }
      cameraFailed = false;
      admit(offered);
      return true;
    } catch (HardwareFault e) {
      if (!cameraFailed) {
        services.events().report(PayloadEvent.CAMERA_FAULT, camera.name(), e.getMessage());
      }
      cameraFailed = true;
      return false;
    }
  }

  private void admit(CameraFrame offered) throws InterruptedException {
    held = Optional.empty();
    try {
      Frame frame = store.take(offered);
      Optional<String> declined = admission.decline(frame);
      if (declined.isPresent()) {
        end(offered, Optional.of(frame), declined(frame, declined.get(), 0));
        return;
      }
      inFlight.put(frame.id(), offered);
      cards.submit(
          new FrameJob(nextJob++, frame, Path.of(frame.layout().getPath() + ".result"), 0));
    } catch (FrameFault e) {
      end(offered, Optional.empty(), declined(unread(offered), e.reason(), 0));
    } catch (IOException e) {
      // a full disk is not the frame's fault: it waits, and with it the camera
      held = Optional.of(offered);
      storeFault(offered.id(), String.valueOf(e.getMessage()));
    }
  }

  private void storeFault(String frame, String fault) throws InterruptedException {
    if (!storeFailed) {
      services.events().report(PayloadEvent.STORE_FAULT, frame, fault);
    }
    storeFailed = true;
    TimeUnit.MILLISECONDS.sleep(STORE_PAUSE_MILLIS);
  }

  private static Frame unread(CameraFrame offered) {
    return new Frame(
        offered.id(),
        offered.properties().getOrDefault("source", String.valueOf(offered.file().getFileName())),
        offered.file(),
        FrameLayout.getDefaultInstance(),
        0,
        List.of(),
        0,
        0);
  }

  private Product declined(Frame frame, String reason, int attempts) {
    services.events().report(PayloadEvent.FRAME_DECLINED, frame.id(), frame.source(), reason);
    return ProductMaker.without(frame, Outcome.DECLINED, reason, attempts);
  }

  private Product failed(Frame frame, String reason, int attempts) {
    services.events().report(PayloadEvent.FRAME_FAILED, frame.id(), frame.source(), reason);
    return ProductMaker.without(frame, Outcome.FRAME_FAILED, reason, attempts);
  }

  private void finish(JobResult result) throws InterruptedException {
    Frame frame = result.job().frame();
    if (result instanceof JobResult.Postponed postponed) {
      storeFault(frame.id(), postponed.reason());
      cards.submit(postponed.job());
      return;
    }
    int attempts = result.job().attempts();
    Product product;
    if (result instanceof JobResult.Done done) {
      Product made;
      try {
        made = products.inferred(done);
      } catch (IOException e) {
        made = failed(frame, "its product cannot be made: " + e.getMessage(), attempts + 1);
      }
      product = made;
    } else if (result instanceof JobResult.Declined declined) {
      product = declined(frame, declined.reason(), attempts);
    } else {
      product = failed(frame, ((JobResult.Failed) result).reason(), attempts);
    }
    CameraFrame offered = inFlight.remove(frame.id());
    if (offered != null) {
      end(offered, Optional.of(frame), product);
    }
    try {
      Files.deleteIfExists(result.job().result());
    } catch (IOException e) {
      services.events().report(PayloadEvent.STORE_FAULT, frame.id(), e.toString());
    }
  }

  private void end(CameraFrame offered, Optional<Frame> frame, Product product) {
    unrecorded.addLast(new Finished(offered, frame, product));
  }

  /**
   * Makes products durable, in order; one that the recorder cannot take waits, and so does the
   * camera.
   */
  private void record(Camera camera) throws InterruptedException {
    while (!unrecorded.isEmpty()) {
      Finished finished = unrecorded.getFirst();
      try {
        if (!firstRecorded) {
          long unused =
              services
                  .recorder()
                  .append(
                      Recorder.Priority.PRODUCT,
                      Downlink.newBuilder().setProduct(finished.product).build());
          services.state().update(next -> count(next, finished));
          firstRecorded = true;
        }
        services.state().save();
        firstRecorded = false;
        storeFailed = false;
      } catch (RecorderFault | IOException e) {
        storeFault(finished.offered.id(), String.valueOf(e.getMessage()));
        return;
      }
      unrecorded.removeFirst();
      release(camera, finished.offered);
      if (finished.frame.isPresent()) {
        try {
          store.drop(finished.frame.get());
        } catch (IOException e) {
          services.events().report(PayloadEvent.STORE_FAULT, finished.offered.id(), e.toString());
        }
      }
      countRequest();
    }
  }

  private static void count(FlightState.Builder next, Finished finished) {
    next.setFramesTaken(next.getFramesTaken() + 1);
    switch (finished.product.getOutcome()) {
      case INFERRED -> {
        next.setFramesInferred(next.getFramesInferred() + 1);
        next.setRawBytes(next.getRawBytes() + finished.product.getRawBytes());
      }
      case DECLINED -> next.setFramesDeclined(next.getFramesDeclined() + 1);
      default -> next.setFramesFailed(next.getFramesFailed() + 1);
    }
    next.addUnreleasedFrames(finished.offered.id());
  }

  private void release(Camera camera, CameraFrame offered) {
    try {
      camera.release(offered);
      services
          .state()
          .update(
              next -> {
                List<String> others =
                    next.getUnreleasedFramesList().stream()
                        .filter(id -> !id.equals(offered.id()))
                        .toList();
                next.clearUnreleasedFrames().addAllUnreleasedFrames(others);
              });
    } catch (HardwareFault e) {
      services.events().report(PayloadEvent.CAMERA_FAULT, camera.name(), e.getMessage());
    }
  }

  private void countRequest() {
    Request request = running.peekFirst();
    if (request != null && --request.left == 0) {
      running.removeFirst();
      request.execution.complete();
    }
  }

  @Override
  public void close() {
    services.telemetry().withdraw(housekeeping);
    cards.close();
    requests.drainTo(running);
    running.forEach(request -> request.execution.fail("the payload app ended"));
  }
}
