package org.heliostat.hil.rig;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.heliostat.protocol.Scenario.FaultKind;

/**
 * The rig's disk (see {@code src/main/storage}), told what is wrong by a file of two 64-bit words:
 * what, and how much. One thread.
 */
final class StorageControl implements StorageFaults {
  private static final int BYTES = 16;

  private final ByteBuffer control;

  private StorageControl(ByteBuffer control) {
    this.control = control;
  }

  /** Opens the file that the disk has mapped. */
  static StorageControl open(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      if (channel.size() != BYTES) {
        throw new IOException(file + " is not a control file of the rig's disk");
      }
      return new StorageControl(
          channel.map(FileChannel.MapMode.READ_WRITE, 0, BYTES).order(ByteOrder.nativeOrder()));
    }
  }

  @Override
  public boolean plays(FaultKind kind) {
    return code(kind) != 0;
  }

  @Override
  public void set(FaultKind kind, double value) {
    control.putLong(8, Math.round(value));
    control.putLong(0, code(kind));
  }

  @Override
  public void clear() {
    control.putLong(0, 0);
  }

  /** As in {@code rig_storage.c}. */
  private static long code(FaultKind kind) {
    return switch (kind) {
      case DISK_SLOW -> 1;
      case DISK_READ_ONLY -> 2;
      case DISK_FULL -> 3;
      case DISK_IO_ERROR -> 4;
      case DISK_HUNG -> 5;
      default -> 0;
    };
  }
}
