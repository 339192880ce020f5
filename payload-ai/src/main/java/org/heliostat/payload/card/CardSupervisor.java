package org.heliostat.payload.card;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.heliostat.core.app.Services;
import org.heliostat.hal.CardReading;
import org.heliostat.payload.manager.PayloadEvent;
import org.heliostat.payload.model.ModelFolder;
import org.heliostat.payload.worker.WorkerMain;
import org.heliostat.protocol.CardConfig;
import org.heliostat.protocol.CardState;
import org.heliostat.protocol.CardStatus;
import org.heliostat.protocol.DeviceConfig;
import org.heliostat.protocol.FromWorker;
import org.heliostat.protocol.Infer;
import org.heliostat.protocol.LoadModel;
import org.heliostat.protocol.PayloadConfig;
import org.heliostat.protocol.ToWorker;

/**
 * Keeps the worker of one compute card alive and gives it work while the card is cool. A worker
 * that dies or hangs is killed and started anew, and its frame goes back to the queue; one that
 * dies too often puts its card in quarantine. A card whose rail is off, or that does not answer,
 * gets no worker; that its power went is held against nobody. One thread a card; {@link #status}
 * may be called from any.
 */
final class CardSupervisor implements Runnable {
  private static final int QUARANTINE_DEATHS = 5;
  private static final int QUARANTINE_SECONDS = 120;
  private static final long TAKE_MILLIS = 50;

  private final Services services;
  private final CardConfig config;
  private final DeviceConfig device;
  private final ModelFolder model;
  private final CardPool pool;
  private final HeatGate gate;
  private final Deque<Long> deaths = new ArrayDeque<>();
  private int deathsInARow;
  private volatile boolean closed;
  private volatile CardState state = CardState.STARTING;
  private final AtomicInteger restarts = new AtomicInteger();

  CardSupervisor(
      Services services, CardConfig config, DeviceConfig device, ModelFolder model, CardPool pool) {
    this.services = services;
    this.config = config;
    this.device = device;
    this.model = model;
    this.pool = pool;
    this.gate = new HeatGate(config);
  }

  String name() {
    return config.getName();
  }

  /** Whether this card may still take work, now or later. */
  boolean usable() {
    return state != CardState.DOWN && state != CardState.QUARANTINED;
  }

  void close() {
    closed = true;
  }

  CardStatus status() {
    CardStatus.Builder status =
        CardStatus.newBuilder()
            .setName(config.getName())
            .setState(state)
            .setRestarts(restarts.get());
    services
        .hardware()
        .card(config.getDevice())
        .ifPresent(
            reading ->
                status
                    .setCelsius((float) reading.temperatureCelsius())
                    .setWatts((float) reading.powerWatts())
                    .setUtilisation((float) reading.utilisation()));
    services
        .hardware()
        .power(config.getRailMonitor())
        .ifPresent(reading -> status.setRailWatts((float) reading.powerWatts()));
    services
        .hardware()
        .temperature(config.getTemperatureSensor())
        .ifPresent(reading -> status.setBaseplateCelsius((float) reading.celsius()));
    return status.build();
  }

  @Override
  public void run() {
    try {
      while (!closed && !services.hardware().opened()) {
        TimeUnit.MILLISECONDS.sleep(TAKE_MILLIS);
      }
      if (!services.hardware().hasCard(config.getDevice())) {
        down("its device cannot be opened");
        return;
      }
      while (!closed && usable()) {
        if (!powered() || services.hardware().card(config.getDevice()).isEmpty()) {
          // a card without power, or one that does not answer, has no worker
          state = CardState.CARD_OFF;
          TimeUnit.MILLISECONDS.sleep(TAKE_MILLIS);
          continue;
        }
        state = CardState.STARTING;
        runWorker();
      }
    } catch (InterruptedException e) {
      // the payload ends
      closed = true;
    } catch (RuntimeException e) {
      down("its supervisor failed: " + e);
    } finally {
      if (usable()) {
        state = CardState.DOWN;
      }
      pool.cardEnded();
    }
  }

