package org.heliostat.payload.frame;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import mil.nga.tiff.FieldTagType;
import mil.nga.tiff.FieldType;
import mil.nga.tiff.FileDirectory;
import mil.nga.tiff.Rasters;
import mil.nga.tiff.TIFFImage;
import mil.nga.tiff.TiffReader;
import mil.nga.tiff.util.TiffConstants;
import mil.nga.tiff.util.TiffException;
import org.heliostat.protocol.SampleType;

/**
 * Reads the first image of a GeoTIFF (TIFF 6.0, GeoTIFF 1.1): 8-bit, 16-bit and float samples,
 * GDAL's nodata tag, and the footprint where the file is in geographic coordinates.
 */
final class GeoTiffReader {
  private static final int GDAL_NODATA = 42113;
  private static final int GEO_KEYS = 34735;
  private static final int MODEL_TYPE_KEY = 1024;
  private static final int GEOGRAPHIC = 2;
  private static final int OLD_DEFLATE = 32946;

  /** More than LZW or deflate can make of a byte; what claims more is damaged. */
  private static final long MAX_INFLATION = 2800;

  private final long maxSamples;

  GeoTiffReader(long maxSamples) {
    this.maxSamples = maxSamples;
  }

  /** Samples and, where known, west, south, east, north in degrees. */
  record Result(Planes planes, List<Double> bbox) {}

  Result read(Path file) throws FrameFault {
    try {
      if (Files.size(file) > maxSamples * 8) {
        throw new FrameFault("GeoTIFF of " + Files.size(file) + " bytes is over the limit");
      }
      TiffDirectories.check(file);
      TIFFImage image = TiffReader.readTiff(file.toFile());
      FileDirectory directory = image.getFileDirectory();
      checkSize(directory, Files.size(file));
      checkDeflated(directory, file);
      Rasters rasters = rasters(directory);
      return new Result(planes(rasters, nodata(directory)), bbox(directory, rasters));
    } catch (IOException e) {
      throw new FrameFault("GeoTIFF cannot be read: " + e.getMessage(), e);
    } catch (TiffException | IndexOutOfBoundsException | NegativeArraySizeException e) {
      throw new FrameFault("GeoTIFF is truncated or damaged: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      // the library lets what a damaged file provokes through unchecked
      throw new FrameFault("GeoTIFF is damaged: " + e, e);
    }
  }

  private void checkSize(FileDirectory directory, long fileBytes) throws FrameFault {
    long width = directory.getImageWidth().longValue();
    long height = directory.getImageHeight().longValue();
    long bands = directory.getSamplesPerPixel();
    if (width < 1 || height < 1 || width > 1 << 20 || height > 1 << 20 || bands < 1 || bands > 64) {
      throw new FrameFault(bands + " bands of " + width + " x " + height + " pixels");
    }
    if (width * height * bands > Math.min(maxSamples, Integer.MAX_VALUE / 8)) {
      throw new FrameFault(
          width * height * bands + " samples are over the mission's limit of " + maxSamples);
    }
    if (width * height * bands > fileBytes * MAX_INFLATION) {
      throw new FrameFault(
          "GeoTIFF of " + fileBytes + " bytes claims " + width * height * bands + " samples");
    }
  }

  /**
   * Inflates every strip or tile once, into nothing: the library waits for ever for the rest of a
   * deflated strip that was cut off, and sets no bound to what a strip may grow to.
   */
  private void checkDeflated(FileDirectory directory, Path file) throws IOException, FrameFault {
    int compression = directory.getCompression();
    if (compression != TiffConstants.COMPRESSION_DEFLATE && compression != OLD_DEFLATE) {
      return;
    }
    List<? extends Number> offsets =
        directory.isTiled() ? directory.getTileOffsets() : directory.getStripOffsets();
    List<Number> counts =
        directory.isTiled() ? directory.getTileByteCounts() : directory.getStripByteCounts();
    long left = maxSamples * 8;
    Inflater inflater = new Inflater();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      byte[] nowhere = new byte[1 << 16];
      for (int i = 0; i < offsets.size(); i++) {
        long from = offsets.get(i).longValue();
        long count = counts.get(i).longValue();
        if (from < 0 || count < 0 || from + count > channel.size()) {
          throw new FrameFault(
              "GeoTIFF is truncated or damaged: strip " + i + " is beyond the end");
        }
        inflater.reset();
        inflater.setInput(channel.map(FileChannel.MapMode.READ_ONLY, from, count));
        while (!inflater.finished()) {
          int made = inflater.inflate(nowhere);
          left -= made;
          if ((made == 0 && !inflater.finished()) || left < 0) {
            throw new FrameFault(
                "GeoTIFF is truncated or damaged: strip " + i + " does not inflate");
          }
        }
      }
    } catch (DataFormatException e) {
      throw new FrameFault("GeoTIFF is truncated or damaged: " + e.getMessage(), e);
    } finally {
      inflater.end();
    }
  }

