package org.heliostat.hal.driver;

import org.heliostat.hal.Board;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.Reading;
import org.heliostat.hal.Smbus;

/**
 * A sampled part on an I2C bus, whose lane is the bus.
 *
 * @param <R> what a sample of the device holds
 */
abstract class I2cSampled<R extends Reading> extends Sampled<R> {
  final Board board;
  final Smbus part;

  I2cSampled(String name, Board board, Smbus part) {
    super(name);
    this.board = board;
    this.part = part;
  }

  @Override
  public final String lane() {
    return part.bus();
  }

  @Override
  public final void close() {
    part.close();
  }

  /** Sleeps while the part is set up. */
  final void pause(long nanos) throws HardwareFault {
    try {
      board.sleepUntilNanos(board.monotonicNanos() + nanos);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HardwareFault(Kind.TIMEOUT, name(), "interrupted while the part was set up", e);
    }
  }
}
