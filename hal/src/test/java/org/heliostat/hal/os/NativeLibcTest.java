package org.heliostat.hal.os;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.heliostat.hal.HardwareFault;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each call of the host's own C library does what its manual page says. */
class NativeLibcTest {
  private static final int O_RDWR = 2;
  private static final int EBADF = 9;
  private static final int ENOTTY = 25;
  private static final int EAFNOSUPPORT = 97;
  private static final int NONE = -1;

  @Test
  void aFileIsWrittenAndRead(@TempDir Path folder) throws Exception {
    NativeLibc libc = NativeLibc.load();
    Path file = Files.writeString(folder.resolve("file"), "0123456789");
    try (Memory path = Errno.path(file.toString());
        Memory buffer = new Memory(8);
        Memory poll = new Memory(8)) {
      int fd = libc.open(path, O_RDWR);
      assertThat(fd).isNotNegative();
      buffer.setString(0, "ab");
      assertThat(libc.write(fd, buffer, 2)).isEqualTo(2);
      assertThat(libc.read(fd, buffer, 3)).isEqualTo(3);
      assertThat(buffer.getByteArray(0, 3)).asString().isEqualTo("234");
      assertThat(libc.pread(fd, buffer, 8, 6)).isEqualTo(4);
      assertThat(buffer.getByteArray(0, 4)).asString().isEqualTo("6789");
      // a file is always ready
      poll.clear();
      poll.setInt(0, fd);
      poll.setShort(4, (short) 1);
      assertThat(libc.poll(poll, 1, 0)).isEqualTo(1);
      assertThat(poll.getShort(6)).isEqualTo((short) 1);
      assertThat(libc.ioctl(fd, 0x5401, buffer)).isEqualTo(NONE);
      assertThat(libc.lastError()).isEqualTo(ENOTTY);
      assertThat(libc.close(fd)).isZero();
      assertThat(libc.read(fd, buffer, 1)).isEqualTo(NONE);
      assertThat(libc.lastError()).isEqualTo(EBADF);
    }
    assertThat(file).hasContent("ab23456789");
  }

  @Test
  void socketsThatThereAreNotAreRefusedWithTheKernelsError() throws HardwareFault {
    NativeLibc libc = NativeLibc.load();
    assertThat(libc.socket(4711, 3, 0)).isEqualTo(NONE);
    assertThat(libc.lastError()).isEqualTo(EAFNOSUPPORT);
    try (Memory value = new Memory(16)) {
      value.clear();
      assertThat(libc.bind(NONE, value, 16)).isEqualTo(NONE);
      assertThat(libc.lastError()).isEqualTo(EBADF);
      assertThat(libc.setsockopt(NONE, 101, 1, value, 8)).isEqualTo(NONE);
      assertThat(libc.lastError()).isEqualTo(EBADF);
    }
  }

  @Test
  void aSleepUntilATimeThatIsOverEndsAtOnceAndOneOnNoClockIsRefused() throws HardwareFault {
    NativeLibc libc = NativeLibc.load();
    try (Memory time = new Memory(16)) {
      time.clear();
      assertThat(libc.clock_nanosleep(1, 1, time, Pointer.NULL)).isZero();
      assertThat(libc.clock_nanosleep(4711, 1, time, Pointer.NULL)).isPositive();
    }
  }

  @Test
  void saysWhichLibraryItIs() throws HardwareFault {
    assertThat(NativeLibc.load().origin()).isEqualTo(System.getProperty(NativeLibc.PROPERTY, "c"));
  }
}
