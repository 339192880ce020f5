package org.heliostat.hil.rig;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;
import org.heliostat.hil.rig.WorldLayout.Card;
import org.heliostat.hil.rig.WorldLayout.Chip;
import org.heliostat.hil.rig.WorldLayout.Header;
import org.heliostat.hil.rig.WorldLayout.Stream;

/**
 * The world file in memory. Every access is one whole 64-bit word, atomic across processes; what
 * belongs together is written in one {@link #step}.
 *
 * <p>A file appears complete or not at all. A rig that is started again goes on with the file of
 * its flight: flight has it mapped.
 */
final class World {
  private static final VarHandle WORDS =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private final ByteBuffer memory;
  private final boolean adopted;

  private World(ByteBuffer memory, boolean adopted) {
    this.memory = memory;
    this.adopted = adopted;
  }

  /**
   * Opens the world of a flight, or makes it.
   *
   * @param cards that a new world has room for, or that the old one must have room for
   * @param fill completes a new world before anyone can see it
   * @throws IOException if the file cannot be made, or is the world of another flight
   */
  static World open(Path file, MissionTime time, int cards, Consumer<World> fill)
      throws IOException {
    if (Files.exists(file)) {
      World world = map(file, cards, true);
      if (world.get(Header.MAGIC_WORD) != WorldLayout.MAGIC
          || world.get(Header.ABI) != WorldLayout.abi()) {
        throw new IOException(file + " is not a world file of this rig");
      }
      if (!time.equals(world.time())) {
        throw new IOException(file + " is the world of another flight: its epochs differ");
      }
      if (world.get(Header.CARD_ROOM) != cards) {
        throw new IOException(
            file
                + " is the world of another flight: it has "
                + world.get(Header.CARD_ROOM)
                + " cards");
      }
      world.repair();
      return world;
    }
    Path partial = file.resolveSibling(file.getFileName() + ".tmp");
    Files.write(partial, new byte[WorldLayout.fileBytes(cards)]);
    World world = map(partial, cards, false);
    world.set(Header.ABI, WorldLayout.abi());
    world.set(Header.HOST_EPOCH_NS, time.hostEpochNanos());
    world.set(Header.MISSION_EPOCH_NS, time.missionEpochNanos());
    world.set(Header.UTC_EPOCH_NS, time.utcEpochNanos());
    world.set(Header.SPEED_PPM, time.speedPpm());
    world.set(Header.LAST_STEP_NS, time.missionEpochNanos());
    world.set(Header.CARD_ROOM, cards);
    fill.accept(world);
    world.set(Header.MAGIC_WORD, WorldLayout.MAGIC);
    Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
    return world;
  }

  private static World map(Path file, int cards, boolean adopted) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      if (channel.size() != WorldLayout.fileBytes(cards)) {
        throw new IOException(
            file
                + " is not a world file of this rig for "
                + cards
                + " cards: "
                + channel.size()
                + " bytes");
      }
      return new World(
          channel
              .map(FileChannel.MapMode.READ_WRITE, 0, WorldLayout.fileBytes(cards))
              .order(ByteOrder.nativeOrder()),
          adopted);
    }
  }

  /** Whether the world was there before. */
  boolean adopted() {
    return adopted;
  }

  /** Writes what belongs together: a reader that wants all of it sees all of it or waits. */
  void step(Runnable writes) {
    long before = get(Header.SEQUENCE);
    long odd = before + 1 + (before & 1);
    set(Header.SEQUENCE, odd);
    VarHandle.fullFence();
    try {
      writes.run();
    } finally {
      set(Header.SEQUENCE, odd + 1);
    }
  }

  /** A rig that died in the middle of a step has left the sequence odd. */
  private void repair() {
    long sequence = get(Header.SEQUENCE);
    if ((sequence & 1) != 0) {
      set(Header.SEQUENCE, sequence + 1);
    }
  }

  MissionTime time() {
    return new MissionTime(
        get(Header.HOST_EPOCH_NS),
        get(Header.MISSION_EPOCH_NS),
        get(Header.UTC_EPOCH_NS),
        get(Header.SPEED_PPM));
  }

  long get(Header field) {
    return load(WorldLayout.headerOffset(field));
  }

  void set(Header field, long value) {
    store(WorldLayout.headerOffset(field), value);
  }

  long get(Header field, int word) {
    return load(WorldLayout.headerOffset(field) + 8 * word);
  }

  void set(Header field, int word, long value) {
    store(WorldLayout.headerOffset(field) + 8 * word, value);
  }

  /** Adds to a counter that nobody but the rig writes. */
  void count(Header field, long more) {
    set(field, get(field) + more);
  }

  /** Adds to a counter that nobody but the rig writes. */
  void count(int card, Card field, long more) {
    set(card, field, get(card, field) + more);
  }

  /** A device sends bytes. */
  void send(int stream, byte[] bytes) {
    long head = load(WorldLayout.streamOffset(stream, Stream.HEAD));
    int ring = WorldLayout.streamOffset(stream, Stream.RING);
    for (int i = 0; i < bytes.length; i++) {
      memory.put(ring + (int) ((head + i) % WorldLayout.RING_BYTES), bytes[i]);
    }
    store(WorldLayout.streamOffset(stream, Stream.HEAD), head + bytes.length);
  }

  long get(int chip, Chip field, int word) {
    return load(WorldLayout.chipOffset(chip, field) + 8 * word);
  }

  long get(int chip, Chip field) {
    return get(chip, field, 0);
  }

  void set(int chip, Chip field, int word, long value) {
    store(WorldLayout.chipOffset(chip, field) + 8 * word, value);
  }

  void set(int chip, Chip field, long value) {
    set(chip, field, 0, value);
  }

  long get(int card, Card field, int word) {
    return load(WorldLayout.cardOffset(card, field) + 8 * word);
  }

  long get(int card, Card field) {
    return get(card, field, 0);
  }

  void set(int card, Card field, int word, long value) {
    store(WorldLayout.cardOffset(card, field) + 8 * word, value);
  }

  void set(int card, Card field, long value) {
    set(card, field, 0, value);
  }

  /** Clears a holder, unless the place has been taken by another one meanwhile. */
  void clearHolder(int card, int place, long pid) {
    int at = WorldLayout.cardOffset(card, Card.HOLDERS) + 8 * place;
    boolean cleared = WORDS.compareAndSet(memory, at, pid, 0L);
    assert cleared || load(at) != pid;
  }

  private long load(int offset) {
    return (long) WORDS.getAcquire(memory, offset);
  }

  private void store(int offset, long value) {
    WORDS.setRelease(memory, offset, value);
  }
}
