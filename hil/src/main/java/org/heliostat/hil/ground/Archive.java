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
