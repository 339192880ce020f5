package org.heliostat.protocol;

import com.google.protobuf.CodedOutputStream;
import java.io.IOException;
import java.util.zip.CRC32C;

/**
 * What tells a record from every other one of its number: CRC-32C (RFC 3720) over the packet that
 * holds its number and its body and nothing else. Stateless and thread-safe.
 */
public final class RecordChecksum {
  private RecordChecksum() {}

  /**
   * Of a record.
   *
   * @param body as it is recorded: a {@link Downlink} without a number
   */
  public static int of(long record, byte[] body) {
    byte[] head = head(record);
    CRC32C crc = new CRC32C();
    crc.update(head, 0, head.length);
    crc.update(body, 0, body.length);
    return (int) crc.getValue();
  }

  /** The packet that holds nothing but a number, which a body may be put behind. */
  public static byte[] head(long record) {
    byte[] head =
        new byte[CodedOutputStream.computeUInt64Size(Downlink.RECORD_FIELD_NUMBER, record)];
    try {
      CodedOutputStream.newInstance(head).writeUInt64(Downlink.RECORD_FIELD_NUMBER, record);
    } catch (IOException e) {
      throw new IllegalStateException("an array of the right length does not fit", e);
    }
    return head;
  }
}
