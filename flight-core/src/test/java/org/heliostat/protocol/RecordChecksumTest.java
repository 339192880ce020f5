package org.heliostat.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class RecordChecksumTest {
  @Test
  void itIsThatOfThePacketThatHoldsTheRecordAlone() {
    Downlink body = Downlink.newBuilder().setEvent(Event.newBuilder().setText("a")).build();
    byte[] packet = body.toBuilder().setRecord(300).build().toByteArray();
    CRC32C crc = new CRC32C();
    crc.update(packet, 0, packet.length);
    assertThat(RecordChecksum.of(300, body.toByteArray())).isEqualTo((int) crc.getValue());
    assertThat(RecordChecksum.of(301, body.toByteArray())).isNotEqualTo((int) crc.getValue());
  }
}
