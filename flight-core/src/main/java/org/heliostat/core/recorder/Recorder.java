package org.heliostat.core.recorder;

import java.io.FileDescriptor;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.heliostat.core.file.CheckedFile;
import org.heliostat.core.file.Disk;
import org.heliostat.protocol.Downlink;

/**
 * The durable store of all that waits for ground: append-only segments, a CRC-32C for each record,
 * group commit. What {@link #append} has returned for survives a kill or power loss at any byte; it
 * is freed by {@link #confirm} alone. Confirmations are not forced to disk: one that is lost makes
 * a record go to ground twice, where its number shows it. So it is with the note that an append was
 * given up: only where that is lost, too, does a record come back that nobody was promised.
 *
 * <p>Overflow policy: beyond the quota new data is refused with {@link RecorderFault.Kind#FULL}; a
 * reserve of one sixteenth is kept for {@link Priority#REPORT} and {@link Priority#ALERT}. A disk
 * that hangs ends in {@link RecorderFault.Kind#HUNG} within {@link Disk#DEADLINE_NANOS}; what is
 * known without the disk (what waits, how much) is given at once. Thread-safe.
 */
public final class Recorder implements AutoCloseable {
  /** Which record ground gets first. */
  public enum Priority {
    REPORT(0),
    ALERT(1),
    PRODUCT(2),
    ROUTINE(3),
    BULK(4);

    private final byte code;

    Priority(int code) {
      this.code = (byte) code;
    }
  }

  /** Largest record, in bytes. */
  public static final int MAX_RECORD_BYTES = 900_000;

  /** So many records are written together and forced by one call. */
  static final int DISK_THREADS = 8;

  private static final int MAGIC = 0x48535247; // HSRG
  private static final int SEGMENT_HEADER_BYTES = 16;
  // crc, length, kind, priority, id
  private static final int RECORD_HEADER_BYTES = 4 + 4 + 1 + 1 + 8;
  private static final Pattern SEGMENT_NAME = Pattern.compile("seg-[0-9]{10}\\.log");
  private static final byte DATA = 1;
  private static final byte CONFIRMATION = 2;
  // no recorder comes so far; what says more is damage
  private static final long MAX_ID = 1L << 62;

  private final Path folder;
  private final long segmentBytes;
  private final long quotaBytes;
  private final Deque<Segment> segments = new ArrayDeque<>();
  private final Map<Long, Entry> entries = new ConcurrentHashMap<>();
  private final ConcurrentSkipListMap<Rank, Entry> pending = new ConcurrentSkipListMap<>();
  private final Disk disk;
  private final Force force;
  private final List<Recovery> recoveries = new ArrayList<>();
  private final Object forcing = new Object();
  private long nextId = 1;
  private long nextSegment = 1;
  private long storedBytes;
  private final AtomicLong pendingBytes = new AtomicLong();
  private boolean closed;
  private long written;
  private long durable;

  /**
   * What was written up to here and not forced by then may be lost, whatever a later force says.
   */
  private volatile long doubtful;

  /** The last segment may have a hole, behind which a recovery finds nothing. */
  private boolean lastDoubtful;

  /** Brings what was written to a file onto the disk. */
  interface Force {
    void run(FileDescriptor file) throws IOException;
  }

  /** What recovery had to leave out of one segment. */
  public record Recovery(String segment, long droppedBytes) {}

  /** A record that ground has not confirmed. */
  public record Pending(long id, int bytes) {}

  private record Rank(byte priority, long id) implements Comparable<Rank> {
    @Override
    public int compareTo(Rank other) {
      int first = Byte.compare(priority, other.priority);
      return first != 0 ? first : Long.compare(id, other.id);
    }
  }

  private record Entry(long id, byte priority, Segment segment, long position, int length) {}

  private static final class Segment {
    private final Path path;
    private final RandomAccessFile file;
    private long size;
    private int live;

    private Segment(Path path, RandomAccessFile file) {
      this.path = path;
      this.file = file;
    }
  }

  private Recorder(Path folder, long segmentBytes, long quotaBytes, Disk disk, Force force) {
    this.disk = disk;
    this.force = force;
    this.folder = folder;
    this.segmentBytes = segmentBytes;
    this.quotaBytes = quotaBytes;
  }

  /**
   * Opens the recorder in a folder and recovers what stands there.
   *
   * @param segmentBytes size at which a segment is closed
   * @param quotaBytes size of all segments together beyond which data is refused
   */
  public static Recorder open(Path folder, long segmentBytes, long quotaBytes) throws IOException {
    return open(
        folder,
        segmentBytes,
        quotaBytes,
        new Disk("recorder-disk", DISK_THREADS, Disk.DEADLINE_NANOS),
        FileDescriptor::sync);
  }

