package org.heliostat.core.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WindowTest {
  private static final int MIB = 1 << 20;
  private static final int BLOCK = 4096;

  /** Every byte says where it stands; a stretch of it does not read. */
  private static final class Bytes implements Folder.OneFile {
    private final AtomicInteger reads = new AtomicInteger();
    private long badFrom;
    private long badTo;

    static byte at(long position) {
      return (byte) (position % 251);
    }

    @Override
    public long size() {
      return 5L * MIB;
    }

    @Override
    public void read(ByteBuffer to, long position) throws IOException {
      reads.incrementAndGet();
      if (position < badTo && position + to.remaining() > badFrom) {
        throw new IOException("a bad block");
      }
      for (long at = position; to.hasRemaining(); at++) {
        to.put(at(at));
      }
    }

    @Override
    public void write(ByteBuffer from, long position) {
      throw new AssertionError("a window writes nothing");
    }

    @Override
    public void force() {}

    @Override
    public void close() {}
  }

  private final Bytes file = new Bytes();

  private static byte seen(Window window, long position) {
    assertThat(window.covers(position, 1)).isTrue();
    return window.bytes().get(window.at(position));
  }

  @Test
  void endsWhereItIsToldTo() {
    Window window = new Window(file, 100);
    assertThat(window.covers(0, 100)).isTrue();
    assertThat(window.covers(99, 1)).isTrue();
    assertThat(window.covers(1, 100)).isFalse();
    assertThat(window.covers(100, 1)).isFalse();
    assertThat(new Window(file, 0).covers(0, 1)).isFalse();
  }

  @Test
  void movesAlongAFileThatIsLongerThanItself() {
    Window window = new Window(file, 5L * MIB);
    assertThat(window.covers(0, 2 * MIB + 1)).as("more than it ever holds").isFalse();
    assertThat(window.covers(0, 2 * MIB)).isTrue();
    assertThat(file.reads).hasValue(1);
    assertThat(seen(window, 2 * MIB - 1)).isEqualTo(Bytes.at(2 * MIB - 1));
    assertThat(file.reads).hasValue(1);
    assertThat(window.covers(2 * MIB - 1, 2)).isTrue();
    assertThat(file.reads).hasValue(2);
    assertThat(window.at(2 * MIB - 1)).isZero();
    assertThat(seen(window, 2 * MIB)).isEqualTo(Bytes.at(2 * MIB));
    assertThat(seen(window, 5L * MIB - 1)).isEqualTo(Bytes.at(5L * MIB - 1));
    assertThat(window.bytes().limit()).isEqualTo(1);
    assertThat(seen(window, 3)).as("and back").isEqualTo(Bytes.at(3));
  }

  @Test
  void whatTheDiskCannotReadIsPassedOverInBlocks() {
    file.badFrom = 2 * BLOCK + 10;
    file.badTo = 3 * BLOCK + 1;
    Window window = new Window(file, 6L * BLOCK);
    // a start that is not that of a block
    for (long from : new long[] {100, BLOCK + 5, 2 * BLOCK + 7}) {
      Window here = new Window(file, 6L * BLOCK);
      assertThat(here.covers(from, 1)).isTrue();
      for (long at = from; at < 6L * BLOCK; at++) {
        boolean bad = at >= 2 * BLOCK && at < 4 * BLOCK;
        assertThat(here.bytes().get(here.at(at)))
            .as("%d from %d", at, from)
            .isEqualTo(bad ? (byte) 0xff : Bytes.at(at));
      }
      assertThat(here.bytes().position()).isZero();
      assertThat(here.bytes().limit()).isEqualTo((int) (6 * BLOCK - from));
    }
    assertThat(seen(window, 0)).isEqualTo(Bytes.at(0));
  }
}
