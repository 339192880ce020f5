package org.heliostat.core.telemetry;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import org.heliostat.protocol.AppValue;
import org.heliostat.protocol.Housekeeping;

/**
 * Live housekeeping packets on their way to the link. Overflow policy: of each set one packet
 * waits, and one that the link has not taken is replaced by the next; ground sees the gap in the
 * set's sequence. Thread-safe.
 */
public final class Telemetry {
  private final CopyOnWriteArrayList<Consumer<Housekeeping.Builder>> contributors =
      new CopyOnWriteArrayList<>();
  private final Map<String, Value> values = new ConcurrentSkipListMap<>();
  private final Map<String, Long> sequences = new ConcurrentHashMap<>();
  private final Map<String, Housekeeping> waiting = new LinkedHashMap<>();

  private record Value(String app, String name, DoubleSupplier value) {}

  /** Adds one that fills in its part of every snapshot; called on the telemetry app's thread. */
  public void contribute(Consumer<Housekeeping.Builder> contributor) {
    contributors.add(contributor);
  }

  /**
   * Adds a number that an app gives of itself; a later one of that name takes its place. Asked on
   * the telemetry app's thread.
   */
  public void value(String app, String name, DoubleSupplier value) {
    values.put(app + '.' + name, new Value(app, name, value));
  }

  /** Removes a contributor (its app has ended). */
  public void withdraw(Consumer<Housekeeping.Builder> contributor) {
    contributors.remove(contributor);
  }

  /** Removes the numbers of an app; the executive does so when it has ended. */
  public void withdrawValues(String app) {
    values.values().removeIf(one -> one.app().equals(app));
  }

  /** The newest packet of the set that has waited longest, once. */
  public Optional<Housekeeping> take() {
    synchronized (waiting) {
      Optional<String> first = waiting.keySet().stream().findFirst();
      return first.map(waiting::remove);
    }
  }

  /** The next number of a stream of packets since boot; it goes on where an app is started anew. */
  public long nextSequence(String stream) {
    return sequences.merge(stream, 1L, Long::sum);
  }

  /**
   * Has every contributor fill in its part. One that fails costs its own part and no other.
   *
   * @return the failures
   */
  public List<Throwable> fill(Housekeeping.Builder packet) {
    List<Throwable> failures = new ArrayList<>();
    for (Consumer<Housekeeping.Builder> contributor : contributors) {
      guarded(
          () -> {
            // what was filled in before a failure is no part of the packet
            Housekeeping.Builder part = Housekeeping.newBuilder();
            contributor.accept(part);
            packet.mergeFrom(part.buildPartial());
          },
          failures);
    }
    for (Value one : values.values()) {
      guarded(
          () ->
              packet.addAppValues(
                  AppValue.newBuilder()
                      .setApp(one.app())
                      .setName(one.name())
                      .setValue(one.value().getAsDouble())),
          failures);
    }
    return failures;
  }

  private static void guarded(Runnable part, List<Throwable> failures) {
    try {
      part.run();
    } catch (RuntimeException | LinkageError | StackOverflowError | AssertionError e) {
      // another room's code: what is broken there must not take all telemetry along
      failures.add(e);
    }
  }

  /** Has the packet wait in place of one of the same set. */
  public void put(Housekeeping packet) {
    synchronized (waiting) {
      waiting.put(packet.getSet(), packet);
    }
  }
}
