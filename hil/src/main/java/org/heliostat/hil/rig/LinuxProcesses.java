package org.heliostat.hil.rig;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Processes from {@code /proc/<pid>}, its {@code stat} and {@code fd}, see {@code proc(5)}. */
final class LinuxProcesses implements Processes {
  /** USER_HZ is 100 on every architecture that Linux runs Java on. */
  private static final long NANOS_PER_TICK = 10_000_000L;

  // Places after the name, which ends with the last ')'.
  private static final int STATE = 0;
  private static final int USER_TIME = 11;
  private static final int SYSTEM_TIME = 12;
  private static final int START_TIME = 19;

  private final Path proc;

  LinuxProcesses(Path proc) {
    this.proc = proc;
  }

  @Override
  public Optional<Usage> usage(long pid) {
    String line;
    try {
      line =
          new String(
              Files.readAllBytes(proc.resolve(Long.toString(pid)).resolve("stat")),
              StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return Optional.empty();
    }
    int name = line.lastIndexOf(')');
    String[] fields = name < 0 ? new String[0] : line.substring(name + 1).strip().split(" ", -1);
    if (fields.length <= START_TIME || fields[STATE].equals("Z") || fields[STATE].equals("X")) {
      return Optional.empty();
    }
    long ticks = Long.parseLong(fields[USER_TIME]) + Long.parseLong(fields[SYSTEM_TIME]);
    return Optional.of(new Usage(ticks * NANOS_PER_TICK, Long.parseLong(fields[START_TIME])));
  }

  @Override
  public boolean hasOpen(long pid, String ending) {
    try (Stream<Path> files = Files.list(proc.resolve(Long.toString(pid)).resolve("fd"))) {
      return files.anyMatch(file -> target(file).endsWith(ending));
    } catch (IOException | UncheckedIOException e) {
      // it has ended, or is another user's
      return false;
    }
  }

  private static String target(Path file) {
    try {
      return Files.readSymbolicLink(file).toString();
    } catch (IOException e) {
      // closed since the folder was read
      return "";
    }
  }

  @Override
  public boolean kill(long pid) {
    return ProcessHandle.of(pid).map(ProcessHandle::destroyForcibly).orElse(false);
  }

  /** kill -9 on all whose environment has this value of a variable, and may be looked at. */
  void killAllWith(String variable, String value) {
    String wanted = variable + "=" + value;
    ProcessHandle.allProcesses()
        .filter(process -> environment(process.pid()).contains(wanted))
        .forEach(ProcessHandle::destroyForcibly);
  }

  private List<String> environment(long pid) {
    try {
      byte[] bytes = Files.readAllBytes(proc.resolve(Long.toString(pid)).resolve("environ"));
      return List.of(new String(bytes, StandardCharsets.UTF_8).split("\0", -1));
    } catch (IOException e) {
      // it has ended, or is another user's
      return List.of();
    }
  }

  @Override
  public boolean pause(long pid) {
    return signal("STOP", pid);
  }

  @Override
  public boolean resume(long pid) {
    return signal("CONT", pid);
  }

  /** Java has no call for these; the shell of every Linux has. */
  private static boolean signal(String name, long pid) {
    if (pid <= 1) {
      return false;
    }
    try {
      Process kill =
          new ProcessBuilder("/bin/sh", "-c", "kill -" + name + " " + pid)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return kill.waitFor(2, TimeUnit.SECONDS) && kill.exitValue() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