  /** Opens the recorder on a disk that may be made to fail. */
  static Recorder open(Path folder, long segmentBytes, long quotaBytes, Disk disk, Force force)
      throws IOException {
    Files.createDirectories(folder);
    Recorder recorder = new Recorder(folder, segmentBytes, quotaBytes, disk, force);
    recorder.recover();
    return recorder;
  }

  /**
   * Stores a record; on return it is on disk.
   *
   * @return its number, which grows with every record and is never given twice
   */
  public long append(Priority priority, Downlink body) throws RecorderFault {
    byte[] payload = body.toByteArray();
    if (payload.length > MAX_RECORD_BYTES) {
      throw new RecorderFault(
          RecorderFault.Kind.TOO_LARGE, payload.length + " bytes, limit " + MAX_RECORD_BYTES);
    }
    Disk.Turn turn = new Disk.Turn();
    return onDisk(turn, () -> append(priority, payload, turn));
  }

  private long append(Priority priority, byte[] payload, Disk.Turn turn) throws RecorderFault {
    Entry entry;
    long mark;
    synchronized (this) {
      long reserve = priority.code <= Priority.ALERT.code ? 0 : quotaBytes / 16;
      if (storedBytes + payload.length > quotaBytes - reserve) {
        throw new RecorderFault(
            RecorderFault.Kind.FULL, storedBytes + " of " + quotaBytes + " bytes are taken");
      }
      Segment segment = write(DATA, priority.code, nextId, payload);
      entry =
          new Entry(nextId, priority.code, segment, segment.size - payload.length, payload.length);
      nextId++;
      keep(entry);
      mark = written;
    }
    try {
      force(mark);
    } catch (RecorderFault e) {
      // whoever appends will do so again
      forget(entry);
      throw e;
    }
    if (!turn.claim()) {
      // whoever appended it was told that it is not stored
      forget(entry);
      throw new RecorderFault(RecorderFault.Kind.HUNG, "stored too late");
    }
    offer(entry);
    return entry.id;
  }

  private <T> T onDisk(Disk.Turn turn, Callable<T> work) throws RecorderFault {
    try {
      return disk.call(turn, work);
    } catch (Disk.Hung e) {
      throw new RecorderFault(RecorderFault.Kind.HUNG, String.valueOf(e.getMessage()), e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RecorderFault fault) {
        throw fault;
      }
      throw new IllegalStateException("the recorder failed: " + e.getCause(), e);
    }
  }

  /**
   * Frees records that ground has; numbers that are not (or no longer) stored are ignored. On a
   * full disk they are freed all the same, so that room comes back; what could not be noted down is
   * sent once more after a restart.
   */
  public void confirm(Collection<Long> ids) throws RecorderFault {
    List<Long> received = List.copyOf(ids);
    boolean unused =
        onDisk(
            new Disk.Turn(),
            () -> {
              free(received);
              return true;
            });
  }

  private synchronized void free(Collection<Long> ids) throws RecorderFault {
    Optional<RecorderFault> fault = Optional.empty();
    for (long id : ids) {
      Entry entry = entries.get(id);
      if (entry == null || pending.remove(new Rank(entry.priority, id)) == null) {
        continue;
      }
      entries.remove(id);
      pendingBytes.addAndGet(-entry.length);
      entry.segment.live--;
      try {
        Segment unused = write(CONFIRMATION, entry.priority, id, new byte[0]);
      } catch (RecorderFault e) {
        fault = Optional.of(e);
      }
    }
    dropConfirmedSegments();
    if (fault.isPresent()) {
      throw fault.get();
    }
  }

  /** The first records that ground has not confirmed, by priority, then by age. */
  public List<Pending> pending(int count) {
    List<Pending> first = new ArrayList<>(Math.min(count, 64));
    for (Entry entry : pending.values()) {
      if (first.size() == count) {
        break;
      }
      first.add(new Pending(entry.id, entry.length));
    }
    return first;
  }

  /** Content of a record, checked; empty where it has been freed meanwhile. */
  public byte[] read(long id) throws RecorderFault {
    return onDisk(new Disk.Turn(), () -> fetch(id));
  }

  private synchronized byte[] fetch(long id) throws RecorderFault {
    Entry entry = entries.get(id);
    if (entry == null) {
      return new byte[0];
    }
    try {
      ByteBuffer bytes =
          read(
              entry.segment.file,
              RECORD_HEADER_BYTES + entry.length,
              entry.position - RECORD_HEADER_BYTES);
      int crc = bytes.getInt();
      if (crc != checksum(bytes.slice())) {
        throw new RecorderFault(RecorderFault.Kind.DISK, "record " + id + " is damaged on disk");
      }
      byte[] payload = new byte[entry.length];
      bytes.position(RECORD_HEADER_BYTES).get(payload);
      return payload;
    } catch (IOException e) {
      throw new RecorderFault(RecorderFault.Kind.DISK, e.toString(), e);
    }
  }