  private void runWorker() throws InterruptedException {
    Path socket = WorkerProcess.socket(services.run());
    Optional<FrameJob> current = Optional.empty();
    try (WorkerProcess worker =
        WorkerProcess.start(
            command(socket),
            socket,
            services.data().resolve("worker-" + config.getName() + ".log"),
            startNanos())) {
      if (!loadModel(worker)) {
        return;
      }
      while (!closed) {
        if (!powered()) {
          withoutPower(Optional.empty());
          return;
        }
        OptionalDouble unused = lookAtHeat();
        if (worker.ended()) {
          died(worker.pid(), worker.end(), Optional.empty());
          return;
        }
        if (hung(worker)) {
          died(worker.pid(), "hangs", Optional.empty());
          return;
        }
        state = gate.open() ? CardState.IDLE : CardState.HOT;
        if (!gate.open()) {
          TimeUnit.MILLISECONDS.sleep(TAKE_MILLIS);
          continue;
        }
        current = pool.take(TAKE_MILLIS);
        if (current.isPresent()) {
          // the card may have become hot while it waited for work
          OptionalDouble celsius = lookAtHeat();
          if (!gate.open()) {
            pool.putBack(current.get());
          } else if (!infer(worker, current.get(), celsius.orElse(Double.NaN))) {
            return;
          }
          current = Optional.empty();
        }
      }
    } catch (IOException e) {
      died(0, "cannot be started: " + e.getMessage(), current);
    } catch (RuntimeException e) {
      current.ifPresent(job -> pool.giveBack(job.again(), config.getName() + " failed: " + e));
      throw e;
    }
  }

  private boolean loadModel(WorkerProcess worker) throws IOException, InterruptedException {
    worker.send(
        ToWorker.newBuilder()
            .setLoadModel(
                LoadModel.newBuilder()
                    .setModelPath(model.onnx().toString())
                    .setManifest(model.manifest()))
            .build());
    long start = System.nanoTime();
    while (!closed) {
      Optional<FromWorker> answer = worker.receive(TAKE_MILLIS);
      if (answer.isPresent()) {
        switch (answer.get().getBodyCase()) {
          case MODEL_LOADED -> {
            services
                .events()
                .report(
                    PayloadEvent.WORKER_STARTED,
                    config.getName(),
                    worker.pid(),
                    model.manifest().getId(),
                    answer.get().getModelLoaded().getMilliseconds());
            return true;
          }
          case HELLO -> {
            int spoken = answer.get().getHello().getProtocol();
            if (spoken != WorkerMain.PROTOCOL) {
              down(
                  "its worker speaks protocol "
                      + spoken
                      + ", this flight speaks "
                      + WorkerMain.PROTOCOL);
              return false;
            }
          }
          case REFUSED -> {
            String reason = answer.get().getRefused().getReason();
            services.events().report(PayloadEvent.MODEL_REFUSED, model.manifest().getId(), reason);
            down("model " + model.manifest().getId() + " refused: " + reason);
            return false;
          }
          default -> {}
        }
      } else if (!powered()) {
        withoutPower(Optional.empty());
        return false;
      } else if (worker.ended()) {
        died(worker.pid(), worker.end(), Optional.empty());
        return false;
      } else if (System.nanoTime() - start > startNanos()) {
        died(worker.pid(), "does not load its model in time", Optional.empty());
        return false;
      }
    }
    return false;
  }

  /** False when the worker is no longer fit for use. */
  private boolean infer(WorkerProcess worker, FrameJob job, double celsius)
      throws IOException, InterruptedException {
    state = CardState.BUSY;
    try {
      worker.send(
          ToWorker.newBuilder()
              .setInfer(
                  Infer.newBuilder()
                      .setJob(job.number())
                      .setFrame(job.frame().layout())
                      .setResultPath(job.result().toString()))
              .build());
    } catch (IOException e) {
      died(worker.pid(), worker.end(), Optional.of(job));
      return false;
    }
    long start = System.nanoTime();
    PayloadConfig payload = services.mission().getPayload();
    while (true) {
      Optional<FromWorker> answer = worker.receive(TAKE_MILLIS);
      if (answer.isPresent()) {
        FromWorker message = answer.get();
        if (message.hasInferred() && message.getInferred().getJob() == job.number()) {
          deathsInARow = 0;
          pool.finish(
              new JobResult.Done(
                  job, config.getName(), celsius, message.getInferred().getMilliseconds()));
          return true;
        }
        if (message.hasRefused() && message.getRefused().getJob() == job.number()) {
          String reason = message.getRefused().getReason();
          pool.finish(
              message.getRefused().getLater()
                  ? new JobResult.Postponed(job, reason)
                  : new JobResult.Declined(job, reason));
          return true;
        }
        continue;
      }
      OptionalDouble unused = lookAtHeat();
      if (closed) {
        return false;
      }
      if (!powered()) {
        withoutPower(Optional.of(job));
        return false;
      }
      if (worker.ended()) {
        died(worker.pid(), worker.end(), Optional.of(job));
        return false;
      }
      if (hung(worker) || System.nanoTime() - start > payload.getFrameDeadlineSeconds() * 1e9) {
        died(worker.pid(), "hangs", Optional.of(job));
        return false;
      }
    }
  }

