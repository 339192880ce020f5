package org.heliostat.payload.frame;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.heliostat.hal.CameraFrame;
import org.heliostat.protocol.CameraConfig;
import org.heliostat.protocol.FrameLayout;
import org.heliostat.protocol.SampleType;

/**
 * Where frames lie while they are worked on. {@link #take} decodes the instrument's file (told by
 * its first bytes, not its name) into one planar file that workers map; {@link #drop} removes it.
 * The camera keeps its own file until the product is durable, so what lies here may be lost. Owned
 * by one thread.
 */
public final class FrameStore {
  private static final byte[] NPY = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final byte[] ZIP = {'P', 'K', 3, 4};
  private static final byte[] TIFF_LITTLE = {'I', 'I', 42, 0};
  private static final byte[] TIFF_BIG = {'M', 'M', 0, 42};

  private static final Set<String> LAYOUTS = Set.of("", "CHW", "HWC");

  private final Path folder;
  private final CameraConfig camera;
  private boolean ready;

  /**
   * A store in an own folder; what an earlier run left there is removed, with the first frame at
   * the latest.
   */
  public FrameStore(Path folder, CameraConfig camera) {
    this.folder = folder;
    this.camera = camera;
    try {
      prepare();
    } catch (IOException e) {
      // a disk that takes nothing must not keep the payload from starting: it refuses frames then
    }
  }

  private void prepare() throws IOException {
    if (!ready) {
      Files.createDirectories(folder);
      try (DirectoryStream<Path> left = Files.newDirectoryStream(folder)) {
        for (Path file : left) {
          Files.delete(file);
        }
      } catch (DirectoryIteratorException e) {
        throw e.getCause();
      }
      ready = true;
    }
  }

  /**
   * Decodes a frame into the store.
   *
   * @throws FrameFault when the file is not a frame that this mission takes
   * @throws IOException when the store cannot be written (a full disk); the frame can be taken
   *     again later
   */
  public Frame take(CameraFrame offered) throws FrameFault, IOException {
    prepare();
    Map<String, String> sidecar = offered.properties();
    String layout = sidecar.getOrDefault("layout", "");
    if (!LAYOUTS.contains(layout)) {
      throw new FrameFault("sidecar says layout = " + layout);
    }
    byte[] magic = magic(offered.file());
    NpyReader npy = new NpyReader(camera.getBandsCount(), camera.getMaxSamples(), layout);
    Planes planes;
    List<Double> bbox = List.of();
    if (startsWith(magic, NPY)) {
      planes = npy.readNpy(offered.file());
    } else if (startsWith(magic, ZIP)) {
      planes = npy.readNpz(offered.file());
    } else if (startsWith(magic, TIFF_LITTLE) || startsWith(magic, TIFF_BIG)) {
      GeoTiffReader.Result result = new GeoTiffReader(camera.getMaxSamples()).read(offered.file());
      planes = result.planes();
      bbox = result.bbox();
    } else {
      throw new FrameFault("not a GeoTIFF, npy or npz file");
    }
    List<String> bands = bands(sidecar, planes.bands().size());
    FrameLayout.Builder described =
        FrameLayout.newBuilder()
            .setPath(folder.resolve(offered.id() + ".raw").toString())
            .setWidth(planes.width())
            .setHeight(planes.height())
            .addAllBands(bands)
            .setSampleType(planes.type())
            .setScale(number(sidecar, "reflectance_scale").orElse(defaultScale(planes.type())))
            .setOffset(number(sidecar, "reflectance_offset").orElse(0.0));
    double nodata = number(sidecar, "nodata").orElse(planes.nodata());
    if (!Double.isNaN(nodata)) {
      described.setNodata(nodata);
    }
    if (sidecar.containsKey("bbox")) {
      bbox = numbers(sidecar.getOrDefault("bbox", ""));
    }
    long acquiredNanos = nanos(sidecar);
    Path raw = Path.of(described.getPath());
    try {
      write(raw, planes);
      FrameLayout complete = described.build();
      return new Frame(
          offered.id(),
          sidecar.getOrDefault("source", String.valueOf(offered.file().getFileName())),
          raw,
          complete,
          acquiredNanos,
          bbox,
          (planes.bands().size() * (long) planes.width() * planes.height() * bits(planes.type())
                  + 7)
              / 8,
          validFraction(complete));
    } catch (IOException e) {
      Files.deleteIfExists(raw);
      throw e;
    }
  }