  /** Number of records that ground has not confirmed. */
  public int pendingRecords() {
    return pending.size();
  }

  /** Number of records of one priority that ground has not confirmed. */
  public int pendingRecords(Priority priority) {
    return pending
        .subMap(new Rank(priority.code, 0), new Rank((byte) (priority.code + 1), 0))
        .size();
  }

  /** Bytes of the records that ground has not confirmed. */
  public long pendingBytes() {
    return pendingBytes.get();
  }

  /** What could not be recovered when the recorder was opened; empty after a clean end. */
  public List<Recovery> recoveries() {
    return List.copyOf(recoveries);
  }

  @Override
  public void close() throws IOException {
    try {
      boolean unused =
          disk.call(
              new Disk.Turn(),
              () -> {
                finish();
                return true;
              });
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException failure ? failure : new IOException(e.getCause());
    }
  }

  private void finish() throws IOException {
    // nothing is written between the last force and the end: whoever finds the recorder closed
    // before its record was forced may take the record for forced
    synchronized (forcing) {
      synchronized (this) {
        if (closed) {
          return;
        }
        sync(segments.getLast());
        durable = written;
        closed = true;
        for (Segment segment : segments) {
          segment.file.close();
        }
        segments.clear();
        entries.clear();
      }
    }
  }

  // ---- writing

  /** Its segment stays from now on. */
  private void keep(Entry entry) {
    entries.put(entry.id, entry);
    entry.segment.live++;
  }

  /**
   * It may be sent from now on. Not before it is on disk: power loss would take it from here, and
   * its number would go to another record that ground then takes for this one. Takes no lock: its
   * caller has been promised an answer, and whoever holds the lock may wait for the disk.
   */
  private void offer(Entry entry) {
    pendingBytes.addAndGet(entry.length);
    pending.put(new Rank(entry.priority, entry.id), entry);
  }

  /**
   * Takes back a record that was written and not acknowledged. It is noted down like a
   * confirmation, for whoever appended it will do so again, and a restart would find both.
   */
  private synchronized void forget(Entry entry) {
    if (closed || entries.remove(entry.id) == null) {
      return;
    }
    entry.segment.live--;
    try {
      Segment unused = write(CONFIRMATION, entry.priority, entry.id, new byte[0]);
      dropConfirmedSegments();
    } catch (RecorderFault e) {
      // the append ends in its own fault; without this note the record comes back after a restart
    }
  }

  private Segment write(byte kind, byte priority, long id, byte[] payload) throws RecorderFault {
    if (closed) {
      throw new RecorderFault(RecorderFault.Kind.CLOSED, "the recorder is closed");
    }
    try {
      Segment segment = segments.getLast();
      if (lastDoubtful) {
        segment = openSegment();
        lastDoubtful = false;
      } else if (segment.size + RECORD_HEADER_BYTES + payload.length > segmentBytes
          && segment.size > SEGMENT_HEADER_BYTES) {
        sync(segment);
        segment = openSegment();
      }
      ByteBuffer bytes = ByteBuffer.allocate(RECORD_HEADER_BYTES + payload.length);
      bytes
          .putInt(0)
          .putInt(payload.length)
          .put(kind)
          .put(priority)
          .putLong(id)
          .put(payload)
          .flip();
      bytes.putInt(0, checksum(bytes.slice(4, bytes.limit() - 4)));
      try {
        segment.file.seek(segment.size);
        segment.file.write(bytes.array());
      } catch (IOException e) {
        // a part of the record may stand there; it must not be taken for one
        segment.file.setLength(segment.size);
        throw e;
      }
      long position = segment.size + bytes.limit();
      storedBytes += position - segment.size;
      segment.size = position;
      written++;
      return segment;
    } catch (IOException e) {
      throw new RecorderFault(RecorderFault.Kind.DISK, e.toString(), e);
    }
  }

  /** Threads that wait here while one forces find their record forced with it. */
  private void force(long mark) throws RecorderFault {
    try {
      forceUpTo(mark);
    } catch (IOException e) {
      throw new RecorderFault(RecorderFault.Kind.DISK, e.toString(), e);
    }
  }

  private void forceUpTo(long mark) throws IOException {
    synchronized (forcing) {
      if (mark <= doubtful) {
        // Linux reports a failed write to one force alone, and then takes the data for written
        throw new IOException("the disk has failed to force it");
      }
      if (durable >= mark) {
        return;
      }
      Segment last;
      long upTo;
      synchronized (this) {
        if (closed) {
          // forced when it was closed
          return;
        }
        last = segments.getLast();
        upTo = written;
      }
      sync(last);
      durable = upTo;
    }
  }

  private void sync(Segment last) throws IOException {
    try {
      force.run(last.file.getFD());
    } catch (IOException e) {
      synchronized (this) {
        doubtful = written;
        lastDoubtful = true;
      }
      throw e;
    }
  }

