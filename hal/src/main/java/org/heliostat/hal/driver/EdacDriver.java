package org.heliostat.hal.driver;

import java.util.Set;
import org.heliostat.hal.Board;
import org.heliostat.hal.Device;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.MemoryErrorCounter;
import org.heliostat.hal.MemoryErrorReading;
import org.heliostat.hal.os.SysfsFile;

/**
 * Counters of a memory controller through the kernel's EDAC ({@code
 * Documentation/admin-guide/RAS/main.rst}: {@code /sys/devices/system/edac/mc/mcN/ce_count} and
 * {@code ue_count}).
 *
 * <p>Parameter: {@code controller} (0 to 63; default 0).
 */
public final class EdacDriver extends PartDriver<Integer> {
  public EdacDriver() {
    super("edac", MemoryErrorCounter.class, Set.of("controller"));
  }

  @Override
  Integer settings(Parameters given) throws HardwareFault {
    return given.integer("controller", 0, 63, 0);
  }

  @Override
  Device device(String deviceName, Integer controller, Board board) {
    return new Edac(deviceName, board, "/sys/devices/system/edac/mc/mc" + controller);
  }

  private static final class Edac extends Sampled<MemoryErrorReading>
      implements MemoryErrorCounter {
    private final Board board;
    private final SysfsFile correctedFile;
    private final SysfsFile uncorrectedFile;

    private long corrected;
    private long uncorrected;

    Edac(String name, Board board, String folder) {
      super(name);
      this.board = board;
      this.correctedFile = new SysfsFile(board.system(), name, folder + "/ce_count");
      this.uncorrectedFile = new SysfsFile(board.system(), name, folder + "/ue_count");
    }

    @Override
    protected void measure() throws HardwareFault {
      long right = correctedFile.readLong();
      long wrong = uncorrectedFile.readLong();
      long taken = board.monotonicNanos();
      synchronized (sample) {
        corrected = right;
        uncorrected = wrong;
        taken(taken);
      }
    }

    @Override
    protected MemoryErrorReading record(long takenNanos) {
      return new MemoryErrorReading(corrected, uncorrected, takenNanos);
    }

    @Override
    public void close() {
      correctedFile.close();
      uncorrectedFile.close();
    }
  }
}
