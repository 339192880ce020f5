package org.heliostat.core.link;

import java.util.Optional;
import java.util.OptionalLong;
import org.heliostat.core.app.Services;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.link.SendQueue.Capacity;
import org.heliostat.core.table.TableDefinition;
import org.heliostat.core.table.TableHandle;
import org.heliostat.protocol.FlightState;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.PassState;
import org.heliostat.protocol.PassStatus;
import org.heliostat.protocol.PassTable;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Table.ContentCase;

/**
 * Opens and closes the link by the table {@code passes}, and keeps to the rate and the volume of a
 * pass. What was sent in a pass is noted in the flight state, so that a restart begins no new
 * budget.
 *
 * <p>A link on which a command of ground was heard within {@link #HEARD_NANOS} is not closed before
 * {@link #OVERRUN_NANOS} after the end of its pass: what was commanded is answered still. Nothing
 * but reports and alerts goes then. The thread of the link; what housekeeping shows is another's to
 * ask.
 */
final class PassKeeper {
  static final TableDefinition TABLE =
      new TableDefinition(
          "passes",
          ContentCase.PASSES,
          Table.newBuilder().setPasses(PassTable.getDefaultInstance()).build(),
          table -> PassPlan.problems(table.getPasses()),
          Optional.empty());

  static final long HEARD_NANOS = 10_000_000_000L;
  static final long OVERRUN_NANOS = 60_000_000_000L;

  /** Part of a pass that is its end, where what still fits goes first. */
  private static final int END_PART = 4;

  /** Part of a volume that is kept for reports and alerts, and how much that is at the least. */
  private static final int KEPT_PART = 64;

  private static final long KEPT_BYTES = 4096;

  /** Mission time for which a rate may be saved up. */
  private static final double SAVED_SECONDS = 2;

  private final Services services;
  private final TableHandle table;
  private PassPlan plan;
  private PassPlan.Look look;
  private Optional<PassPlan.Window> open = Optional.empty();
  private OptionalLong closingSince = OptionalLong.empty();
  private String voidReason = "";
  private double saved;
  private long savedAt;
  private long heardNanos = Long.MIN_VALUE / 2;
  private volatile PassStatus status = PassStatus.getDefaultInstance();

  /** By the table as it is in use. */
  PassKeeper(Services services) {
    this.services = services;
    this.table = services.tables().register(TABLE);
    this.plan = new PassPlan(table.active().getPasses());
    this.look = now();
    this.savedAt = services.clock().missionNanos();
  }

  /** The table as it is now counts. */
  void reload() {
    plan = new PassPlan(table.active().getPasses());
  }

  private PassPlan.Look now() {
    return plan.at(
        services.clock().missionNanos(),
        services.clock().utcNanos(),
        services.clock().utcGood(),
        services.state().get().getGroundLost());
  }

  /** Ground was heard: a command of it was let in. */
  void heard() {
    heardNanos = services.clock().missionNanos();
  }

  /**
   * Whether the link is to be up at this moment.
   *
   * @param connected whether it is
   */
  boolean open(boolean connected) {
    if (table.takeNew().isPresent()) {
      reload();
    }
    look = now();
    sayVoid();
    boolean isOpen = look.state() != PassState.PASS_CLOSED;
    if (!look.window().equals(open)) {
      turn(look.window());
    }
    save();
    if (isOpen) {
      closingSince = OptionalLong.empty();
    } else {
      isOpen = connected && overrun();
    }
    show();
    return isOpen;
  }

  private void sayVoid() {
    if (look.reason().equals(voidReason)) {
      return;
    }
    if (look.reason().isEmpty()) {
      services.events().report(CoreEvent.PASS_PLAN_COUNTS);
    } else {
      services.events().report(CoreEvent.PASS_PLAN_VOID, look.reason());
    }
    voidReason = look.reason();
  }

  private void turn(Optional<PassPlan.Window> next) {
    if (open.isPresent()) {
      services
          .events()
          .report(
              CoreEvent.PASS_ENDS,
              services.state().get().getPassBytes(),
              services.recorder().pendingRecords());
    }
    open = next;
    if (next.isPresent()) {
      long begin = next.get().beginNanos();
      FlightState state = services.state().get();
      if (state.getPassBeginNanos() != begin) {
        services.state().update(one -> one.setPassBeginNanos(begin).clearPassBytes());
      }
      saved = 0;
      long bytes = left(next.get());
      services
          .events()
          .report(
              CoreEvent.PASS_BEGINS,
              look.leftNanos() / 1e9,
              bytes == Long.MAX_VALUE ? "no limit of volume" : bytes + " bytes");
    }
  }

