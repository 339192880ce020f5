package org.heliostat.core.telemetry;

import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.heliostat.protocol.Housekeeping;

/**
 * The live housekeeping packet on its way to the link. Overflow policy: a packet that the link has
 * not taken is replaced by the next; ground sees the gap in the sequence. Thread-safe.
 */
public final class Telemetry {
  private final CopyOnWriteArrayList<Consumer<Housekeeping.Builder>> contributors =
      new CopyOnWriteArrayList<>();
  private final AtomicReference<Optional<Housekeeping>> waiting =
      new AtomicReference<>(Optional.empty());

  /** Adds one that fills in its part of every packet; called on the telemetry app's thread. */
  public void contribute(Consumer<Housekeeping.Builder> contributor) {
    contributors.add(contributor);
  }

  /** Removes a contributor (its app has ended). */
  public void withdraw(Consumer<Housekeeping.Builder> contributor) {
    contributors.remove(contributor);
  }

  /** The newest packet, once. */
  public Optional<Housekeeping> take() {
    return waiting.getAndSet(Optional.empty());
  }

  void fill(Housekeeping.Builder packet) {
    contributors.forEach(contributor -> contributor.accept(packet));
  }

  void put(Housekeeping packet) {
    waiting.set(Optional.of(packet));
  }
}
