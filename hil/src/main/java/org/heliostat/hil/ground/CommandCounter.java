package org.heliostat.hil.ground;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The number of the last command, on disk before a command with it is sent. One thread. */
final class CommandCounter {
  private final Path file;
  private long last;

  CommandCounter(Path file) throws IOException {
    this.file = file;
    if (Files.exists(file)) {
      String text = Files.readString(file).strip();
      try {
        last = Long.parseLong(text);
      } catch (NumberFormatException e) {
        throw new IOException(file + " holds no number: " + text, e);
      }
    }
  }

  /** The next number; once given it is never given again. */
  long next() throws IOException {
    DurableFile.write(file, Long.toString(last + 1).getBytes(StandardCharsets.US_ASCII));
    last++;
    return last;
  }
}
