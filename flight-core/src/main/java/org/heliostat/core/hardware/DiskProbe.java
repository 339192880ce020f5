package org.heliostat.core.hardware;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.heliostat.core.time.MissionClock;
import org.heliostat.protocol.DeviceFault;

/**
 * Writes a small file again and again, on a thread of its own, and says how the disk takes it. All
 * times are of the host. Thread-safe.
 */
final class DiskProbe implements AutoCloseable {
  /** The disk's name as a device. */
  static final String DEVICE = "storage";

  static final int PROBE_BYTES = 4096;

  /** A forced write that takes longer, twice in a row, is slow. */
  static final long SLOW_NANOS = 500_000_000L;

  /** One that takes longer hangs. */
  static final long HUNG_NANOS = 5_000_000_000L;

  private static final long PERIOD_MILLIS = 1_000;
  private static final int SLOW_IN_A_ROW = 2;

  /** One write of the probe. */
  interface Write {
    void run() throws IOException;
  }

  private final Write write;
  private final MissionClock clock;
  private final CountDownLatch over = new CountDownLatch(1);
  private volatile Optional<Finding> last = Optional.empty();
  private volatile long startedNanos;
  private volatile boolean writing;
  private int slow;

  DiskProbe(Path file, MissionClock clock) {
    this(() -> write(file), clock);
    Thread thread = new Thread(this::run, "disk-probe");
    thread.setDaemon(true);
    thread.start();
  }

  /** Without a thread: {@link #probe} is called by hand. */
  DiskProbe(Write write, MissionClock clock) {
    this.write = write;
    this.clock = clock;
  }

  /** What is wrong with the disk. */
  Optional<Finding> finding() {
    // in this order: a start that is read first may be that of the write before
    boolean busy = writing;
    long waited = clock.hostNanos() - startedNanos;
    if (busy && waited > HUNG_NANOS) {
      return Optional.of(
          new Finding(
              DeviceFault.STORAGE_HUNG,
              String.format(Locale.ROOT, "a write has not come back for %.0f s", waited / 1e9)));
    }
    return last;
  }

  private void run() {
    try {
      do {
        probe();
      } while (!over.await(PERIOD_MILLIS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  void probe() {
    startedNanos = clock.hostNanos();
    writing = true;
    try {
      write.run();
      long took = clock.hostNanos() - startedNanos;
      slow = took > SLOW_NANOS ? slow + 1 : 0;
      last =
          slow >= SLOW_IN_A_ROW
              ? Optional.of(
                  new Finding(
                      DeviceFault.STORAGE_SLOW,
                      String.format(Locale.ROOT, "%d bytes took %.2f s", PROBE_BYTES, took / 1e9)))
              : Optional.empty();
    } catch (IOException e) {
      last = Optional.of(new Finding(fault(e), String.valueOf(e.getMessage())));
    } finally {
      writing = false;
    }
  }

  /** The JDK gives the errors of the system as text alone. */
  private static DeviceFault fault(IOException failure) {
    String text = String.valueOf(failure.getMessage());
    if (text.contains("No space left on device")) {
      return DeviceFault.STORAGE_FULL;
    }
    return text.contains("Read-only file system")
        ? DeviceFault.STORAGE_READ_ONLY
        : DeviceFault.STORAGE_IO_ERROR;
  }

  private static void write(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      ByteBuffer bytes = ByteBuffer.allocate(PROBE_BYTES);
      while (bytes.hasRemaining()) {
        int unused = channel.write(bytes);
      }
      channel.force(true);
    }
  }

  @Override
  public void close() {
    over.countDown();
  }
}
