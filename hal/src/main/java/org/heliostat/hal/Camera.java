package org.heliostat.hal;

import java.util.Optional;

/**
 * An instrument that takes frames and keeps each until it is released.
 *
 * <p>Frames that were not released are offered again after a restart, under the same id.
 */
public interface Camera extends Device {
  /**
   * Asks for frames; they are offered by {@link #next} as they come in.
   *
   * @param frameCount 1 to 1,000,000
   */
  void trigger(int frameCount) throws HardwareFault;

  /**
   * The next complete frame in id order, each once while this camera is open; empty when there is
   * none yet.
   */
  Optional<CameraFrame> next() throws HardwareFault;

  /**
   * Frees the memory that the frame holds in the instrument. Releasing a frame that is gone does
   * nothing.
   */
  void release(CameraFrame frame) throws HardwareFault;

  /** Offers again, by {@link #next}, every frame that was offered and not released. */
  void rewind();
}
