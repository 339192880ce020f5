package org.heliostat.hil.ground;

import java.io.IOException;
import org.heliostat.protocol.Downlink;

/** Where what came down is kept. One thread. */
interface Archive {
  /**
   * Keeps a record. It is safe after the next {@link #force}.
   *
   * @return false when it was there already
   * @throws IOException when it cannot be kept: nothing of it counts as received
   */
  boolean store(Downlink downlink) throws IOException;

  /**
   * Keeps a record that does not read, as it came. It is safe after the next {@link #force}.
   *
   * @return false when it was there already
   * @throws UndecodedFull when there is no room for more of them
   * @throws IOException when it cannot be kept: nothing of it counts as received
   */
  boolean storeUndecoded(RawRecord record) throws IOException;

  /** So much is kept of what does not read that no more is taken. */
  final class UndecodedFull extends IOException {
    private static final long serialVersionUID = 1L;

    UndecodedFull(String message) {
      super(message);
    }
  }

  /**
   * Whether a record was stored, on disk or not.
   *
   * @param checksum by {@link org.heliostat.protocol.RecordChecksum}
   */
  boolean has(long record, int checksum);

  /**
   * Brings everything that was stored to disk, also what an earlier force could not: on return all
   * of it is there.
   */
  void force() throws IOException;
}
