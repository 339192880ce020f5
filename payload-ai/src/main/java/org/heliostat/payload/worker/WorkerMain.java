package org.heliostat.payload.worker;

import ai.onnxruntime.OrtException;
import java.io.EOFException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.heliostat.hal.Board;
import org.heliostat.hal.ComputeCard;
import org.heliostat.hal.HardwareFault;
import org.heliostat.protocol.FromWorker;
import org.heliostat.protocol.Heartbeat;
import org.heliostat.protocol.Hello;
import org.heliostat.protocol.Infer;
import org.heliostat.protocol.Inferred;
import org.heliostat.protocol.LoadModel;
import org.heliostat.protocol.ModelLoaded;
import org.heliostat.protocol.Refused;
import org.heliostat.protocol.ToWorker;
import org.jspecify.annotations.Nullable;

/**
 * The worker process of one compute card: opens the card through the HAL, connects to the flight
 * process, and infers what it is given until the socket closes; in mid-work too, since the flight
 * that follows has workers of its own. Arguments: {@code --card NAME --socket PATH --driver NAME
 * --threads N}, then the driver's parameters as {@code key=value}. Exit codes: 0 the socket closed,
 * 2 wrong use, 3 the card cannot be opened, 4 the flight process cannot be reached, 5 the worker
 * cannot go on.
 */
public final class WorkerMain {
  /** Version of the worker protocol. */
  public static final int PROTOCOL = 1;

  private static final long HEARTBEAT_MILLIS = 500;

  private final WorkerChannel<ToWorker, FromWorker> channel;
  private final int threads;
  private @Nullable OnnxModel model;

  private WorkerMain(WorkerChannel<ToWorker, FromWorker> channel, int threads) {
    this.channel = channel;
    this.threads = threads;
  }

  /** Runs the worker. */
  public static void main(String[] arguments) {
    Map<String, String> options = new HashMap<>();
    Map<String, String> parameters = new HashMap<>();
    for (int i = 0; i < arguments.length; i++) {
      int equals = arguments[i].indexOf('=');
      if (arguments[i].startsWith("--") && i + 1 < arguments.length) {
        options.put(arguments[i].substring(2), arguments[++i]);
      } else if (equals > 0) {
        parameters.put(arguments[i].substring(0, equals), arguments[i].substring(equals + 1));
      }
    }
    String card = options.getOrDefault("card", "");
    String socket = options.getOrDefault("socket", "");
    if (card.isEmpty() || socket.isEmpty()) {
      System.err.println(
          "usage: card-worker --card NAME --socket PATH --driver NAME --threads N [key=value ...]");
      System.exit(2);
    }
    int threads = Integer.parseInt(options.getOrDefault("threads", "1"));
    try (Board board = Board.open()) {
      ComputeCard device =
          board.device(ComputeCard.class, card, options.getOrDefault("driver", "nvml"), parameters);
      device.claim();
      System.exit(serve(card, Path.of(socket), threads));
    } catch (HardwareFault e) {
      System.err.println("card " + card + ": " + e.getMessage());
      System.exit(3);
    }
  }

  static int serve(String card, Path socket, int threads) {
    try (SocketChannel connection = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      WorkerMain worker =
          new WorkerMain(new WorkerChannel<>(connection, ToWorker.parser()), threads);
      try {
        worker.serve(card);
        return 0;
      } catch (EOFException e) {
        return 0;
      } catch (IOException e) {
        System.err.println("card " + card + ": " + e);
        return 5;
      }
    } catch (IOException e) {
      System.err.println("flight process at " + socket + ": " + e);
      return 4;
    }
  }

  private void serve(String card) throws IOException {
    channel.send(
        FromWorker.newBuilder()
            .setHello(
                Hello.newBuilder()
                    .setProtocol(PROTOCOL)
                    .setPid(ProcessHandle.current().pid())
                    .setCard(card))
            .build());
    Thread heart = new Thread(this::beat, "heartbeat");
    heart.setDaemon(true);
    heart.start();
    while (true) {
      ToWorker message = channel.receive();
      switch (message.getBodyCase()) {
        case LOAD_MODEL -> load(message.getLoadModel());
        case INFER -> infer(message.getInfer());
        case BODY_NOT_SET -> refuse(0, "unknown message");
      }
    }
  }

  private void beat() {
    try {
      for (long count = 1; true; count++) {
        channel.send(
            FromWorker.newBuilder().setHeartbeat(Heartbeat.newBuilder().setCount(count)).build());
        Thread.sleep(HEARTBEAT_MILLIS);
      }
    } catch (IOException | InterruptedException e) {
      // the socket has closed; the main thread may see it only after its frame, or never
      Runtime.getRuntime().halt(0);
    }
  }

  private void load(LoadModel request) throws IOException {
    long start = System.nanoTime();
    try {
      OnnxModel old = model;
      if (old != null) {
        model = null;
        old.close();
      }
      model = new OnnxModel(Path.of(request.getModelPath()), request.getManifest(), threads);
      channel.send(
          FromWorker.newBuilder()
              .setModelLoaded(
                  ModelLoaded.newBuilder()
                      .setModelId(request.getManifest().getId())
                      .setMilliseconds(millis(start)))
              .build());
    } catch (OnnxModel.Mismatch | OrtException e) {
      refuse(0, String.valueOf(e.getMessage()));
    }
  }

  private void infer(Infer request) throws IOException {
    long start = System.nanoTime();
    OnnxModel loaded = model;
    if (loaded == null) {
      refuse(request.getJob(), "no model is loaded");
      return;
    }
    try {
      int tiles = loaded.infer(request.getFrame(), Path.of(request.getResultPath()));
      channel.send(
          FromWorker.newBuilder()
              .setInferred(
                  Inferred.newBuilder()
                      .setJob(request.getJob())
                      .setMilliseconds(millis(start))
                      .setTiles(tiles))
              .build());
    } catch (OnnxModel.Mismatch | OrtException e) {
      refuse(request.getJob(), String.valueOf(e.getMessage()));
    } catch (IOException e) {
      // the frame or the result file; when it is the socket, sending this fails too
      refuse(request.getJob(), e.toString(), true);
    }
  }

  private void refuse(long job, String reason) throws IOException {
    refuse(job, reason, false);
  }

  private void refuse(long job, String reason, boolean later) throws IOException {
    channel.send(
        FromWorker.newBuilder()
            .setRefused(Refused.newBuilder().setJob(job).setReason(reason).setLater(later))
            .build());
  }

  private static float millis(long startNanos) {
    return (System.nanoTime() - startNanos) / 1e6f;
  }
}
