package org.heliostat.hil.rig;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;

/** A {@link FlightSide} process and its two ends. */
final class FlightProcess implements AutoCloseable {
  private static final Path NATIVE = Path.of("target", "native").toAbsolutePath();
  static final Path LIBC = NATIVE.resolve("libheliostat_rig_libc.so");
  static final Path NVML = NATIVE.resolve("libnvidia-ml.so.1");

  private final Process process;
  private final PrintWriter out;
  private final BufferedReader in;

  private FlightProcess(Process process) {
    this.process = process;
    this.out = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
    this.in =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /** Starts one on the world of a folder, and waits until it is ready. */
  static FlightProcess start(Path folder) throws IOException {
    FlightProcess flight = launch(folder, LIBC, NVML);
    assertThat(flight.answer()).isEqualTo("ready");
    return flight;
  }

  static FlightProcess launch(Path folder, Path libc, Path nvml) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+IgnoreUnrecognizedVMOptions",
            "--enable-native-access=ALL-UNNAMED",
            "-Xshare:auto",
            "-XX:TieredStopAtLevel=1",
            "-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"),
            "-Djna.tmpdir=" + System.getProperty("java.io.tmpdir"),
            "-Dheliostat.libc=" + libc,
            "-Dheliostat.nvml=" + nvml,
            "-cp",
            System.getProperty("java.class.path"),
            FlightSide.class.getName());
    builder.environment().put("HELIOSTAT_RIG_WORLD", folder.resolve("world").toString());
    builder.redirectError(new File(folder.toFile(), "stderr"));
    return new FlightProcess(builder.start());
  }

  Process process() {
    return process;
  }

  String answer() throws IOException {
    return Objects.requireNonNullElse(in.readLine(), "end of output");
  }

  String ask(String command) throws IOException {
    out.println(command);
    return answer();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
