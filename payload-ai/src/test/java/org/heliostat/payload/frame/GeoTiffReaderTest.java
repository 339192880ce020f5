package org.heliostat.payload.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import mil.nga.tiff.FieldTagType;
import mil.nga.tiff.FieldType;
import mil.nga.tiff.FileDirectory;
import mil.nga.tiff.FileDirectoryEntry;
import mil.nga.tiff.Rasters;
import mil.nga.tiff.TIFFImage;
import mil.nga.tiff.TiffWriter;
import mil.nga.tiff.util.TiffConstants;
import org.heliostat.protocol.SampleType;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GeoTiffReaderTest {
  private static final int WIDTH = 7;
  private static final int HEIGHT = 5;

  @TempDir private Path folder;

  private static byte[] tiff(FieldType type, int compression, boolean georeferenced, String nodata)
      throws IOException {
    return tiff(WIDTH, HEIGHT, type, compression, georeferenced, nodata);
  }

  /** With two bands. */
  static byte[] tiff(
      int width, int height, FieldType type, int compression, boolean georeferenced, String nodata)
      throws IOException {
    FieldType[] types = {type, type};
    Rasters rasters = new Rasters(width, height, types, ByteOrder.LITTLE_ENDIAN);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        for (int b = 0; b < 2; b++) {
          int value = 100 * b + 10 * y + x;
          Number sample =
              switch (type) {
                case FLOAT -> Float.valueOf(value);
                case DOUBLE -> Double.valueOf(value);
                case BYTE -> Short.valueOf((short) value);
                case SSHORT -> Short.valueOf((short) -value);
                default -> Integer.valueOf(value);
              };
          rasters.setPixelSample(b, x, y, sample);
        }
      }
    }
    FileDirectory directory = new FileDirectory(new TreeSet<>(), rasters);
    directory.setImageWidth(width);
    directory.setImageHeight(height);
    directory.setBitsPerSample(rasters.getBitsPerSample());
    directory.setSampleFormat(rasters.getSampleFormat());
    directory.setCompression(compression);
    directory.setPhotometricInterpretation(TiffConstants.PHOTOMETRIC_INTERPRETATION_BLACK_IS_ZERO);
    directory.setSamplesPerPixel(2);
    directory.setRowsPerStrip(
        rasters.calculateRowsPerStrip(TiffConstants.PLANAR_CONFIGURATION_CHUNKY));
    directory.setPlanarConfiguration(TiffConstants.PLANAR_CONFIGURATION_CHUNKY);
    if (georeferenced) {
      directory.setModelPixelScale(List.of(0.5, 0.25, 0.0));
      directory.setModelTiepoint(List.of(0.0, 0.0, 0.0, 10.0, 50.0, 0.0));
      // key directory version 1.1.0 with one key: GTModelTypeGeoKey = geographic
      directory.setUnsignedIntegerListEntryValue(
          FieldTagType.GeoKeyDirectory, List.of(1, 1, 0, 1, 1024, 0, 1, 2));
    }
    if (!nodata.isEmpty()) {
      directory.addEntry(
          new FileDirectoryEntry(
              FieldTagType.GDAL_NODATA, FieldType.ASCII, nodata.length() + 1L, List.of(nodata)));
    }
    directory.setWriteRasters(rasters);
    TIFFImage image = new TIFFImage();
    image.add(directory);
    return TiffWriter.writeTiffToBytes(image);
  }

  private GeoTiffReader.Result read(byte[] bytes) throws IOException, FrameFault {
    Path file = folder.resolve("f.tif");
    Files.write(file, bytes);
    return new GeoTiffReader(1000).read(file);
  }

  @ParameterizedTest
  @CsvSource({"BYTE, UINT8", "SHORT, UINT16", "SSHORT, INT16", "FLOAT, FLOAT32", "DOUBLE, FLOAT32"})
  void readsEveryType(FieldType field, SampleType type) throws Exception {
    for (int compression :
        List.of(TiffConstants.COMPRESSION_NO, TiffConstants.COMPRESSION_DEFLATE)) {
      Planes planes = read(tiff(field, compression, false, "")).planes();
      assertThat(planes.type()).isEqualTo(type);
      assertThat(planes.width()).isEqualTo(WIDTH);
      assertThat(planes.height()).isEqualTo(HEIGHT);
      assertThat(planes.bands()).hasSize(2);
      assertThat(planes.nodata()).isNaN();
      for (int b = 0; b < 2; b++) {
        ByteBuffer band = planes.bands().get(b).duplicate().order(ByteOrder.LITTLE_ENDIAN);
        assertThat(band.remaining()).isEqualTo(WIDTH * HEIGHT * Planes.bytes(type));
        int at = 3 * WIDTH + 4;
        int expected = 100 * b + 34;
        double sample =
            switch (type) {
              case UINT8 -> band.get(at) & 0xFF;
              case UINT16 -> band.getShort(2 * at) & 0xFFFF;
              case INT16 -> -band.getShort(2 * at);
              default -> band.getFloat(4 * at);
            };
        assertThat(sample).isEqualTo(expected, within(0.0));
      }
    }
  }

  @Test
  void readsFootprintAndNodata() throws Exception {
    GeoTiffReader.Result result =
        read(tiff(FieldType.SHORT, TiffConstants.COMPRESSION_NO, true, "113"));
    assertThat(result.bbox()).containsExactly(10.0, 48.75, 13.5, 50.0);
    assertThat(result.planes().nodata()).isEqualTo(113);
    assertThat(read(tiff(FieldType.SHORT, TiffConstants.COMPRESSION_NO, false, "none")).bbox())
        .isEmpty();
    assertThat(
            read(tiff(FieldType.SHORT, TiffConstants.COMPRESSION_NO, false, "none"))
                .planes()
                .nodata())
        .isNaN();
  }

  @Test
  void refusesWhatIsNoFrame() throws Exception {
    byte[] unsigned = tiff(FieldType.LONG, TiffConstants.COMPRESSION_NO, false, "");
    assertThatThrownBy(() -> read(unsigned))
        .isInstanceOf(FrameFault.class)
        .hasMessageContaining("LONG");
    Path file = folder.resolve("f.tif");
    Files.write(file, tiff(FieldType.SHORT, TiffConstants.COMPRESSION_NO, false, ""));
    assertThatThrownBy(() -> new GeoTiffReader(69).read(file))
        .isInstanceOf(FrameFault.class)
        .hasMessageContaining("70 samples are over the mission's limit of 69");
    assertThatThrownBy(() -> new GeoTiffReader(1000).read(folder.resolve("none.tif")))
        .isInstanceOf(FrameFault.class);
  }

  @Test
  void aFileCutAtAnyByteIsAFrameFault() throws Exception {
    byte[] whole = tiff(FieldType.SHORT, TiffConstants.COMPRESSION_NO, true, "");
    int faults = 0;
    for (int length = 8; length < whole.length; length++) {
      try {
        read(Arrays.copyOf(whole, length));
      } catch (FrameFault e) {
        faults++;
      }
    }
    // what the writer puts last may be padding
    assertThat(faults).isGreaterThan(whole.length - 24);
  }

  @Test
  void aChainOfDirectoriesThatClosesOnItselfEnds() throws Exception {
    byte[] file = tiff(FieldType.SHORT, TiffConstants.COMPRESSION_NO, false, "");
    ByteBuffer bytes =
        ByteBuffer.wrap(file)
            .order(file[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    int first = bytes.getInt(4);
    bytes.putInt(first + 2 + 12 * bytes.getShort(first), first);
    assertThatThrownBy(
            () -> Assertions.assertTimeoutPreemptively(Duration.ofSeconds(20), () -> read(file)))
        .isInstanceOf(FrameFault.class)
        .hasMessageContaining("directories");
  }

  @Test
  void aSizeThatTheFileCannotHoldTakesNoMemory() throws Exception {
    byte[] file = tiff(FieldType.SHORT, TiffConstants.COMPRESSION_NO, false, "");
    ByteBuffer bytes =
        ByteBuffer.wrap(file)
            .order(file[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    int first = bytes.getInt(4);
    for (int i = 0; i < bytes.getShort(first); i++) {
      int at = first + 2 + 12 * i;
      int tag = bytes.getShort(at);
      if (tag == 256 || tag == 257) {
        bytes.putShort(at + 2, (short) 4).putInt(at + 4, 1).putInt(at + 8, 10_000);
      }
    }
    Path path = folder.resolve("f.tif");
    Files.write(path, file);
    assertThatThrownBy(() -> new GeoTiffReader(268_435_456).read(path))
        .isInstanceOf(FrameFault.class)
        .hasMessageContaining("claims 200000000 samples");
  }

  @Test
  @Timeout(120)
  void changedBytesNeverGiveAnythingButAFrameOrAFault() throws Exception {
    Random random = new Random(12);
    int faults = 0;
    for (int compression :
        List.of(TiffConstants.COMPRESSION_NO, TiffConstants.COMPRESSION_DEFLATE)) {
      byte[] whole = tiff(FieldType.FLOAT, compression, true, "7");
      for (int i = 0; i < 3000; i++) {
        byte[] file = whole.clone();
        for (int n = random.nextInt(3); n >= 0; n--) {
          file[random.nextInt(file.length)] = (byte) random.nextInt();
        }
        try {
          read(file);
        } catch (FrameFault e) {
          faults++;
        }
      }
    }
    assertThat(faults).isGreaterThan(500);
  }
}
