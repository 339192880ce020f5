package org.heliostat.hil.ground;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.heliostat.protocol.LinkSeal;

/**
 * The number of the last command. Numbers are reserved on disk, a block at a time, before one of
 * them is given, so that a restart gives none twice; it leaves out what is left of its block, which
 * a counter that only has to go forward allows. One thread.
 */
final class CommandCounter {
  private static final int BLOCK = 100;

  private final Path file;
  private long last;
  private long reserved;

  CommandCounter(Path file) throws IOException {
    this.file = file;
    if (Files.exists(file)) {
      String text = Files.readString(file).strip();
      try {
        last = Long.parseLong(text);
        reserved = last;
      } catch (NumberFormatException e) {
        throw new IOException(file + " holds no number: " + text, e);
      }
    }
  }

  /** Numbers up to this one are taken: the next one is above it. */
  void atLeast(long taken) {
    if (taken > last && taken <= LinkSeal.MOST_COUNTER) {
      last = taken;
      // numbers that were reserved and are not above it are not given either
      reserved = Math.max(reserved, taken);
    }
  }

  /** The next number; once given it is never given again. */
  long next() throws IOException {
    if (last >= LinkSeal.MOST_COUNTER) {
      throw new IOException("all numbers of commands have been given");
    }
    if (last >= reserved) {
      long next = last + Math.min(BLOCK, LinkSeal.MOST_COUNTER - last);
      DurableFile.write(file, Long.toString(next).getBytes(StandardCharsets.US_ASCII));
      reserved = next;
    }
    last++;
    return last;
  }
}
