package org.heliostat.hil.ground;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The records that ground has, by number and checksum: a satellite that lost its recorder may begin
 * to count anew. Bounded; the oldest are forgotten first. One thread.
 */
public final class RecordList implements AutoCloseable {
  private static final int MOST = 1_000_000;
  private static final int ROW_BYTES = 12;

  /**
   * A record that ground has.
   *
   * @param crc of what was recorded
   */
  public record Row(long number, int crc) {}

  private final FileChannel channel;
  private final Set<Row> known =
      Collections.newSetFromMap(
          new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<Row, Boolean> eldest) {
              return size() > MOST;
            }
          });
  private final List<Row> unwritten = new ArrayList<>();
  private long end;

  private RecordList(FileChannel channel) {
    this.channel = channel;
  }

  /** What such a list holds, in the order of arrival; half a row at its end is left out. */
  public static List<Row> rows(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
    List<Row> rows = new ArrayList<>();
    while (bytes.remaining() >= ROW_BYTES) {
      rows.add(new Row(bytes.getLong(), bytes.getInt()));
    }
    return rows;
  }

  /** Opens the list; half a row at its end is dropped. */
  static RecordList open(Path file) throws IOException {
    return open(ArchiveFiles.DISK.open(file));
  }

  /** Takes an open list over. What it holds is on disk then. */
  static RecordList open(FileChannel channel) throws IOException {
    channel.force(false);
    RecordList list = new RecordList(channel);
    long rows = channel.size() / ROW_BYTES;
    list.end = Math.max(0, rows - MOST) * ROW_BYTES;
    ByteBuffer row = ByteBuffer.allocate(ROW_BYTES);
    while (list.end < rows * ROW_BYTES) {
      row.clear();
      if (channel.read(row, list.end) != ROW_BYTES) {
        break;
      }
      list.known.add(new Row(row.getLong(0), row.getInt(8)));
      list.end += ROW_BYTES;
    }
    return list;
  }

  boolean contains(Row row) {
    return known.contains(row);
  }

  /** Adds a record; on disk after {@link #force}. */
  void add(Row row) {
    if (known.add(row)) {
      unwritten.add(row);
    }
  }

  /** Brings all rows to disk; those of a force that failed are written again. */
  void force() throws IOException {
    if (unwritten.isEmpty()) {
      return;
    }
    ByteBuffer rows = ByteBuffer.allocate(unwritten.size() * ROW_BYTES);
    unwritten.forEach(row -> rows.putLong(row.number()).putInt(row.crc()));
    rows.flip();
    long position = end;
    // a row that did not fit, or was not forced, is written again, at the same place
    while (rows.hasRemaining()) {
      position += channel.write(rows, position);
    }
    channel.force(false);
    end = position;
    unwritten.clear();
  }

  @Override
  public void close() throws IOException {
    try {
      force();
    } finally {
      channel.close();
    }
  }
}
