package org.heliostat.core.link;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.recorder.RecorderFault;

/**
 * Contents of records, for as long as their parts go: else each part would cost a read of the whole
 * record. Overflow policy: beyond {@value #MOST_BYTES} bytes the one that was asked for longest ago
 * goes. One thread.
 */
final class Contents {
  private static final int MOST_BYTES = 4 << 20;

  private final Recorder recorder;
  private final int partBytes;
  private final Map<Long, byte[]> kept = new LinkedHashMap<>(16, 0.75f, true);
  private long bytes;

  /**
   * @param partBytes smaller ones are read anew, for they are sent at once
   */
  Contents(Recorder recorder, int partBytes) {
    this.recorder = recorder;
    this.partBytes = partBytes;
  }

  /** Content of a record; empty where it does not wait any more. */
  byte[] of(Recorder.Waiting record) throws RecorderFault {
    byte[] known = kept.get(record.id());
    if (known != null) {
      return known;
    }
    byte[] read = recorder.read(record.id());
    if (read.length > partBytes) {
      kept.put(record.id(), read);
      bytes += read.length;
      Iterator<byte[]> oldest = kept.values().iterator();
      while (bytes > MOST_BYTES) {
        bytes -= oldest.next().length;
        oldest.remove();
      }
    }
    return read;
  }

  /** It is not wanted any more. */
  void forget(long id) {
    byte[] known = kept.remove(id);
    bytes -= known == null ? 0 : known.length;
  }
}
