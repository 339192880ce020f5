package org.heliostat.payload.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.heliostat.payload.Budget;
import org.junit.jupiter.api.Timeout;

/** Four bytes of width, four of height, then the data of a mask. */
@Timeout(10)
class MaskCodecFuzzTest {
  /** So that an input is a matter of milliseconds: a byte may hold 16,384 pixels. */
  private static final int MAX_INPUT = 64;

  @FuzzTest(maxDuration = "60s")
  void decode(byte[] bytes) {
    if (bytes.length < 8 || bytes.length > MAX_INPUT) {
      return;
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    int width = buffer.getInt();
    int height = buffer.getInt();
    byte[] data = Arrays.copyOfRange(bytes, 8, bytes.length);
    Budget budget = new Budget();
    byte[] mask;
    try {
      mask = MaskCodec.decode(data, width, height);
    } catch (IllegalArgumentException e) {
      return;
    } finally {
      budget.atMost((1 << 18) + 32_768L * (data.length + 4));
    }
    assertThat(mask).hasSize(width * height);
    byte[] again = MaskCodec.encode(mask, width, height);
    assertThat(MaskCodec.decode(again, width, height)).isEqualTo(mask);
  }
}
