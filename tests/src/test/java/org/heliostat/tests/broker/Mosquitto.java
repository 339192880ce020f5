package org.heliostat.tests.broker;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * Debian's mosquitto as a process of a test's own, on a free port of the loopback interface; the
 * machine's service is left alone. It takes no port 0, so one that is free now is tried, and
 * another one where somebody was faster.
 */
public final class Mosquitto implements AutoCloseable {
  private static final int TRIES = 5;
  private static final long DEADLINE_SECONDS = 20;

  private final Process process;
  private final int port;
  private final List<String> log;

  private Mosquitto(Process process, int port, List<String> log) {
    this.process = process;
    this.port = port;
    this.log = log;
  }

  /** Skips a test that wants it where it is nowhere. */
  public static void assumeInstalled() {
    Path unused = program();
  }

  private static Path program() {
    List<Path> places =
        Stream.of("/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto")
            .map(Path::of)
            .filter(Files::isExecutable)
            .toList();
    Assumptions.assumeFalse(
        places.isEmpty(), "mosquitto is not installed (Debian: the package mosquitto)");
    return places.get(0);
  }

  /**
   * Starts one.
   *
   * @param lines of its configuration, beside the port
   */
  public static Mosquitto start(Path folder, String... lines)
      throws IOException, InterruptedException {
    Path program = program();
    for (int attempt = 0; attempt < TRIES; attempt++) {
      int port;
      try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        port = free.getLocalPort();
      }
      List<String> config =
          new ArrayList<>(
              List.of(
                  "log_dest stderr",
                  "log_type all",
                  "persistence false",
                  "listener " + port + " 127.0.0.1",
                  "allow_anonymous true"));
      if ("root".equals(System.getProperty("user.name"))) {
        // else it becomes a user who may not read the test's folder
        config.add("user root");
      }
      config.addAll(List.of(lines));
      Path file = Files.createDirectories(folder).resolve("mosquitto-" + port + ".conf");
      Files.write(file, config);
      Process process =
          new ProcessBuilder(program.toString(), "-c", file.toString())
              .redirectErrorStream(true)
              .start();
      List<String> log = new ArrayList<>();
      if (runs(process, log)) {
        return new Mosquitto(process, port, log);
      }
      process.destroyForcibly();
    }
    throw new IOException("mosquitto does not start, see " + folder);
  }

  private static boolean runs(Process process, List<String> log) throws InterruptedException {
    CountDownLatch said = new CountDownLatch(1);
    Thread reader =
        new Thread(
            () -> {
              try (BufferedReader lines =
                  new BufferedReader(
                      new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                  synchronized (log) {
                    log.add(line);
                  }
                  if (line.endsWith(" running")) {
                    said.countDown();
                  }
                }
              } catch (IOException e) {
                // it is gone
              }
              said.countDown();
            },
            "mosquitto-log");
    reader.setDaemon(true);
    reader.start();
    return said.await(DEADLINE_SECONDS, TimeUnit.SECONDS) && process.isAlive();
  }

  public int port() {
    return port;
  }

  /** What it has said so far. */
  public String log() {
    synchronized (log) {
      return String.join("\n", log);
    }
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
