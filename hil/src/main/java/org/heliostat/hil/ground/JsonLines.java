package org.heliostat.hil.ground;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.heliostat.hil.report.JsonFiles;

/**
 * A file of JSON objects, one a line, that only grows. A line that could not be written whole (a
 * full disk) is taken back, so that the file always ends with a whole line.
 *
 * <p>A force that failed says nothing about the next one: the system may have dropped what it could
 * not write. So lines are kept in memory until they are on disk, and are written again before the
 * next force; at most {@value #MOST_UNFORCED} bytes, then {@link #append} forces by itself. One
 * thread.
 */
final class JsonLines implements AutoCloseable {
  static final int MOST_UNFORCED = 8 << 20;

  private static final String RECORD = "record";
  private static final String CHECKSUM = "record_crc";

  private final FileChannel channel;

  /** The bytes from {@link #forced} to {@link #end}. */
  private ByteArrayOutputStream unforced = new ByteArrayOutputStream();

  private long forced;
  private long end;
  private boolean doubtful;

  private JsonLines(FileChannel channel, long end) {
    this.channel = channel;
    this.forced = end;
    this.end = end;
  }

  /** Opens a file for more lines, or makes it. */
  static JsonLines open(Path file) throws IOException {
    return open(ArchiveFiles.DISK.open(file));
  }

  /** Takes an open file over. What it holds is on disk then. */
  static JsonLines open(FileChannel channel) throws IOException {
    JsonLines lines = new JsonLines(channel, wholeLines(channel));
    channel.truncate(lines.end);
    channel.force(false);
    return lines;
  }

  /** Adds a line; it is durable after {@link #force}. */
  void append(JsonObject line) throws IOException {
    byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
    if (unforced.size() + bytes.length > MOST_UNFORCED) {
      force();
    }
    try {
      write(bytes, end);
    } catch (IOException e) {
      channel.truncate(end);
      throw e;
    }
    end += bytes.length;
    unforced.write(bytes, 0, bytes.length);
  }

  /** Adds a line of a record, which is named in it. */
  void append(JsonObject line, RecordList.Row row) throws IOException {
    line.addProperty(RECORD, row.number());
    line.addProperty(CHECKSUM, row.crc());
    append(line);
  }

  /** Bytes of all lines. */
  long bytes() {
    return end;
  }

  /** Brings all lines to disk; those of a force that failed, too. */
  void force() throws IOException {
    if (unforced.size() == 0) {
      return;
    }
    if (doubtful) {
      write(unforced.toByteArray(), forced);
    }
    doubtful = true;
    channel.force(false);
    doubtful = false;
    forced = end;
    unforced = new ByteArrayOutputStream();
  }

  /**
   * Records whose lines stand at the end and which are not listed: a station that was killed
   * between a line and the list has left them. Of at most {@value #MOST_UNFORCED} bytes, oldest
   * first; a line that does not name its record and checksum, or is damaged, is passed over.
   * Nothing is changed.
   */
  List<RecordList.Row> unlisted(Predicate<RecordList.Row> listed) throws IOException {
    long from = Math.max(0, end - MOST_UNFORCED);
    byte[] bytes = tail(from);
    Deque<RecordList.Row> rows = new ArrayDeque<>();
    for (int to = bytes.length, start; to > 0; to = start) {
      start = lineStart(bytes, to);
      Optional<RecordList.Row> row = row(bytes, start, to);
      if ((start == 0 && from > 0) || row.filter(listed).isPresent()) {
        break;
      }
      row.ifPresent(rows::addFirst);
    }
    return List.copyOf(rows);
  }

  /**
   * The lines at the end, oldest first, of at most {@value #MOST_UNFORCED} bytes; one that does not
   * read is left out.
   */
  List<JsonObject> newest() throws IOException {
    long from = Math.max(0, end - MOST_UNFORCED);
    String text = new String(tail(from), StandardCharsets.UTF_8);
    return text.lines()
        .skip(from > 0 ? 1 : 0)
        .map(JsonFiles::parse)
        .flatMap(Optional::stream)
        .toList();
  }

  private byte[] tail(long from) throws IOException {
    byte[] bytes = new byte[(int) (end - from)];
    ByteBuffer tail = ByteBuffer.wrap(bytes);
    while (tail.hasRemaining() && channel.read(tail, from + tail.position()) > 0) {
      // goes on until the tail is there
    }
    return Arrays.copyOf(bytes, tail.position());
  }

  private void write(byte[] bytes, long position) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      int unused = channel.write(buffer, position + buffer.position());
    }
  }

  /** Where the line begins that ends (with its end of line) before this place. */
  private static int lineStart(byte[] bytes, int to) {
    int start = to - 1;
    while (start > 0 && bytes[start - 1] != '\n') {
      start--;
    }
    return start;
  }

  private static Optional<RecordList.Row> row(byte[] bytes, int start, int to) {
    for (int at = start; at < to - 1; at++) {
      if (bytes[at] >= 0 && bytes[at] < ' ') {
        // no line has one: a power loss has left a hole
        return Optional.empty();
      }
    }
    String text = new String(bytes, start, to - start, StandardCharsets.UTF_8);
    if (!text.contains("\"" + CHECKSUM + "\":")) {
      return Optional.empty();
    }
    try {
      JsonObject line = JsonParser.parseString(text).getAsJsonObject();
      return line.has(RECORD) && line.has(CHECKSUM)
          ? Optional.of(
              new RecordList.Row(line.get(RECORD).getAsLong(), line.get(CHECKSUM).getAsInt()))
          : Optional.empty();
    } catch (JsonParseException | NumberFormatException | IllegalStateException e) {
      // not written by this class; left as it is
      return Optional.empty();
    }
  }

  @Override
  public void close() throws IOException {
    try {
      force();
    } finally {
      channel.close();
    }
  }

  /** Where the last whole line ends: a crash may have left half of one. */
  private static long wholeLines(FileChannel channel) throws IOException {
    ByteBuffer one = ByteBuffer.allocate(1);
    for (long at = channel.size(); at > 0; at--) {
      one.clear();
      if (channel.read(one, at - 1) == 1 && one.get(0) == '\n') {
        return at;
      }
    }
    return 0;
  }
}
