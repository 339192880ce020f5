package org.heliostat.hil.launch;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What of a Java process's heap is in use: the bytes of the objects that something refers to. The
 * heap's size in telemetry holds what waits for a collection too, and in a short flight the old
 * generation is never collected. Asked of the JVM by the JDK's {@code jcmd}, for which the process
 * stops for one whole collection, some 20 ms. Stateless.
 */
final class LiveHeap {
  private static final long DEADLINE_SECONDS = 30;

  /** Most that is read of an answer: a line for each class, some thousands of them. */
  private static final int MOST_CHARS = 16 << 20;

  /** {@code Total <instances> <bytes>}, the last line of a histogram of classes. */
  private static final Pattern TOTAL = Pattern.compile("Total\\s+\\d{1,18}\\s+(\\d{1,18})\\s*");

  private LiveHeap() {}

  /**
   * Bytes of live objects of a process of this user.
   *
   * @throws IOException where the JVM does not say, or there is no {@code jcmd} beside this JVM
   */
  static long bytes(long pid) throws IOException {
    Process asking =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(pid),
                "GC.class_histogram")
            .redirectErrorStream(true)
            .start();
    CompletableFuture.delayedExecutor(DEADLINE_SECONDS, TimeUnit.SECONDS)
        .execute(asking::destroyForcibly);
    try (BufferedReader answer = asking.inputReader(StandardCharsets.UTF_8)) {
      return total(answer)
          .orElseThrow(
              () -> new IOException("process " + pid + " does not say what is on its heap"));
    } finally {
      asking.destroy();
    }
  }

  /** The bytes of the last line; empty where it is none of a histogram's. */
  static OptionalLong total(BufferedReader answer) throws IOException {
    OptionalLong total = OptionalLong.empty();
    long chars = 0;
    for (String line = answer.readLine();
        line != null && chars < MOST_CHARS;
        line = answer.readLine()) {
      chars += line.length();
      Matcher last = TOTAL.matcher(line);
      if (last.matches()) {
        total = OptionalLong.of(Long.parseLong(last.group(1)));
      }
    }
    return total;
  }
}