  /** Removes a frame from the store. */
  public void drop(Frame frame) throws IOException {
    Files.deleteIfExists(frame.raw());
  }

  private int bits(SampleType type) {
    // a sample costs what the instrument sends, never what its file pads it to
    return type == SampleType.UINT8
        ? Math.min(8, camera.getBitsPerSample())
        : camera.getBitsPerSample();
  }

  private double defaultScale(SampleType type) {
    return switch (type) {
      case UINT8 -> camera.getUint8Scale();
      case UINT16, INT16 -> camera.getUint16Scale();
      default -> 1.0;
    };
  }

  private List<String> bands(Map<String, String> sidecar, int count) throws FrameFault {
    String named = sidecar.getOrDefault("bands", "");
    List<String> bands =
        named.isBlank() ? camera.getBandsList() : List.of(named.trim().split("\\s*,\\s*", -1));
    if (bands.size() != count) {
      throw new FrameFault(
          "frame has " + count + " bands, the instrument " + bands.size() + " " + bands);
    }
    return bands;
  }

  private static double validFraction(FrameLayout layout) throws IOException {
    long valid = 0;
    try (SampleReader samples = new SampleReader(layout)) {
      for (int y = 0; y < layout.getHeight(); y++) {
        for (int x = 0; x < layout.getWidth(); x++) {
          if (valid(samples, layout.getBandsCount(), x, y)) {
            valid++;
          }
        }
      }
    }
    return (double) valid / ((long) layout.getWidth() * layout.getHeight());
  }

  /** Whether a pixel has data in every band. */
  public static boolean valid(SampleReader samples, int bands, int x, int y) throws IOException {
    for (int b = 0; b < bands; b++) {
      if (Float.isNaN(samples.reflectance(b, x, y))) {
        return false;
      }
    }
    return true;
  }

  private static void write(Path file, Planes planes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      for (ByteBuffer plane : planes.bands()) {
        ByteBuffer bytes = plane.duplicate();
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
      }
    }
  }

  private static byte[] magic(Path file) throws FrameFault {
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(8);
    } catch (IOException e) {
      throw new FrameFault("file cannot be read: " + e.getMessage(), e);
    }
  }

  private static boolean startsWith(byte[] bytes, byte[] start) {
    if (bytes.length < start.length) {
      return false;
    }
    for (int i = 0; i < start.length; i++) {
      if (bytes[i] != start[i]) {
        return false;
      }
    }
    return true;
  }

  private static Optional<Double> number(Map<String, String> sidecar, String key)
      throws FrameFault {
    String text = sidecar.getOrDefault(key, "").trim();
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Double.valueOf(text));
    } catch (NumberFormatException e) {
      throw new FrameFault("sidecar says " + key + " = " + text, e);
    }
  }

  /** Not by way of a double: that has no room for the nanoseconds of more than 104 days. */
  private static long nanos(Map<String, String> sidecar) throws FrameFault {
    String text = sidecar.getOrDefault("acquired_nanos", "0").trim();
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new FrameFault("sidecar says acquired_nanos = " + text, e);
    }
  }

  private static List<Double> numbers(String text) throws FrameFault {
    List<Double> numbers = new ArrayList<>();
    for (String part : text.trim().split("\\s*,\\s*", -1)) {
      try {
        numbers.add(Double.valueOf(part));
      } catch (NumberFormatException e) {
        throw new FrameFault("sidecar says bbox = " + text, e);
      }
    }
    if (numbers.size() != 4) {
      throw new FrameFault("sidecar says bbox = " + text);
    }
    return List.copyOf(numbers);
  }
}