  private static Rasters rasters(FileDirectory directory) throws FrameFault {
    try {
      return directory.readRasters();
    } catch (OutOfMemoryError e) {
      // as in Planes.plane: the library's buffers lie outside the heap, too
      throw new FrameFault(
          "no memory for "
              + directory.getSamplesPerPixel()
              + " bands of "
              + directory.getImageWidth()
              + " x "
              + directory.getImageHeight()
              + " pixels: "
              + e.getMessage(),
          e);
    }
  }

  private static Planes planes(Rasters rasters, double nodata) throws FrameFault {
    FieldType field = rasters.getFieldTypes()[0];
    SampleType type =
        switch (field) {
          case BYTE -> SampleType.UINT8;
          case SHORT -> SampleType.UINT16;
          case SSHORT -> SampleType.INT16;
          case FLOAT, DOUBLE -> SampleType.FLOAT32;
          default -> throw new FrameFault("GeoTIFF samples of type " + field);
        };
    int pixels = rasters.getWidth() * rasters.getHeight();
    ByteBuffer[] bands = new ByteBuffer[rasters.getSamplesPerPixel()];
    for (int b = 0; b < bands.length; b++) {
      if (rasters.getFieldTypes()[b] != field) {
        throw new FrameFault("GeoTIFF with bands of different types");
      }
      ByteBuffer from =
          rasters.getSampleValues()[b].duplicate().order(rasters.getSampleValues()[b].order());
      ByteBuffer to = Planes.plane(pixels, type);
      for (int i = 0; i < pixels; i++) {
        switch (field) {
          case BYTE -> to.put(from.get(i));
          case SHORT, SSHORT -> to.putShort(from.getShort(2 * i));
          case FLOAT -> to.putFloat(from.getFloat(4 * i));
          default -> to.putFloat((float) from.getDouble(8 * i));
        }
      }
      bands[b] = to.flip();
    }
    return new Planes(rasters.getWidth(), rasters.getHeight(), type, List.of(bands), nodata);
  }

  private static double nodata(FileDirectory directory) {
    FieldTagType tag = FieldTagType.getById(GDAL_NODATA);
    String text = tag == null ? null : directory.getStringEntryValue(tag);
    if (text == null) {
      return Double.NaN;
    }
    try {
      return Double.parseDouble(text.trim());
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  private static List<Double> bbox(FileDirectory directory, Rasters rasters) {
    List<Double> scale = directory.getModelPixelScale();
    List<Double> tie = directory.getModelTiepoint();
    if (scale == null
        || tie == null
        || scale.size() < 2
        || tie.size() < 5
        || !geographic(directory)) {
      return List.of();
    }
    double west = tie.get(3) - tie.get(0) * scale.get(0);
    double north = tie.get(4) + tie.get(1) * scale.get(1);
    double east = west + rasters.getWidth() * scale.get(0);
    double south = north - rasters.getHeight() * scale.get(1);
    return List.of(west, south, east, north);
  }

  private static boolean geographic(FileDirectory directory) {
    FieldTagType tag = FieldTagType.getById(GEO_KEYS);
    if (tag == null || directory.get(tag) == null) {
      return false;
    }
    if (!(directory.get(tag).getValues() instanceof List<?> keys)) {
      return false;
    }
    for (int i = 4; i + 3 < keys.size(); i += 4) {
      if (keys.get(i) instanceof Number key
          && key.intValue() == MODEL_TYPE_KEY
          && keys.get(i + 3) instanceof Number value) {
        return value.intValue() == GEOGRAPHIC;
      }
    }
    return false;
  }
}
