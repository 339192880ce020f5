package org.heliostat.core.command;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.zip.CRC32C;
import org.heliostat.core.file.CheckedFile;
import org.heliostat.core.file.Disk;
import org.heliostat.core.file.RawFile;

/**
 * What must be durable before a command runs: the highest counter, and which commands are in
 * execution. A file of fixed size with {@value #SLOTS} slots, each with a checksum of its own and
 * on a page of its own; a write goes to a slot that holds neither the newest nor a write that still
 * hangs, and costs one {@code fdatasync}. Recovery takes the newest slot that reads, so that a kill
 * at any byte leaves the state before or the one after.
 *
 * <p>No call waits longer than the {@link Disk} does. One caller at a time.
 */
public final class CommandJournal implements AutoCloseable {
  static final int SLOTS = 4;
  static final int SLOT_STRIDE = 4096;
  static final int SLOT_BYTES = 1024;

  private static final int MAGIC = 0x4853434A; // HSCJ
  // magic, crc
  private static final int HEAD_BYTES = 8;
  // sequence, counter, count
  private static final int FIXED_BYTES = 8 + 8 + 4;
  private static final int ENTRY_BYTES = 8 + 4;
  static final int MOST_ENTRIES = (SLOT_BYTES - HEAD_BYTES - FIXED_BYTES) / ENTRY_BYTES;

  /** Fewer than slots but two: one for the newest, one for the next write. */
  private static final int DISK_THREADS = SLOTS - 2;

  private final Path path;
  private final RawFile file;
  private final Disk disk;
  private final Force force;
  private final AtomicIntegerArray busy = new AtomicIntegerArray(SLOTS);
  private final Content recovered;
  private final boolean damaged;
  private boolean whole;
  private boolean unread;

  /**
   * Of a journal that could not be read when it was opened: commands up to it were taken before.
   */
  private long floor = Long.MIN_VALUE;

  private long sequence;
  private int newest;

  /** The slot in which a write failed last; a bad block must not be all that is tried. */
  private int failed = SLOTS;

  /** Brings what was written to the file onto the disk. */
  interface Force {
    void run(RawFile file) throws IOException;
  }

  /** A command in execution, by its counter and its number in the schema. */
  record Entry(long counter, int command) {}

  /**
   * What the slots hold.
   *
   * @param content of the newest that reads
   * @param slot in which it stands
   * @param damaged whether something stands there, and nothing of it reads
   * @param unread whether the disk could not read all of them
   */
  private record Found(Content content, int slot, boolean damaged, boolean unread) {}

  /** What a slot holds. */
  record Content(long sequence, long counter, List<Entry> executing) {
    Content {
      executing = List.copyOf(executing);
    }
  }

  private CommandJournal(Path path, RawFile file, Disk disk, Force force, Found found) {
    this.path = path;
    this.file = file;
    this.disk = disk;
    this.force = force;
    this.recovered = found.content;
    this.newest = found.slot;
    this.sequence = found.content.sequence;
    this.damaged = found.damaged;
    this.unread = found.unread;
  }

  /** Opens the journal, and makes it where it is not there; a disk that refuses may do so later. */
  public static CommandJournal open(Path path) {
    return open(
        path,
        new Disk("command-disk", DISK_THREADS, Disk.DEADLINE_NANOS),
        // the file never grows, so its data is all that there is to force
        file -> file.force(false));
  }

  /** Opens it on a disk that may be made to fail. */
  static CommandJournal open(Path path, Disk disk, Force force) {
    RawFile file = new RawFile(path);
    Found found = look(file);
    CommandJournal journal = new CommandJournal(path, file, disk, force, found);
    try {
      journal.makeWhole();
    } catch (IOException e) {
      // a disk that takes nothing: tried again with each write
    }
    return journal;
  }

  /** The newest slot that reads. */
  private static Found look(RawFile file) {
    int newest = SLOTS - 1;
    Content best = new Content(0, 0, List.of());
    boolean anything = false;
    boolean unread = false;
    for (int slot = 0; slot < SLOTS; slot++) {
      ByteBuffer bytes = ByteBuffer.allocate(SLOT_BYTES);
      try {
        file.read(bytes, (long) slot * SLOT_STRIDE);
      } catch (IOException e) {
        // one bad block must not keep the others from being read
        unread = true;
      }
      anything |= !blank(bytes.flip());
      Optional<Content> content = decode(bytes);
      if (content.isPresent() && content.get().sequence > best.sequence) {
        best = content.get();
        newest = slot;
      }
    }
    return new Found(best, newest, (anything || unread) && best.sequence == 0, unread);
  }

