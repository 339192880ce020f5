package org.heliostat.hal;

/** One opened device of the board. Implementations may be used from any thread. */
public interface Device extends AutoCloseable {
  /** The name under which the device was opened. */
  String name();

  /** Frees the device; closing twice does nothing more. */
  @Override
  void close();
}
