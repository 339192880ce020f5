package org.heliostat.core.telemetry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How long this process has lived, by the kernel's own count (proc(5): field 22 of {@code stat}, in
 * ticks of 10 ms since the host was started). Stateless.
 */
final class ProcessAge {
  private static final int START_FIELD = 19;
  private static final double TICKS_PER_SECOND = 100;

  private ProcessAge() {}

  /**
   * Age in s of the process that a folder such as {@code /proc/self} is about.
   *
   * @throws IOException where the host does not say
   */
  static double seconds(Path process, Path uptime) throws IOException {
    String stat = Files.readString(process.resolve("stat"));
    // the name of the program stands in brackets, and may hold anything
    String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
    String up = Files.readString(uptime).strip();
    try {
      return Double.parseDouble(up.split(" ", -1)[0])
          - Long.parseLong(fields[START_FIELD]) / TICKS_PER_SECOND;
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      throw new IOException("not what proc(5) describes: " + stat, e);
    }
  }
}
