package org.heliostat.core.recorder;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The files of the log, oldest first. They are given up in that order alone: a note about a record
 * stands in the same segment or a later one, so that it is never given up before the record. Owned
 * by the recorder's thread.
 */
final class Segments {
  /** Empty files that are kept for use. */
  private static final int MOST_FREE = 2;

  private final ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 16);
  private final Folder folder;
  private final long segmentBytes;
  private final long crowdedBytes;
  private final Deque<Segment> used = new ArrayDeque<>();
  private final Deque<Segment> free = new ArrayDeque<>();
  private int nextNumber = 1;
  private long usedBytes;

  /**
   * Without any file.
   *
   * @param segmentBytes length of a file
   * @param crowdedBytes length of all files in use, beyond which the oldest is to be given up
   */
  Segments(Folder folder, long segmentBytes, long crowdedBytes) {
    this.folder = folder;
    this.segmentBytes = segmentBytes;
    this.crowdedBytes = crowdedBytes;
  }

  /** Takes in a segment that was found, behind all others. */
  void found(Segment segment) {
    used.addLast(segment);
    usedBytes += segment.size;
  }

  /** From now on segments have higher numbers than this. */
  void numberSeen(int number) {
    nextNumber = Math.max(nextNumber, number + 1);
  }

  /**
   * Begins a segment, on disk before anything is written to it.
   *
   * @param bytes that a frame in it needs
   * @param firstId no record in it has a lower number
   */
  Segment next(int bytes, long firstId) throws IOException {
    long size = Math.max(segmentBytes, (long) Segment.START + bytes);
    if (size > segmentBytes) {
      return use(create(size, firstId));
    }
    try {
      if (!free.isEmpty()) {
        return use(reuse(firstId));
      }
    } catch (IOException e) {
      // it stays for another time; perhaps a new one can be made
    }
    try {
      return use(create(segmentBytes, firstId));
    } catch (IOException e) {
      // a full disk: what ground has makes room for what it has not
      if (!free.isEmpty() || !giveUpOldest() || free.isEmpty()) {
        throw e;
      }
      return use(reuse(firstId));
    }
  }

  /** Begins a segment in the oldest free file that takes a header. */
  private Segment reuse(long firstId) throws IOException {
    IOException failure = new IOException("no file is free");
    for (Segment old : free) {
      Segment segment = new Segment(old.name, old.file, nextNumber, old.size, false);
      try {
        segment.writeHeader(firstId);
        free.remove(old);
        return segment;
      } catch (IOException e) {
        // it may be there all the same
        nextNumber++;
        failure = e;
      }
    }
    throw failure;
  }

  private Segment use(Segment segment) {
    nextNumber++;
    found(segment);
    return segment;
  }

  private Segment create(long size, long firstId) throws IOException {
    String name = String.format(Locale.ROOT, "seg-%010d.log", nextNumber);
    Folder.OneFile file = folder.open(name);
    try {
      for (long at = 0; at < size; at += zeros.capacity()) {
        file.write(zeros.position(0).limit((int) Math.min(zeros.capacity(), size - at)), at);
      }
      Segment segment = new Segment(name, file, nextNumber, size, true);
      segment.writeHeader(firstId);
      file.force();
      folder.force();
      return segment;
    } catch (IOException e) {
      delete(name, file);
      throw e;
    }
  }

  /** Whether the files take so much that the oldest is to be given up. */
  boolean crowded() {
    return usedBytes > crowdedBytes && used.size() > 1;
  }

  /** The segment that has been there longest. */
  Segment oldest() {
    return used.getFirst();
  }

  /** The first segment from this number on with records of a span of mission time. */
  Optional<Segment> from(int number, long fromNanos, long toNanos) {
    return used.stream()
        .filter(
            segment ->
                segment.number >= number
                    && segment.lastNanos >= fromNanos
                    && segment.firstNanos <= toNanos)
        .findFirst();
  }

  /**
   * Gives up the oldest segment; false where a record in it waits for ground, or it is the last.
   */
  boolean giveUpOldest() {
    if (used.size() < 2 || oldest().live > 0) {
      return false;
    }
    Segment oldest = used.removeFirst();
    usedBytes -= oldest.size;
    boolean usable = oldest.size == segmentBytes;
    // a file holds what was in it until it is written over: the oldest must go first here, too
    while (free.size() > (usable ? MOST_FREE - 1 : 0)) {
      Segment old = free.removeFirst();
      delete(old.name, old.file);
    }
    if (usable) {
      free.addLast(oldest);
    } else {
      delete(oldest.name, oldest.file);
    }
    return true;
  }

  private void delete(String name, Folder.OneFile file) {
    try {
      file.close();
      folder.delete(name);
    } catch (IOException e) {
      // found again at the next start, as a segment of which everything has been freed
    }
  }

  /** Records that ground has and that could be sent once more. */
  long kept() {
    return used.stream().mapToLong(Segment::kept).sum();
  }

  /** Bytes of all files in use. */
  long bytes() {
    return usedBytes;
  }

  /** Closes all files; the first failure is thrown, when all have been tried. */
  void close() throws IOException {
    List<Segment> all = new ArrayList<>(used);
    all.addAll(free);
    Optional<IOException> failure = Optional.empty();
    for (Segment segment : all) {
      try {
        segment.file.close();
      } catch (IOException e) {
        failure = Optional.of(failure.orElse(e));
      }
    }
    if (failure.isPresent()) {
      throw failure.get();
    }
  }
}
