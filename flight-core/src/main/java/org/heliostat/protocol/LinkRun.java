package org.heliostat.protocol;

import java.util.function.LongSupplier;

/**
 * Seals the packets of one run of one end of the link, each with the next counter. A run is named
 * by a random number, which its keys are made from; when its counters are used up the next run
 * begins. Thread-safe.
 */
public final class LinkRun {
  private final LinkSeal seal;
  private final LongSupplier random;
  private long id;
  private long next;

  /**
   * A fresh run.
   *
   * @param random 64 bits that nobody can foresee and that never come again: {@link
   *     java.security.SecureRandom}
   */
  public LinkRun(LinkSeal seal, LongSupplier random) {
    this(seal, random, 0);
  }

  /** One that has sealed so many packets. */
  LinkRun(LinkSeal seal, LongSupplier random, long next) {
    this.seal = seal;
    this.random = random;
    this.id = random.getAsLong();
    this.next = next;
  }

  /** The number of the run; another one after 2^32 packets. */
  public synchronized long id() {
    return id;
  }

  /** Seals the next packet. */
  public byte[] seal(LinkKey key, PacketKind kind, byte[] packet) {
    long run;
    long counter;
    synchronized (this) {
      if (next > 0xFFFF_FFFFL) {
        id = random.getAsLong();
        next = 0;
      }
      run = id;
      counter = next++;
    }
    return seal.inRun(key, kind, run, (int) counter, packet);
  }
}
