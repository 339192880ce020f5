package org.heliostat.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PacketQueueTest {
  @Test
  void packetsBeyondTheNumberAreDroppedAndCounted() {
    PacketQueue queue = new PacketQueue(2, 100);
    queue.offer(new byte[] {1});
    queue.offer(new byte[] {2});
    queue.offer(new byte[] {3});
    assertThat(queue.size()).isEqualTo(2);
    assertThat(queue.dropped()).isEqualTo(1);
    assertThat(queue.poll()).hasValue(new byte[] {1});
    assertThat(queue.poll()).hasValue(new byte[] {2});
    assertThat(queue.poll()).isEmpty();
  }

  @Test
  void bytesBeyondTheBoundAreDroppedAndThereIsRoomAgainAfterwards() throws Exception {
    PacketQueue queue = new PacketQueue(100, 10);
    queue.offer(new byte[6]);
    queue.offer(new byte[5]);
    queue.offer(new byte[4]);
    assertThat(queue.size()).isEqualTo(2);
    assertThat(queue.dropped()).isEqualTo(1);
    assertThat(queue.poll(1).orElseThrow()).hasSize(6);
    queue.offer(new byte[6]);
    assertThat(queue.size()).isEqualTo(2);
    queue.offer(new byte[1]);
    assertThat(queue.dropped()).isEqualTo(2);
  }
}
