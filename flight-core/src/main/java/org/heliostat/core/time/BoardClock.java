package org.heliostat.core.time;

import java.util.function.LongSupplier;
import org.heliostat.hal.Board;
import org.heliostat.protocol.TimeConfig;
import org.heliostat.protocol.TimeQuality;

/**
 * The clock of the board. UTC begins as what the board's wall clock says, which nobody has
 * confirmed; from the first correlation on it is mission time by that correlation, and what the
 * wall clock does is of no matter. Thread-safe.
 */
public final class BoardClock implements MissionClock {
  /** Steps of the wall clock larger than this between two looks are a jump. */
  public static final long JUMP_NANOS = 500_000_000L;

  private final Board board;
  private final LongSupplier hostNanos;
  private final long holdoverNanos;
  private final long doubtfulNanos;
  private long wallOffset;
  private volatile Correlation correlation;
  private volatile boolean wallDoubtful;

  /**
   * A clock that takes UTC from the wall clock for want of better.
   *
   * @param hostNanos host time in ns; {@code System::nanoTime} but for tests
   */
  public BoardClock(Board board, TimeConfig config, LongSupplier hostNanos) {
    this.board = board;
    this.hostNanos = hostNanos;
    this.holdoverNanos = (long) (config.getHoldoverAfterSeconds() * 1e9);
    this.doubtfulNanos = (long) (config.getDoubtfulAfterSeconds() * 1e9);
    long mission = board.monotonicNanos();
    long utc = board.realtimeNanos();
    this.wallOffset = utc - mission;
    this.correlation = new Correlation(mission, utc, 0, 0, TimeQuality.UNCORRELATED);
  }

  @Override
  public long missionNanos() {
    return board.monotonicNanos();
  }

  @Override
  public long utcNanos() {
    return correlation.utcAt(board.monotonicNanos());
  }

  @Override
  public TimeQuality quality() {
    Correlation now = correlation;
    if (now.quality().getNumber() < TimeQuality.HOLDOVER_VALUE) {
      return wallDoubtful ? TimeQuality.DOUBTFUL : now.quality();
    }
    long age = board.monotonicNanos() - now.missionNanos();
    if (age > doubtfulNanos) {
      return TimeQuality.DOUBTFUL;
    }
    return age > holdoverNanos ? TimeQuality.HOLDOVER : now.quality();
  }

  @Override
  public long hostNanos() {
    return hostNanos.getAsLong();
  }

  /** What UTC goes by now. */
  public Correlation correlation() {
    return correlation;
  }

  /** UTC goes by this from now on. */
  public void correlate(Correlation next) {
    correlation = next;
  }

  /**
   * Looks whether the wall clock has jumped, and takes its new time for the usual one; the jump in
   * ns, else 0. UTC does not jump with it.
   */
  public synchronized long checkJump() {
    long before = board.monotonicNanos();
    long utc = board.realtimeNanos();
    long after = board.monotonicNanos();
    long step = utc - (before + (after - before) / 2) - wallOffset;
    // two readings may lie apart in accelerated time, by no more than the bracket
    if (Math.abs(step) <= JUMP_NANOS + (after - before)) {
      return 0;
    }
    wallOffset += step;
    wallDoubtful = true;
    return step;
  }
}
