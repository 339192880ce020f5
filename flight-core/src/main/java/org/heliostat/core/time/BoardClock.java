package org.heliostat.core.time;

import org.heliostat.hal.Board;

/**
 * The clock of the board. A step of UTC against mission time lowers its quality for good
 * (correlation with GNSS or ground brings it back in a later release). Thread-safe.
 */
public final class BoardClock implements MissionClock {
  private final Board board;
  private final long firstOffset;
  private volatile boolean good = true;

  /** Steps larger than this between two looks are a jump. */
  public static final long JUMP_NANOS = 500_000_000L;

  /** A clock that takes the offset at this moment for right. */
  public BoardClock(Board board) {
    this.board = board;
    this.firstOffset = board.realtimeNanos() - board.monotonicNanos();
  }

  @Override
  public long missionNanos() {
    return board.monotonicNanos();
  }

  @Override
  public long utcNanos() {
    return board.realtimeNanos();
  }

  @Override
  public boolean utcGood() {
    return good;
  }

  @Override
  public long hostNanos() {
    return System.nanoTime();
  }

  /** Looks for a jump; returns its size in ns the first time one is seen, else 0. */
  public long checkJump() {
    long before = board.monotonicNanos();
    long utc = board.realtimeNanos();
    long after = board.monotonicNanos();
    long step = utc - (before + (after - before) / 2) - firstOffset;
    // two readings may lie apart in accelerated time, by no more than the bracket
    if (good && Math.abs(step) > JUMP_NANOS + (after - before)) {
      good = false;
      return step;
    }
    return 0;
  }
}
