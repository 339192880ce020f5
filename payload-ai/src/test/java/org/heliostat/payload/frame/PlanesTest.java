package org.heliostat.payload.frame;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import mil.nga.tiff.FieldType;
import mil.nga.tiff.util.TiffConstants;
import org.heliostat.protocol.SampleType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class PlanesTest {
  @TempDir private Path folder;

  /** A JVM with little memory of this kind. */
  static final class LittleMemory {
    public static void main(String[] arguments) throws FrameFault {
      int small = Planes.plane(1 << 10, SampleType.FLOAT32).capacity();
      try {
        System.out.println(Planes.plane(1 << 20, SampleType.FLOAT32).capacity());
      } catch (FrameFault e) {
        System.out.println(small + " and " + e.reason());
      }
      GeoTiffReader tiff = new GeoTiffReader(1 << 20);
      int width = tiff.read(Path.of(arguments[0])).planes().width();
      // the first is more than the memory holds in the library's rasters, the second with planes
      for (String large : List.of(arguments[1], arguments[2])) {
        try {
          System.out.println(tiff.read(Path.of(large)));
        } catch (FrameFault e) {
          System.out.println(width + " and " + e.reason());
        }
      }
    }
  }

  private String tiff(int width, int height) throws IOException {
    Path file = folder.resolve(width + "x" + height + ".tif");
    Files.write(
        file,
        GeoTiffReaderTest.tiff(
            width, height, FieldType.SHORT, TiffConstants.COMPRESSION_NO, false, ""));
    return file.toString();
  }

  @Test
  @Timeout(60)
  void aFrameThatTheMemoryDoesNotHoldIsAFaultOfThatFrame() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:MaxDirectMemorySize=1m",
                "-cp",
                System.getProperty("java.class.path"),
                LittleMemory.class.getName(),
                tiff(7, 5),
                tiff(600, 512),
                tiff(400, 512))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(said.lines())
          .satisfiesExactly(
              line -> assertThat(line).startsWith("4096 and no memory for 1048576 samples"),
              line ->
                  assertThat(line).startsWith("7 and no memory for 2 bands of 600 x 512 pixels"),
              line -> assertThat(line).startsWith("7 and no memory for 204800 samples"));
    } finally {
      process.destroyForcibly();
    }
  }
}
