package org.heliostat.payload.frame;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.heliostat.payload.Budget;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A frame file with anything in it is a frame or a {@link FrameFault} with a reason. */
@Timeout(10)
class FrameReadersFuzzTest {
  private static final int MAX_SAMPLES = 100_000;
  private static final long MAX_ALLOCATED = 32 << 20;

  @TempDir private Path folder;

  private interface Reader {
    Planes read(Path file) throws FrameFault;
  }

  @FuzzTest(maxDuration = "60s")
  void npy(byte[] bytes) throws IOException {
    check(bytes, file -> new NpyReader(6, MAX_SAMPLES, "").readNpy(file));
  }

  @FuzzTest(maxDuration = "60s")
  void npz(byte[] bytes) throws IOException {
    check(bytes, file -> new NpyReader(6, MAX_SAMPLES, "").readNpz(file));
  }

  @FuzzTest(maxDuration = "60s")
  void geoTiff(byte[] bytes) throws IOException {
    check(bytes, file -> new GeoTiffReader(MAX_SAMPLES).read(file).planes());
  }

  private void check(byte[] bytes, Reader reader) throws IOException {
    Path file = folder.resolve("frame");
    Files.write(file, bytes);
    Budget budget = new Budget();
    try {
      Planes planes = reader.read(file);
      assertThat(planes.bands()).isNotEmpty();
      assertThat((long) planes.width() * planes.height() * planes.bands().size())
          .isBetween(1L, (long) MAX_SAMPLES);
      for (ByteBuffer band : planes.bands()) {
        assertThat(band.remaining())
            .isEqualTo(planes.width() * planes.height() * Planes.bytes(planes.type()));
      }
    } catch (FrameFault e) {
      assertThat(e.reason()).isNotEmpty();
    }
    budget.atMost(MAX_ALLOCATED);
  }
}