  private Segment openSegment() throws IOException {
    Path path = folder.resolve(String.format(Locale.ROOT, "seg-%010d.log", nextSegment));
    if (Files.exists(path)) {
      throw new IOException(path + " exists already");
    }
    RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
    try {
      ByteBuffer header =
          ByteBuffer.allocate(SEGMENT_HEADER_BYTES).putInt(MAGIC).putLong(nextId).putInt(0);
      header.putInt(12, checksum(header.slice(0, 12)));
      file.write(header.array());
      file.getFD().sync();
      CheckedFile.forceFolder(path);
    } catch (IOException e) {
      file.close();
      Files.deleteIfExists(path);
      throw e;
    }
    nextSegment++;
    Segment segment = new Segment(path, file);
    segment.size = SEGMENT_HEADER_BYTES;
    storedBytes += SEGMENT_HEADER_BYTES;
    segments.addLast(segment);
    return segment;
  }

  /** Oldest first only: a later segment may hold the confirmations of an earlier one. */
  private void dropConfirmedSegments() throws RecorderFault {
    while (segments.size() > 1 && segments.getFirst().live == 0) {
      Segment segment = segments.removeFirst();
      try {
        segment.file.close();
        Files.deleteIfExists(segment.path);
      } catch (IOException e) {
        throw new RecorderFault(RecorderFault.Kind.DISK, e.toString(), e);
      }
      storedBytes -= segment.size;
    }
  }

  // ---- recovery

  private void recover() throws IOException {
    List<Path> paths = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "seg-*.log")) {
      for (Path file : files) {
        // whatever else somebody put there is not ours
        if (SEGMENT_NAME.matcher(String.valueOf(file.getFileName())).matches()) {
          paths.add(file);
        }
      }
    }
    paths.sort(null);
    for (Path path : paths) {
      String name = path.getFileName().toString();
      nextSegment = Math.max(nextSegment, Long.parseLong(name.substring(4, 14)) + 1);
      recoverSegment(path, name);
    }
    openSegment();
    try {
      dropConfirmedSegments();
    } catch (RecorderFault e) {
      throw new IOException(e);
    }
  }

  private void recoverSegment(Path path, String name) throws IOException {
    RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
    long size = file.length();
    ByteBuffer header =
        size < SEGMENT_HEADER_BYTES
            ? ByteBuffer.allocate(SEGMENT_HEADER_BYTES)
            : read(file, SEGMENT_HEADER_BYTES, 0);
    if (header.getInt(0) != MAGIC
        || header.getInt(12) != checksum(header.slice(0, 12))
        || header.getLong(4) < 1
        || header.getLong(4) > MAX_ID) {
      // a segment is only written to after its header is on disk: nothing in this one was
      // acknowledged
      recoveries.add(new Recovery(name, size));
      file.close();
      Files.delete(path);
      return;
    }
    nextId = Math.max(nextId, header.getLong(4));
    Segment segment = new Segment(path, file);
    segments.addLast(segment);
    long position = SEGMENT_HEADER_BYTES;
    while (position + RECORD_HEADER_BYTES <= size) {
      int length = read(file, RECORD_HEADER_BYTES, position).getInt(4);
      if (length < 0
          || length > MAX_RECORD_BYTES
          || position + RECORD_HEADER_BYTES + length > size) {
        break;
      }
      ByteBuffer record = read(file, RECORD_HEADER_BYTES + length, position);
      if (record.getInt() != checksum(record.slice())) {
        break;
      }
      byte kind = record.get(8);
      byte priority = record.get(9);
      long id = record.getLong(10);
      // numbers only grow: one that stood before would be counted twice and freed once
      if (kind == DATA ? id < nextId || id > MAX_ID : kind != CONFIRMATION) {
        break;
      }
      if (kind == DATA) {
        Entry entry = new Entry(id, priority, segment, position + RECORD_HEADER_BYTES, length);
        keep(entry);
        offer(entry);
        nextId = Math.max(nextId, id + 1);
      } else {
        Entry entry = entries.remove(id);
        if (entry != null) {
          pending.remove(new Rank(entry.priority, id));
          entry.segment.live--;
          pendingBytes.addAndGet(-entry.length);
        }
      }
      position += RECORD_HEADER_BYTES + length;
    }
    if (position < size) {
      recoveries.add(new Recovery(name, size - position));
      file.setLength(position);
      file.getFD().sync();
    }
    segment.size = position;
    storedBytes += position;
  }

  private static ByteBuffer read(RandomAccessFile file, int length, long from) throws IOException {
    byte[] bytes = new byte[length];
    file.seek(from);
    file.readFully(bytes);
    return ByteBuffer.wrap(bytes);
  }

  private static int checksum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }
}