  /**
   * What could not be read before may be by now, and may know more than is known here: it is not
   * written over unseen.
   *
   * @throws IOException where it says that a command with this counter was taken before
   */
  private void lookAgain(long counter) throws IOException {
    if (unread) {
      Found now = disk.get(() -> look(file));
      unread = now.unread;
      if (now.content.sequence > sequence) {
        sequence = now.content.sequence;
        newest = now.slot;
        floor = now.content.counter;
      }
    }
    if (counter <= floor) {
      throw new IOException("the journal reads again, and knows the counter " + floor);
    }
  }

  /** Takes the blocks of all slots, so that no later write needs new ones. */
  private synchronized void makeWhole() throws IOException {
    if (!whole) {
      long there = file.size();
      long missing = (long) SLOTS * SLOT_STRIDE - there;
      if (missing > 0) {
        file.write(ByteBuffer.allocate((int) missing), there);
      }
      file.force(true);
      CheckedFile.forceFolder(path);
      whole = true;
    }
  }

  /** What the last run had written last. */
  Content recovered() {
    return recovered;
  }

  /** Whether something stood there, and nothing of it could be read. */
  boolean damaged() {
    return damaged;
  }

  /**
   * Notes counter and commands in execution; on return they are on disk.
   *
   * @throws Disk.Hung when the disk does not answer; whether they are is not known then
   * @throws IOException when they cannot be noted, or what could not be read when the journal was
   *     opened says now that this counter has been taken before
   */
  void write(long counter, List<Entry> executing) throws IOException {
    lookAgain(counter);
    int slot = free();
    Content content = new Content(sequence + 1, counter, executing);
    // counted also where it fails: it may come to the disk after all, and must not look newer
    sequence++;
    ByteBuffer bytes = encode(content);
    busy.set(slot, 1);
    boolean begun = false;
    try {
      disk.run(
          () -> {
            try {
              makeWhole();
              file.write(bytes, (long) slot * SLOT_STRIDE);
              force.run(file);
            } finally {
              busy.set(slot, 0);
            }
          });
      begun = true;
      newest = slot;
    } catch (IOException e) {
      // where it hangs, the slot is free again when the disk lets go of it, or never
      begun = true;
      failed = slot;
      throw e;
    } finally {
      if (!begun) {
        busy.set(slot, 0);
      }
    }
  }

  private int free() throws IOException {
    int last = SLOTS;
    for (int i = 1; i < SLOTS; i++) {
      int slot = (newest + i) % SLOTS;
      if (busy.get(slot) == 0) {
        if (slot != failed) {
          return slot;
        }
        last = slot;
      }
    }
    if (last < SLOTS) {
      return last;
    }
    throw new IOException("every slot of the journal still waits for the disk");
  }

  static ByteBuffer encode(Content content) {
    if (content.executing.size() > MOST_ENTRIES) {
      throw new IllegalArgumentException("more than " + MOST_ENTRIES + " commands in execution");
    }
    ByteBuffer bytes = ByteBuffer.allocate(SLOT_BYTES);
    bytes.position(HEAD_BYTES);
    bytes.putLong(content.sequence).putLong(content.counter).putInt(content.executing.size());
    for (Entry entry : content.executing) {
      bytes.putLong(entry.counter).putInt(entry.command);
    }
    bytes.putInt(0, MAGIC).putInt(4, crc(bytes));
    return bytes.rewind();
  }

  /** What stands in a slot; nothing where it is damaged or blank. */
  static Optional<Content> decode(ByteBuffer bytes) {
    if (bytes.remaining() < SLOT_BYTES
        || bytes.getInt(0) != MAGIC
        || bytes.getInt(4) != crc(bytes)) {
      return Optional.empty();
    }
    ByteBuffer from = bytes.duplicate().position(HEAD_BYTES);
    long sequence = from.getLong();
    long counter = from.getLong();
    int count = from.getInt();
    if (count < 0 || count > MOST_ENTRIES || sequence <= 0) {
      return Optional.empty();
    }
    List<Entry> executing = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      executing.add(new Entry(from.getLong(), from.getInt()));
    }
    return Optional.of(new Content(sequence, counter, executing));
  }

  private static int crc(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.duplicate().position(HEAD_BYTES).limit(SLOT_BYTES));
    return (int) crc.getValue();
  }

  private static boolean blank(ByteBuffer bytes) {
    for (int i = 0; i < bytes.limit(); i++) {
      if (bytes.get(i) != 0) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
