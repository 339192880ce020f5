package org.heliostat.protocol;

import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Packets that have come and have not been looked at. Overflow policy: one more than there may be,
 * by number or by bytes, is dropped and counted: whoever sends the largest that there are must not
 * have the memory of all the rest. Thread-safe.
 */
public final class PacketQueue {
  private final BlockingQueue<byte[]> packets;
  private final long mostBytes;
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();

  /** An empty queue for so many packets, and so many bytes of them. */
  public PacketQueue(int most, long mostBytes) {
    this.packets = new ArrayBlockingQueue<>(most);
    this.mostBytes = mostBytes;
  }

  /** Takes a packet in, or drops it; never blocks. */
  public void offer(byte[] packet) {
    if (bytes.addAndGet(packet.length) > mostBytes || !packets.offer(packet)) {
      bytes.addAndGet(-packet.length);
      dropped.incrementAndGet();
    }
  }

  /** The one that came first; empty where there is none. */
  public Optional<byte[]> poll() {
    return taken(Optional.ofNullable(packets.poll()));
  }

  /** The one that came first; empty where none comes within so many ms of host time. */
  public Optional<byte[]> poll(long millis) throws InterruptedException {
    return taken(Optional.ofNullable(packets.poll(millis, TimeUnit.MILLISECONDS)));
  }

  private Optional<byte[]> taken(Optional<byte[]> packet) {
    packet.ifPresent(one -> bytes.addAndGet(-one.length));
    return packet;
  }

  /** How many wait. */
  public int size() {
    return packets.size();
  }

  /** How many found no room. */
  public long dropped() {
    return dropped.get();
  }
}
