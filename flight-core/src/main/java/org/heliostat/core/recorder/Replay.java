package org.heliostat.core.recorder;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.heliostat.core.recorder.Recorder.Priority;

/**
 * Reads what is there when the recorder is opened. It believes what has a right checksum and fits
 * what stands before it, goes on behind all damage, and says what it could not read: once, for that
 * is noted down then.
 */
final class Replay {
  private static final Pattern SEGMENT_NAME = Pattern.compile("seg-[0-9]{10}\\.log");
  private static final int NUMBER_AT = 4;

  private final Folder folder;
  private final Segments segments;
  private final Index index;
  private final List<Damage> damages = new ArrayList<>();

  /** Bytes of damage that have been told of, by the number of the segment. */
  private final Map<Integer, Long> told = new HashMap<>();

  private final long highestId;
  private long nextId = 1;

  /** Bytes of a segment that do not read. */
  record Damage(String name, int segment, long bytes) {}

  /**
   * A file with frames in it.
   *
   * @param firstId no record that was stored first in it has a lower number
   * @param bytes that can be read of it
   * @param missing bytes that it should have beyond them
   * @param badHeader bytes of a header that does not read
   */
  private record Candidate(
      String name,
      Folder.OneFile file,
      int number,
      boolean fresh,
      long firstId,
      long bytes,
      long missing,
      long badHeader) {}

  /**
   * Nothing has been read yet.
   *
   * @param highestId no record has a higher number
   */
  Replay(Folder folder, Segments segments, Index index, long highestId) {
    this.highestId = highestId;
    this.folder = folder;
    this.segments = segments;
    this.index = index;
  }

  /** Reads all segments. */
  void run() throws IOException {
    List<Candidate> candidates = new ArrayList<>();
    List<String> names = new ArrayList<>(folder.list());
    names.sort(null);
    for (String name : names) {
      // whatever else somebody put there is not ours
      if (SEGMENT_NAME.matcher(name).matches()) {
        long number = Long.parseLong(name, NUMBER_AT, NUMBER_AT + 10, 10);
        if (number <= Segment.MAX_NUMBER) {
          look(name, (int) number).ifPresent(candidates::add);
        }
      }
    }
    candidates.sort(Comparator.comparingInt(Candidate::number));
    candidates.forEach(this::replay);
  }

  /** Damage that nobody has been told of. */
  List<Damage> damages() {
    List<Damage> fresh = new ArrayList<>();
    for (Damage damage : damages) {
      long bytes = damage.bytes - told.getOrDefault(damage.segment, 0L);
      if (bytes > 0) {
        fresh.add(new Damage(damage.name, damage.segment, bytes));
      }
    }
    return fresh;
  }

  /** No record has this number or a higher one. */
  long nextId() {
    return nextId;
  }

  // ---- files

  private Optional<Candidate> look(String name, int named) throws IOException {
    segments.numberSeen(named);
    Folder.OneFile file;
    long length;
    try {
      file = folder.open(name);
      length = file.size();
    } catch (IOException e) {
      // nobody knows how much is in it
      damages.add(new Damage(name, named, Segment.START));
      return Optional.empty();
    }
    ByteBuffer header = ByteBuffer.allocate(Segment.START);
    try {
      file.read(header, 0);
    } catch (IOException e) {
      // the disk cannot read it, and perhaps what is behind it
      header.clear();
    }
    header.flip();
    Optional<Segment.Label> label = Segment.label(header, highestId);
    if (label.isPresent()) {
      long bytes = Math.min(length, label.get().size());
      return Optional.of(
          new Candidate(
              name,
              file,
              label.get().number(),
              label.get().fresh(),
              label.get().firstId(),
              bytes,
              label.get().size() - bytes,
              0));
    }
    if (Segment.owner(header) == Segment.Owner.ANOTHER_VERSION) {
      // it may be that the other version is flown again
      damages.add(new Damage(name + ", which another version has written", named, length));
      file.close();
      return Optional.empty();
    }
    OptionalInt number = Scanner.newestSegment(file, length);
    if (number.isPresent()) {
      return Optional.of(
          new Candidate(name, file, number.getAsInt(), false, 1, length, 0, Segment.START));
    }
    long lost = new Scanner(file, named, 0, length).tail(true);
    if (lost > 0) {
      damages.add(new Damage(name, named, lost));
    }
    // nothing in it, or nothing yet: it was being made when the power went
    file.close();
    try {
      folder.delete(name);
    } catch (IOException e) {
      // looked at again at the next start
    }
    return Optional.empty();
  }

  // ---- frames

  private void replay(Candidate candidate) {
    Segment segment =
        new Segment(
            candidate.name, candidate.file, candidate.number, candidate.bytes, candidate.fresh);
    segments.numberSeen(segment.number);
    segments.found(segment);
    nextId = Math.max(nextId, candidate.firstId);
    Scanner scanner = new Scanner(candidate.file, candidate.number, Segment.START, candidate.bytes);
    while (scanner.next()) {
      if (!replay(segment, scanner)) {
        scanner.reject();
      }
    }
    segment.end = scanner.end();
    long bytes = candidate.badHeader + candidate.missing + scanner.tail(candidate.fresh);
    for (Scanner.Damage damage : scanner.damages()) {
      bytes += damage.bytes();
    }
    if (bytes > 0) {
      damages.add(new Damage(candidate.name, candidate.number, bytes));
    }
  }

  /** False where it cannot have been written so. */
  private boolean replay(Segment segment, Scanner scanner) {
    Frame.Header header = scanner.header();
    return switch (header.kind()) {
      case DATA, COPY -> record(segment, scanner.position(), header);
      case CONFIRMED, FREED -> {
        ByteBuffer ids = scanner.payload();
        while (ids.remaining() >= Long.BYTES) {
          index.get(ids.getLong()).ifPresent(entry -> end(entry, header.kind()));
        }
        yield true;
      }
      case DAMAGE -> {
        ByteBuffer payload = scanner.payload();
        if (payload.remaining() == 2 * Long.BYTES) {
          int number = (int) payload.getLong();
          told.merge(number, payload.getLong(), Long::sum);
        }
        yield true;
      }
    };
  }

  private boolean record(Segment segment, long position, Frame.Header header) {
    long id = header.id();
    Optional<Priority> priority = Priority.of(header.priority());
    // numbers only grow: one that stood before would be counted twice and freed once
    boolean first = header.kind() == Frame.Kind.DATA;
    if (priority.isEmpty() || id < (first ? nextId : 1) || id > highestId) {
      return false;
    }
    Optional<Index.Entry> before = index.get(id);
    before.ifPresent(entry -> end(entry, Frame.Kind.FREED));
    segment.add(header.nanos());
    index.add(Index.Entry.of(header, priority.get(), segment, position));
    nextId = Math.max(nextId, id + 1);
    return true;
  }

  private void end(Index.Entry entry, Frame.Kind how) {
    index.remove(entry);
    if (how == Frame.Kind.FREED) {
      entry.segment().setGone(entry.position());
    }
  }
}
