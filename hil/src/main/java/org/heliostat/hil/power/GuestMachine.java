package org.heliostat.hil.power;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * One boot of the emulated guest ({@code hil/qemu/guest}) with a disk of its own: what it says on
 * its console, line by line, and its end, by {@code kill -9} mostly. Lines are whole: what a cut
 * left half is not given. One thread reads; {@link #kill} may come from another.
 */
final class GuestMachine implements AutoCloseable {
  /** How the script ends where something that the guest needs cannot be had. */
  static final int SKIPPED = 77;

  private final Process script;
  private final Path console;
  private final Path errors;
  private long taken;
  private String half = "";

  /**
   * Boots.
   *
   * @param work folder of the guest's kernel and console
   * @param disk socket that its disk is served at
   * @param command that runs in it
   */
  GuestMachine(Path script, Path work, Path disk, List<String> command) throws IOException {
    console = work.resolve("console.log");
    errors = work.resolve("errors.log");
    Files.deleteIfExists(console);
    List<String> all = new ArrayList<>(List.of(script.toString(), work.toString()));
    all.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(all);
    builder
        .environment()
        .putAll(Map.of("HELIOSTAT_GUEST_DISK", disk.toString(), "HELIOSTAT_GUEST_SECONDS", "600"));
    builder.redirectError(errors.toFile());
    builder.redirectOutput(work.resolve("output.log").toFile());
    this.script = builder.start();
    this.script.getOutputStream().close();
  }

  /** Lines that the guest has said since the last call, waiting a moment where there are none. */
  List<String> lines() throws IOException, InterruptedException {
    List<String> lines = newLines();
    if (lines.isEmpty()) {
      TimeUnit.MILLISECONDS.sleep(20);
      lines = newLines();
    }
    return lines;
  }

  private List<String> newLines() throws IOException {
    if (!Files.exists(console)) {
      return List.of();
    }
    byte[] fresh;
    try (RandomAccessFile file = new RandomAccessFile(console.toFile(), "r")) {
      long length = file.length();
      if (length <= taken) {
        return List.of();
      }
      fresh = new byte[(int) Math.min(length - taken, 1 << 20)];
      file.seek(taken);
      file.readFully(fresh);
      taken += fresh.length;
    }
    String text = half + new String(fresh, StandardCharsets.ISO_8859_1).replace("\r", "");
    int end = text.lastIndexOf('\n');
    half = text.substring(end + 1);
    return end < 0 ? List.of() : text.substring(0, end).lines().toList();
  }

  boolean running() {
    return script.isAlive();
  }

  /** Whether the guest could not be had; {@link #why} says what is missing. */
  boolean skipped() {
    return !script.isAlive() && script.exitValue() == SKIPPED;
  }

  /** The last that the script said on its standard error. */
  String why() {
    try {
      List<String> lines = Files.readAllLines(errors);
      return String.join("; ", lines.subList(Math.max(0, lines.size() - 4), lines.size()));
    } catch (IOException e) {
      return "its errors cannot be read: " + e;
    }
  }

  /** Kills the machine, and nothing else, at once. */
  void kill() {
    script
        .descendants()
        .filter(process -> process.info().command().orElse("").contains("qemu-system"))
        .forEach(ProcessHandle::destroyForcibly);
  }

  /** Waits until nothing of it is left. */
  void await() throws InterruptedException {
    if (!script.waitFor(20, TimeUnit.SECONDS)) {
      close();
    }
  }

  @Override
  public void close() {
    script.descendants().forEach(ProcessHandle::destroyForcibly);
    script.destroyForcibly();
  }
}
