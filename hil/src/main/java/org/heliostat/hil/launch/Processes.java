package org.heliostat.hil.launch;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * The processes of one flight: those that were started here, and all that they started. Handles
 * know a process by its number and its start, so a number that is given anew is not mistaken.
 * Thread-safe.
 */
final class Processes {
  /** The rig's own disk is served through /dev/fuse. */
  private static final Pattern HARMLESS =
      Pattern.compile("/dev/(null|zero|full|u?random|tty|ptmx|pts/.*|shm/.*|fuse)");

  private final Path logs;
  private final Path temporary;
  private final Set<ProcessHandle> seen = ConcurrentHashMap.newKeySet();
  private final Set<String> devices = new ConcurrentSkipListSet<>();
  private boolean over;

  Processes(Path logs, Path temporary) {
    this.logs = logs;
    this.temporary = temporary;
  }

  /** Starts a process; what it says is appended to {@code <name>.log}. */
  synchronized Process start(String name, List<String> command, Map<String, String> environment)
      throws IOException {
    if (over) {
      throw new IOException("the flight is being ended");
    }
    ProcessBuilder builder = new ProcessBuilder(command);
    // native libraries leave files, too, and know nothing of java.io.tmpdir
    builder.environment().put("TMPDIR", temporary.toString());
    builder.environment().putAll(environment);
    builder.redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(logs.resolve(name + ".log").toFile()));
    Process process = builder.start();
    process.getOutputStream().close();
    seen.add(process.toHandle());
    return process;
  }

  /** Notes the processes that those of the flight have started since, and what they have open. */
  void look() {
    for (ProcessHandle handle : List.copyOf(seen)) {
      handle.descendants().forEach(seen::add);
    }
    for (ProcessHandle handle : seen) {
      if (handle.isAlive()) {
        noteDevices(handle.pid());
      }
    }
  }

  /**
   * Devices of the host, beyond those that any process may have open, that one of them had open.
   */
  List<String> devices() {
    return List.copyOf(devices);
  }

  private void noteDevices(long pid) {
    try (DirectoryStream<Path> open =
        Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "fd"))) {
      for (Path descriptor : open) {
        String file = Files.readSymbolicLink(descriptor).toString();
        if (file.startsWith("/dev/") && !HARMLESS.matcher(file).matches()) {
          devices.add(file);
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // the process, or what it had open, went while it was looked at; the next look comes soon
    }
  }

  /** Those that are alive. */
  List<ProcessHandle> alive() {
    look();
    return seen.stream().filter(ProcessHandle::isAlive).toList();
  }

  /** Asks a process to end, and makes it end when it does not; true when asking was enough. */
  boolean end(Process process, Duration patience) throws InterruptedException {
    look();
    process.destroy();
    if (process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
      return true;
    }
    process.destroyForcibly();
    boolean unused = process.waitFor(2, TimeUnit.SECONDS);
    return false;
  }

  /** Ends all of them, also those that do not want to, and starts no more. */
  synchronized void endAll(Duration patience) {
    over = true;
    look();
    List<ProcessHandle> all = new ArrayList<>(seen);
    all.forEach(ProcessHandle::destroy);
    await(all, patience);
    look();
    seen.stream().filter(ProcessHandle::isAlive).forEach(ProcessHandle::destroyForcibly);
    await(List.copyOf(seen), Duration.ofSeconds(2));
  }

  /** Waits until all are gone; workers end by themselves a moment after their flight. */
  List<ProcessHandle> awaitEnd(Duration patience) {
    await(List.copyOf(seen), patience);
    return alive();
  }

  private static void await(List<ProcessHandle> handles, Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    for (ProcessHandle handle : handles) {
      try {
        handle.onExit().get(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
      } catch (java.util.concurrent.TimeoutException | java.util.concurrent.ExecutionException e) {
        // who is still there is looked at afterwards
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
