package org.heliostat.payload.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.heliostat.hal.CameraFrame;
import org.heliostat.payload.TestFrames;
import org.heliostat.protocol.CameraConfig;
import org.heliostat.protocol.FrameLayout;
import org.heliostat.protocol.SampleType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FrameStoreTest {
  private static final CameraConfig CAMERA =
      CameraConfig.newBuilder()
          .setDevice("camera")
          .setBitsPerSample(12)
          .addBands("blue")
          .addBands("green")
          .setMaxSamples(10_000)
          .build();

  @TempDir private Path folder;

  private FrameStore store() {
    return new FrameStore(folder.resolve("store"), CAMERA);
  }

  private CameraFrame offered(byte[] file, Map<String, String> sidecar) throws IOException {
    Path path = folder.resolve("f1.bin");
    Files.write(path, file);
    return new CameraFrame("f1", path, sidecar);
  }

  private Frame take(byte[] file) throws IOException, FrameFault {
    return take(file, Map.of());
  }

  private Frame take(byte[] file, Map<String, String> sidecar) throws IOException, FrameFault {
    return store().take(offered(file, sidecar));
  }

  private void refused(byte[] file, Map<String, String> sidecar, String... words) {
    assertThatThrownBy(() -> take(file, sidecar))
        .isInstanceOf(FrameFault.class)
        .message()
        .contains(words);
    assertThat(folder.resolve("store")).isEmptyDirectory();
  }

  /** Two bands of 3 x 2 pixels, band by band. */
  private static byte[] twoBands(String descr) {
    return TestFrames.npy(
        1,
        descr,
        false,
        "2, 2, 3",
        TestFrames.samples(descr, 1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16));
  }

  /** As on a disk that can only be read. */
  @Test
  void aFolderThatCannotBeMadeNowRefusesFramesUntilItCanBe() throws Exception {
    Path file = Files.createFile(folder.resolve("store"));
    FrameStore store = store();
    CameraFrame offered = offered(twoBands("|u1"), Map.of());
    assertThatThrownBy(() -> store.take(offered)).isInstanceOf(IOException.class);
    Files.delete(file);
    assertThat(store.take(offered).raw()).exists();
  }

  @Test
  void whatAnEarlierRunLeftIsRemoved() throws Exception {
    Frame left = take(twoBands("|u1"));
    FrameStore unused = store();
    assertThat(left.raw()).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({
    "|u1, UINT8, 0.00392156862745098",
    "<u2, UINT16, 0.0001",
    ">u2, UINT16, 0.0001",
    "<i2, INT16, 0.0001",
    ">i2, INT16, 0.0001",
    "<f4, FLOAT32, 1",
    ">f4, FLOAT32, 1",
    "<f8, FLOAT32, 1",
    ">f8, FLOAT32, 1",
    "=f4, FLOAT32, 1"
  })
  void readsEveryTypeAndByteOrder(String descr, SampleType type, double scale) throws Exception {
    Frame frame = take(twoBands(descr));
    assertThat(frame.layout().getSampleType()).isEqualTo(type);
    assertThat(frame.layout().getBandsList()).containsExactly("blue", "green");
    assertThat(frame.layout().getWidth()).isEqualTo(3);
    assertThat(frame.layout().getHeight()).isEqualTo(2);
    FrameLayout samples = frame.layout();
    assertThat(sample(samples, 0, 0, 0)).isEqualTo((float) scale, within(1e-9f));
    assertThat(sample(samples, 0, 2, 1)).isEqualTo((float) (6 * scale), within(1e-6f));
    assertThat(sample(samples, 1, 1, 0)).isEqualTo((float) (12 * scale), within(1e-6f));
    assertThat(frame.validFraction()).isEqualTo(1);
  }

  @Test
  void integersKeepTheirSign() throws Exception {
    byte[] signed =
        TestFrames.npy(1, "<i2", false, "2, 1, 2", TestFrames.samples("<i2", -5, 32767, -32768, 7));
    FrameLayout i2 = take(signed).layout();
    assertThat(sample(i2, 0, 0, 0)).isEqualTo(-0.0005f, within(1e-7f));
    assertThat(sample(i2, 1, 0, 0)).isEqualTo(-3.2768f, within(1e-5f));
    byte[] unsigned =
        TestFrames.npy(1, ">u2", false, "2, 1, 1", TestFrames.samples(">u2", 65535, 40000));
    FrameLayout u2 = take(unsigned).layout();
    assertThat(sample(u2, 0, 0, 0)).isEqualTo(6.5535f, within(1e-5f));
    assertThat(sample(u2, 1, 0, 0)).isEqualTo(4.0f, within(1e-5f));
  }

  @Test
  void tellsTheBandAxis() throws Exception {
    byte[] last =
        TestFrames.npy(
            1,
            "<f4",
            false,
            "2, 3, 2",
            TestFrames.samples("<f4", 1, 11, 2, 12, 3, 13, 4, 14, 5, 15, 6, 16));
    // both outer axes are as long as there are bands: the shorter or first one, unless told
    Frame told = take(last, Map.of("layout", "HWC"));
    assertThat(told.layout().getWidth()).isEqualTo(3);
    assertThat(sample(told.layout(), 1, 2, 1)).isEqualTo(16);
    byte[] wide =
        TestFrames.npy(
            1, "<f4", false, "1, 4, 2", TestFrames.samples("<f4", 1, 11, 2, 12, 3, 13, 4, 14));
    Frame guessed = take(wide);
    assertThat(guessed.layout().getWidth()).isEqualTo(4);
    assertThat(sample(guessed.layout(), 1, 3, 0)).isEqualTo(14);
    refused(wide, Map.of("layout", "WHC"), "layout = WHC");
  }

  @Test
  void twoAxesAreOneBand() throws Exception {
    byte[] flat =
        TestFrames.npy(1, "<u2", false, "2, 3", TestFrames.samples("<u2", 1, 2, 3, 4, 5, 6));
    refused(flat, Map.of(), "1 bands", "2 [blue, green]");
    Frame frame = take(flat, Map.of("bands", "pan"));
    assertThat(frame.layout().getBandsList()).containsExactly("pan");
    assertThat(frame.layout().getHeight()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void readsEveryHeaderVersion(int major) throws Exception {
    byte[] samples = TestFrames.samples("<u2", 1, 2);
    assertThat(take(TestFrames.npy(major, "<u2", false, "2, 1, 1", samples)).validFraction())
        .isEqualTo(1);
  }

  @Test
  void refusesWhatIsNoFrame() throws Exception {
    byte[] two = TestFrames.samples("<u2", 1, 2);
    refused(TestFrames.npy(1, "<u2", true, "2, 1, 1", two), Map.of(), "Fortran");
    refused(TestFrames.npy(4, "<u2", false, "2, 1, 1", two), Map.of(), "version 4");
    refused(twoBands("<i4"), Map.of(), "type i4");
    refused(twoBands("<i8"), Map.of(), "type i8");
    refused(TestFrames.npy(1, "|O", false, "2, 1, 1", two), Map.of(), "|O");
    refused(TestFrames.npy(1, "<u2", false, "2,", two), Map.of(), "1 axes");
    refused(TestFrames.npy(1, "<u2", false, "", two), Map.of(), "0 axes");
    refused(TestFrames.npy(1, "<u2", false, "2, 0, 1", two), Map.of(), "2 bands of 1 x 0");
    refused(TestFrames.npy(1, "<u2", false, "2, 100, 51", two), Map.of(), "10200 samples");
    refused(TestFrames.npy(1, "<u2", false, "2, 99999999999, 1", two), Map.of(), "99999999999");
    refused(
        TestFrames.npy(1, "<u2", false, "3, 1, 4", new byte[24]), Map.of(), "frame has 3 bands");
    refused(
        "not a frame at all".getBytes(java.nio.charset.StandardCharsets.US_ASCII),
        Map.of(),
        "not a GeoTIFF, npy or npz");
    refused(new byte[0], Map.of(), "not a GeoTIFF, npy or npz");
  }

  @Test
  void refusesASidecarThatMakesNoSense() throws Exception {
    refused(twoBands("<u2"), Map.of("nodata", "none"), "nodata = none");
    refused(twoBands("<u2"), Map.of("reflectance_scale", "1,5"), "reflectance_scale = 1,5");
    refused(twoBands("<u2"), Map.of("bbox", "1,2,3"), "bbox = 1,2,3");
    refused(twoBands("<u2"), Map.of("bbox", "1,2,3,x"), "bbox = 1,2,3,x");
    refused(twoBands("<u2"), Map.of("acquired_nanos", "1e9"), "acquired_nanos = 1e9");
    refused(twoBands("<u2"), Map.of("bands", "blue"), "frame has 2 bands");
  }

  @Test
  void takesWhatTheSidecarSays() throws Exception {
    Frame frame =
        take(
            twoBands("<u2"),
            Map.of(
                "source", "scene.npy",
                "acquired_nanos", "1234567890123456789",
                "reflectance_scale", "0.5",
                "reflectance_offset", "-1",
                "nodata", "3",
                "bands", "nir, red",
                "bbox", "-10, 45.5, -9, 46"));
    assertThat(frame.source()).isEqualTo("scene.npy");
    assertThat(frame.acquiredNanos()).isEqualTo(1234567890123456789L);
    assertThat(frame.bbox()).containsExactly(-10.0, 45.5, -9.0, 46.0);
    assertThat(frame.layout().getBandsList()).containsExactly("nir", "red");
    FrameLayout samples = frame.layout();
    assertThat(sample(samples, 0, 0, 0)).isEqualTo(-0.5f);
    assertThat(sample(samples, 0, 2, 0)).isNaN();
    assertThat(frame.validFraction()).isEqualTo(5.0 / 6, within(1e-12));
  }

  @Test
  void aFrameOfNanHasNoValidPixel() throws Exception {
    double nan = Double.NaN;
    byte[] file =
        TestFrames.npy(1, "<f4", false, "2, 1, 2", TestFrames.samples("<f4", nan, nan, nan, nan));
    assertThat(take(file).validFraction()).isZero();
  }

  @Test
  void aPixelCountsOnlyWithDataInEveryBand() throws Exception {
    byte[] file =
        TestFrames.npy(
            1,
            "<f4",
            false,
            "2, 1, 4",
            TestFrames.samples("<f4", 1, Double.NaN, 1, 1, 1, 1, Double.POSITIVE_INFINITY, 1));
    assertThat(take(file).validFraction()).isEqualTo(0.5);
  }

  @Test
  void rawBytesCountTheInstrumentsDepthAndNotTheFiles() throws Exception {
    // 12 samples of 12 bits are 18 bytes, whatever type holds them
    assertThat(take(twoBands("<f8")).rawBytes()).isEqualTo(18);
    assertThat(take(twoBands("<f4")).rawBytes()).isEqualTo(18);
    assertThat(take(twoBands("<u2")).rawBytes()).isEqualTo(18);
    // an instrument that gives 8 bits sends 8
    assertThat(take(twoBands("|u1")).rawBytes()).isEqualTo(12);
    byte[] odd = TestFrames.npy(1, "<u2", false, "1, 1, 1", TestFrames.samples("<u2", 1));
    assertThat(take(odd, Map.of("bands", "pan")).rawBytes()).isEqualTo(2);
  }

  @Test
  void findsTheFrameInAnNpz() throws Exception {
    byte[] mask = TestFrames.npy(1, "|u1", false, "2, 3, 1", new byte[6]);
    byte[] labels = TestFrames.npy(1, "|u1", false, "4,", new byte[4]);
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("msk.npy", mask);
    entries.put("img.npy", twoBands("<f4"));
    assertThat(take(TestFrames.npz(entries)).layout().getWidth()).isEqualTo(3);
    entries.remove("img.npy");
    entries.put("labels.npy", labels);
    entries.put("readme.txt", new byte[] {1, 2, 3});
    entries.remove("msk.npy");
    entries.put("data.npy", twoBands("<f4"));
    assertThat(take(TestFrames.npz(entries)).layout().getWidth()).isEqualTo(3);
    entries.put("more.npy", twoBands("<f4"));
    refused(TestFrames.npz(entries), Map.of(), "2 arrays with 3 axes");
    refused(TestFrames.npz(Map.of("labels.npy", labels)), Map.of(), "0 arrays with 3 axes");
    refused(TestFrames.npz(Map.of("img.npy", new byte[] {1, 2, 3})), Map.of(), "not an npy");
    refused(TestFrames.npz(Map.of("img.npy", twoBands("<i4"))), Map.of(), "type i4");
  }

  @Test
  void aDamagedNpzIsNoticedEvenWhereItInflates() throws Exception {
    byte[] longer = Arrays.copyOf(twoBands("<f4"), twoBands("<f4").length + 1);
    refused(TestFrames.npz(Map.of("img.npy", longer)), Map.of(), "longer than its header");
    byte[] file = TestFrames.npz(Map.of("img.npy", twoBands("<f4")));
    // the CRC in the data descriptor, which follows the entry
    int descriptor = -1;
    for (int i = 0; i + 4 < file.length && descriptor < 0; i++) {
      if (file[i] == 'P' && file[i + 1] == 'K' && file[i + 2] == 7 && file[i + 3] == 8) {
        descriptor = i;
      }
    }
    file[descriptor + 4] ^= 1;
    refused(file, Map.of(), "damaged");
  }

  @Test
  void aHeaderThatClaimsMoreThanTheFileHoldsTakesNoMemory() throws Exception {
    CameraConfig large = CAMERA.toBuilder().setMaxSamples(Integer.MAX_VALUE).build();
    byte[] npy = TestFrames.npy(1, "<f8", false, "2, 10000, 10000", new byte[16]);
    for (byte[] file : List.of(npy, TestFrames.npz(Map.of("img.npy", npy)))) {
      FrameStore store = new FrameStore(folder.resolve("store"), large);
      assertThatThrownBy(() -> store.take(offered(file, Map.of())))
          .isInstanceOf(FrameFault.class)
          .hasMessageContaining("truncated");
    }
  }

  @Test
  void aFileCutAtAnyByteIsAFrameFault() throws Exception {
    byte[] npy = twoBands("<f4");
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("data.npy", npy);
    byte[] npz = TestFrames.npz(entries);
    int directory = npz.length;
    for (int length = 0; length < npy.length; length++) {
      byte[] cut = Arrays.copyOf(npy, length);
      assertThatThrownBy(() -> take(cut)).isInstanceOf(FrameFault.class);
    }
    for (int length = 0; length < directory; length++) {
      byte[] cut = Arrays.copyOf(npz, length);
      try {
        // what is cut may be the directory at the end, which a stream does not need
        assertThat(take(cut).validFraction()).isEqualTo(1);
      } catch (FrameFault e) {
        assertThat(e.reason()).isNotBlank();
      }
    }
  }

  @Test
  @Timeout(120)
  void changedBytesNeverGiveAnythingButAFrameOrAFault() throws Exception {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("data.npy", twoBands("<u2"));
    entries.put("msk.npy", TestFrames.npy(2, "|u1", false, "3, 2", new byte[6]));
    Random random = new Random(11);
    int faults = 0;
    for (byte[] whole : List.of(twoBands("<f4"), TestFrames.npz(entries))) {
      for (int i = 0; i < 3000; i++) {
        byte[] file = whole.clone();
        for (int n = random.nextInt(3); n >= 0; n--) {
          file[random.nextInt(file.length)] = (byte) random.nextInt();
        }
        FrameStore store = store();
        CameraFrame offered = offered(file, Map.of());
        try {
          store.drop(store.take(offered));
        } catch (FrameFault e) {
          faults++;
        }
      }
    }
    assertThat(faults).isGreaterThan(1000);
  }

  @Test
  void startsEmptyAndDropsWhatItIsTold() throws Exception {
    Frame frame = take(twoBands("<f4"));
    assertThat(frame.raw()).exists();
    FrameStore again = store();
    assertThat(frame.raw()).doesNotExist();
    Frame second = again.take(offered(twoBands("<f4"), Map.of()));
    again.drop(second);
    again.drop(second);
    assertThat(second.raw()).doesNotExist();
  }

  @Test
  void aStoreThatCannotBeWrittenIsNotTheFramesFault() throws Exception {
    FrameStore store = store();
    Files.delete(folder.resolve("store"));
    CameraFrame offered = offered(twoBands("<f4"), Map.of());
    assertThatThrownBy(() -> store.take(offered)).isInstanceOf(IOException.class);
  }

  @Test
  void aLayoutThatDoesNotFitItsFileIsNoticed() throws Exception {
    Frame frame = take(twoBands("<f4"));
    assertThatThrownBy(() -> new SampleReader(frame.layout().toBuilder().setWidth(4).build()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("its layout");
  }

  @Test
  void rowsOfEachBandAreReadInAnyOrder() throws Exception {
    // a band is larger than what is held of it
    int width = 100;
    int height = 1_000;
    Path file = folder.resolve("large.raw");
    ByteBuffer bytes = ByteBuffer.allocate(2 * 2 * width * height).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 2 * width * height; i++) {
      bytes.putShort((short) i);
    }
    Files.write(file, bytes.array());
    FrameLayout layout =
        FrameLayout.newBuilder()
            .setPath(file.toString())
            .setWidth(width)
            .setHeight(height)
            .addBands("red")
            .addBands("nir")
            .setSampleType(SampleType.UINT16)
            .setScale(1)
            .build();
    Random random = new Random(7);
    try (SampleReader reader = new SampleReader(layout)) {
      for (int i = 0; i < 2_000; i++) {
        int band = random.nextInt(2);
        int y = random.nextInt(height);
        int x = random.nextInt(width);
        assertThat(reader.reflectance(band, x, y))
            .isEqualTo((band * width * height + y * width + x) & 0xFFFF);
      }
      assertThat(reader.reflectance(1, width - 1, height - 1))
          .isEqualTo((2 * width * height - 1) & 0xFFFF);
    }
  }

  @Test
  void aFileThatIsCutOffWhileItIsReadIsAnError() throws Exception {
    Frame frame = take(twoBands("<f4"));
    try (SampleReader reader = new SampleReader(frame.layout())) {
      Files.write(Path.of(frame.layout().getPath()), new byte[1]);
      assertThatThrownBy(() -> reader.reflectance(1, 0, 0)).isInstanceOf(EOFException.class);
    }
  }

  private static float sample(FrameLayout layout, int band, int x, int y) throws IOException {
    try (SampleReader reader = new SampleReader(layout)) {
      return reader.reflectance(band, x, y);
    }
  }
}
