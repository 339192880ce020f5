package org.heliostat.payload.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.heliostat.hal.CameraFrame;
import org.heliostat.payload.TestFrames;
import org.heliostat.payload.frame.Frame;
import org.heliostat.payload.frame.FrameStore;
import org.heliostat.protocol.CameraConfig;
import org.heliostat.protocol.ModelManifest;
import org.heliostat.protocol.TextFiles;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The frame path up to the mask, on real frames with truth. */
class RealFramesTest {
  private static final Path MODELS = Path.of("src/main/models");
  private static final int CLOUD = 4;

  @TempDir private Path folder;

  private Frame frame(String tile) throws Exception {
    CameraConfig camera =
        CameraConfig.newBuilder()
            .setDevice("camera")
            .setBitsPerSample(12)
            .addAllBands(TestFrames.BANDS)
            .build();
    return new FrameStore(folder.resolve("store"), camera)
        .take(new CameraFrame("f1", SharedData.file("cloud/" + tile + ".npz"), Map.of()));
  }

  private boolean[] mask(Path onnx, ModelManifest manifest, Frame frame) throws Exception {
    Path result = folder.resolve("result");
    try (OnnxModel model = new OnnxModel(onnx, manifest, 2)) {
      assertThat(model.infer(frame.layout(), result)).isEqualTo(1);
    }
    FloatBuffer p =
        ByteBuffer.wrap(Files.readAllBytes(result)).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    boolean[] mask = new boolean[p.remaining()];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = p.get(i) >= manifest.getOutput().getThreshold();
    }
    return mask;
  }

  private static ModelManifest manifest(String model) throws Exception {
    return TextFiles.read(
            MODELS.resolve(model).resolve("manifest.textproto"), ModelManifest.getDefaultInstance())
        .message();
  }

  private static int count(boolean[] mask) {
    int count = 0;
    for (boolean pixel : mask) {
      count += pixel ? 1 : 0;
    }
    return count;
  }

  @ParameterizedTest
  @CsvSource({"sentinel2, 52426", "landsat5, 64327"})
  void theReferenceNetworkGivesItsPublishedMaskFromAManifestAlone(String tile, int cloudPixels)
      throws Exception {
    Path onnx = SharedData.file("cloud/dl_l8s2_uv_rgbiswir.onnx");
    Frame frame = frame(tile);
    assertThat(frame.rawBytes()).isEqualTo(6 * 512 * 512 * 12 / 8);
    assertThat(count(mask(onnx, manifest("dl-l8s2-uv-rgbiswir"), frame))).isEqualTo(cloudPixels);
  }

  @ParameterizedTest
  @CsvSource({"sentinel2", "landsat5"})
  void theDefaultModelScoresWhatItsScoreSheetSays(String tile, TestReporter reporter)
      throws Exception {
    Frame frame = frame(tile);
    boolean[] mask =
        mask(MODELS.resolve("cloud-screen-v1/model.onnx"), manifest("cloud-screen-v1"), frame);
    byte[] truth = truth(SharedData.file("cloud/" + tile + ".npz"));
    assertThat(truth).hasSameSizeAs(mask);
    int both = 0;
    int either = 0;
    for (int i = 0; i < mask.length; i++) {
      both += mask[i] && truth[i] == CLOUD ? 1 : 0;
      either += mask[i] || truth[i] == CLOUD ? 1 : 0;
    }
    double iou = (double) both / either;
    reporter.publishEntry("cloud-screen-v1 on " + tile, "IoU " + iou);
    assertThat(iou).isEqualTo(sheet(tile), within(0.005));
  }

  /** The truth of a tile: npy of u1, version 1, the samples at its end. */
  private static byte[] truth(Path npz) throws Exception {
    try (ZipFile zip = new ZipFile(npz.toFile())) {
      ZipEntry entry = zip.getEntry("msk.npy");
      byte[] npy = zip.getInputStream(entry).readAllBytes();
      byte[] truth = new byte[512 * 512];
      System.arraycopy(npy, npy.length - truth.length, truth, 0, truth.length);
      return truth;
    }
  }

  private static double sheet(String tile) throws Exception {
    Matcher row =
        Pattern.compile(
                "\"model\": \"cloud-screen-v1\",\\s*\"tile\": \""
                    + tile
                    + "\"[^}]*\"iou\": ([0-9.]+)")
            .matcher(Files.readString(MODELS.resolve("cloud-screen-v1/scores.json")));
    assertThat(row.find()).isTrue();
    return Double.parseDouble(row.group(1));
  }
}
