package org.heliostat.core.app;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.heliostat.hal.Host;

/**
 * The JVM's own thread that stops all others, to collect garbage mostly. Whoever takes the
 * processor from it prolongs the pause of every flight thread, so it is to be as urgent as the most
 * urgent of them. Stateless.
 */
public final class VmThread {
  /** What HotSpot calls it, in proc(5). */
  private static final String NAME = "VM Thread";

  private VmThread() {}

  /**
   * Has it scheduled by SCHED_FIFO.
   *
   * @param tasks the threads of this process, {@code /proc/self/task}
   * @param priority 1 (lowest) to 99
   */
  public static Host.Answer schedule(Host host, Path tasks, int priority) {
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(tasks)) {
      for (Path thread : threads) {
        if (name(thread).equals(NAME)) {
          return host.schedule(Integer.parseInt(String.valueOf(thread.getFileName())), priority);
        }
      }
      return new Host.Answer(false, "there is no thread of that name");
    } catch (IOException | DirectoryIteratorException | NumberFormatException e) {
      return new Host.Answer(false, "it cannot be found: " + e);
    }
  }

  private static String name(Path thread) {
    try {
      return Files.readString(thread.resolve("comm")).strip();
    } catch (IOException e) {
      // it has ended meanwhile
      return "";
    }
  }
}