  private boolean powered() {
    return services.hardware().powered(device);
  }

  /** Its rail went off: the worker goes, and nobody is to blame for it. */
  private void withoutPower(Optional<FrameJob> job) {
    state = CardState.CARD_OFF;
    services.events().report(PayloadEvent.CARD_UNPOWERED, config.getName());
    job.ifPresent(pool::putBack);
  }

  private long startNanos() {
    return (long) (services.mission().getPayload().getStartDeadlineSeconds() * 1e9);
  }

  private boolean hung(WorkerProcess worker) {
    return worker.silentNanos()
        > services.mission().getPayload().getHeartbeatDeadlineSeconds() * 1e9;
  }

  /** Opens or shuts the gate; the temperature that it went by, empty where there is none. */
  private OptionalDouble lookAtHeat() {
    Optional<CardReading> reading = services.hardware().card(config.getDevice());
    OptionalDouble celsius =
        reading.isPresent()
            ? OptionalDouble.of(reading.get().temperatureCelsius())
            : OptionalDouble.empty();
    double value = celsius.orElse(Double.NaN);
    switch (gate.look(celsius)) {
      case WENT_HOT ->
          services
              .events()
              .report(
                  PayloadEvent.CARD_HOT,
                  config.getName(),
                  value,
                  config.getWarmCelsius(),
                  config.getCoolCelsius());
      case WENT_COOL -> services.events().report(PayloadEvent.CARD_COOL, config.getName(), value);
      case WENT_BLIND -> services.events().report(PayloadEvent.CARD_BLIND, config.getName());
      case NONE -> {}
    }
    return celsius;
  }

  private void died(long pid, String how, Optional<FrameJob> job) {
    if (closed) {
      return;
    }
    state = CardState.STARTING;
    restarts.incrementAndGet();
    services.state().update(next -> next.setWorkerRestarts(next.getWorkerRestarts() + 1));
    services.events().report(PayloadEvent.WORKER_DIED, config.getName(), pid, how);
    if (job.isPresent()) {
      services
          .events()
          .report(PayloadEvent.FRAME_DELAYED, job.get().frame().id(), config.getName(), how);
      pool.giveBack(job.get().again(), "worker of " + config.getName() + " " + how);
    }
    long now = services.clock().hostNanos();
    deaths.addLast(now);
    while (now - deaths.getFirst() > QUARANTINE_SECONDS * 1_000_000_000L) {
      deaths.removeFirst();
    }
    // one that hangs at every start dies too slowly for the window, but does no work either
    if (deaths.size() >= QUARANTINE_DEATHS || ++deathsInARow >= QUARANTINE_DEATHS) {
      services
          .events()
          .report(
              PayloadEvent.CARD_QUARANTINED, config.getName(), deaths.size(), QUARANTINE_SECONDS);
      state = CardState.QUARANTINED;
    }
  }

  private void down(String reason) {
    pool.explain(reason);
    services.events().report(PayloadEvent.CARD_DOWN, config.getName(), reason);
    // last: whoever sees it has the reason and the event
    state = CardState.DOWN;
  }

  private List<String> command(Path socket) throws IOException {
    Path executable = services.image().resolve(config.getWorker());
    if (!Files.isExecutable(executable)) {
      throw new IOException(executable + " is not an executable file");
    }
    List<String> command = new ArrayList<>();
    command.add(executable.toString());
    command.addAll(config.getWorkerArgumentsList());
    command.addAll(
        List.of(
            "--card",
            config.getName(),
            "--socket",
            socket.toString(),
            "--driver",
            device.getDriver()));
    for (Map.Entry<String, String> parameter : device.getParametersMap().entrySet()) {
      command.add(String.format(Locale.ROOT, "%s=%s", parameter.getKey(), parameter.getValue()));
    }
    return command;
  }
}
