package org.heliostat.hal.driver;

import com.sun.jna.Memory;
import org.heliostat.hal.Board;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.NavigationReading;
import org.heliostat.hal.NavigationReceiver;

/**
 * One receiver on a serial line. A poll takes what has come in; between two solutions of the
 * receiver the last one stays for the time that the mission allows.
 */
final class Gnss extends Sampled<NavigationReading> implements NavigationReceiver {
  private static final int PIECE_BYTES = 512;

  /** Pieces that one poll takes at most: three seconds of a line at full speed. */
  private static final int MOST_PIECES = 64;

  private final Board board;
  private final SerialLine line;
  private final Solution parsed;
  private final NavigationParser parser;
  private final long staleNanos;
  private final Memory piece = new Memory(PIECE_BYTES);
  private final byte[] bytes = new byte[PIECE_BYTES];
  private boolean solvedBefore;
  private long solvedNanos;

  private final Solution kept = new Solution();

  Gnss(
      String name,
      Board board,
      SerialLine line,
      Solution parsed,
      NavigationParser parser,
      long staleNanos) {
    super(name);
    this.board = board;
    this.line = line;
    this.parsed = parsed;
    this.parser = parser;
    this.staleNanos = staleNanos;
  }

  @Override
  protected void measure() throws HardwareFault {
    for (int i = 0; i < MOST_PIECES; i++) {
      int length = line.read(piece);
      if (length == 0) {
        break;
      }
      long now = board.monotonicNanos();
      piece.read(0, bytes, 0, length);
      for (int at = 0; at < length; at++) {
        if (parser.accept(bytes[at])) {
          solvedBefore = true;
          solvedNanos = now;
          synchronized (sample) {
            kept.set(parsed);
            taken(now);
          }
        }
      }
    }
    if (!solvedBefore) {
      throw fault(Kind.STALE, "the receiver has given no solution yet");
    }
    if (board.monotonicNanos() - solvedNanos > staleNanos) {
      throw fault(Kind.STALE, "the receiver has ceased to give solutions");
    }
  }

  @Override
  protected NavigationReading record(long takenNanos) {
    return new NavigationReading(
        kept.fix,
        kept.utcNanos,
        kept.latitudeDegrees,
        kept.longitudeDegrees,
        kept.altitudeMetres,
        kept.northMetresPerSecond,
        kept.eastMetresPerSecond,
        kept.downMetresPerSecond,
        kept.accuracyMetres,
        kept.satellites,
        takenNanos);
  }

  @Override
  public void close() {
    line.close();
  }
}