  private boolean overrun() {
    long now = services.clock().missionNanos();
    if (closingSince.isEmpty()) {
      closingSince = OptionalLong.of(now);
    }
    return now - closingSince.getAsLong() < OVERRUN_NANOS && now - heardNanos < HEARD_NANOS;
  }

  /** The rate makes room as time goes on. */
  private void save() {
    long now = services.clock().missionNanos();
    double seconds = (now - savedAt) / 1e9;
    savedAt = now;
    if (rate() < Double.POSITIVE_INFINITY) {
      saved = Math.min(saved + seconds * rate(), SAVED_SECONDS * rate());
    }
  }

  /** Whether the rate has room for a packet. */
  boolean mayRun() {
    return rate() == Double.POSITIVE_INFINITY || saved > 0;
  }

  private double rate() {
    return open.map(PassPlan.Window::bytesPerSecond).orElse(Double.POSITIVE_INFINITY);
  }

  /** Whether reports and alerts may go, whatever the rest. */
  boolean urgentMay() {
    return open.isEmpty() || left(open.get()) > 0;
  }

  /** Whether others may go than reports and alerts. */
  boolean othersMay() {
    return look.state() != PassState.PASS_CLOSED
        && (open.isEmpty() || left(open.get()) > kept(open.get()));
  }

  /** What the rest of the pass carries. */
  Capacity capacity() {
    if (open.isEmpty()) {
      return Capacity.UNLIMITED;
    }
    PassPlan.Window window = open.get();
    long volume = left(window);
    long bytes = carried(volume == Long.MAX_VALUE ? volume : volume - kept(window));
    double seconds = (window.endNanos() - window.beginNanos()) / 1e9;
    double whole = Math.min((double) window.volumeBytes(), seconds * window.bytesPerSecond());
    return new Capacity(bytes, carried(volume), bytes < whole / END_PART);
  }

  /** As many of these as the rate carries to the end of the pass. */
  private long carried(long bytes) {
    if (rate() == Double.POSITIVE_INFINITY) {
      return Math.max(0, bytes);
    }
    double byRate = rate() * look.leftNanos() / 1e9;
    return Math.max(0, byRate < bytes ? (long) byRate : bytes);
  }

  private static long kept(PassPlan.Window window) {
    return window.volumeBytes() == Long.MAX_VALUE
        ? 0
        : Math.min(
            window.volumeBytes() / 2, Math.max(KEPT_BYTES, window.volumeBytes() / KEPT_PART));
  }

  private long left(PassPlan.Window window) {
    return window.volumeBytes() == Long.MAX_VALUE
        ? Long.MAX_VALUE
        : Math.max(0, window.volumeBytes() - services.state().get().getPassBytes());
  }

  /** So many bytes were handed to the port. */
  void sent(int bytes) {
    if (open.isPresent()) {
      saved -= bytes;
      services.state().update(next -> next.setPassBytes(next.getPassBytes() + bytes));
    }
  }

  /** Mission time at which the next pass begins, where one is known. */
  OptionalLong nextPass() {
    return look.nextNanos().isPresent()
        ? OptionalLong.of(services.clock().missionNanos() + look.nextNanos().getAsLong())
        : OptionalLong.empty();
  }

  private void show() {
    PassStatus.Builder next =
        PassStatus.newBuilder().setState(look.state()).setReason(look.reason());
    if (open.isPresent()) {
      next.setSecondsLeft((float) (look.leftNanos() / 1e9));
      long bytes = carried(left(open.get()));
      if (bytes < Long.MAX_VALUE) {
        next.setBytesLeft(bytes);
      }
    }
    look.nextNanos().ifPresent(nanos -> next.setNextSeconds((float) (nanos / 1e9)));
    status = next.build();
  }

  /** Fills its part in. Any thread. */
  void fill(Housekeeping.Builder packet) {
    packet.setPass(status);
  }
}
