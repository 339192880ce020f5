package org.heliostat.payload.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.heliostat.payload.TestFrames;
import org.heliostat.payload.frame.Frame;
import org.heliostat.payload.model.ModelFolder;
import org.heliostat.protocol.ModelManifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxModelTest {
  private static final Path MODELS = Path.of("src/main/models");

  @TempDir private Path folder;

  private static ModelFolder model() throws Exception {
    return ModelFolder.read(MODELS.resolve("cloud-screen-v1"));
  }

  private float[] infer(ModelManifest manifest, Frame frame) throws Exception {
    Path result = folder.resolve("result");
    try (OnnxModel model = new OnnxModel(model().onnx(), manifest, 2)) {
      int unused = model.infer(frame.layout(), result);
    }
    FloatBuffer floats =
        ByteBuffer.wrap(Files.readAllBytes(result)).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    float[] out = new float[floats.remaining()];
    floats.get(out);
    return out;
  }

  private static ModelManifest tiled(int size, int overlap) throws Exception {
    ModelManifest manifest = model().manifest();
    return manifest.toBuilder()
        .setTile(manifest.getTile().toBuilder().setSize(size).setOverlap(overlap))
        .build();
  }

  @Test
  void tilesWithOverlapGiveWhatOneTileGives() throws Exception {
    Frame frame =
        TestFrames.planar(
            folder.resolve("f"), "f", 200, 168, TestFrames.BANDS, TestFrames.smooth(3));
    float[] whole = infer(tiled(512, 0), frame);
    float[] tiles = infer(tiled(128, 48), frame);
    assertThat(tiles).hasSameSizeAs(whole);
    for (int y = 0; y < 168; y++) {
      for (int x = 0; x < 200; x++) {
        float difference = Math.abs(whole[y * 200 + x] - tiles[y * 200 + x]);
        assertThat(tiles[y * 200 + x]).isBetween(0f, 1f);
        if (fromSeam(x, 200) >= 36 && fromSeam(y, 168) >= 36) {
          assertThat(difference).as("x %d y %d", x, y).isLessThan(0.02f);
        }
      }
    }
  }

  /** Pixels to the nearest place where one tile follows another. */
  private static int fromSeam(int at, int length) {
    int nearest = Integer.MAX_VALUE;
    for (Tiling.Span span : Tiling.spans(length, 128, 48)) {
      if (span.from() > 0) {
        nearest = Math.min(nearest, Math.abs(at - span.from()));
      }
    }
    return nearest;
  }

  @Test
  void aTileNotOfTheMultipleIsMirroredAndCutBack() throws Exception {
    Frame frame =
        TestFrames.planar(folder.resolve("f"), "f", 61, 37, TestFrames.BANDS, TestFrames.smooth(4));
    float[] result = infer(model().manifest(), frame);
    assertThat(result).hasSize(61 * 37);
    for (float p : result) {
      assertThat(p).isBetween(0f, 1f);
    }
  }

  @Test
  void nanNeverReachesTheNetwork() throws Exception {
    TestFrames.Fill smooth = TestFrames.smooth(5);
    TestFrames.Fill holes = (b, x, y) -> x < 8 ? Float.NaN : smooth.at(b, x, y);
    TestFrames.Fill zeros = (b, x, y) -> x < 8 ? 0f : smooth.at(b, x, y);
    Frame holed = TestFrames.planar(folder.resolve("a"), "a", 64, 64, TestFrames.BANDS, holes);
    Frame zeroed = TestFrames.planar(folder.resolve("b"), "b", 64, 64, TestFrames.BANDS, zeros);
    float[] a = infer(model().manifest(), holed);
    assertThat(a).isEqualTo(infer(model().manifest(), zeroed));
    for (float p : a) {
      assertThat(p).isBetween(0f, 1f);
    }
  }

  @Test
  void bandsAreTakenByNameAndNotByPlace() throws Exception {
    TestFrames.Fill smooth = TestFrames.smooth(6);
    List<String> reversed = List.of("swir22", "swir16", "nir", "red", "green", "blue", "thermal");
    Frame straight = TestFrames.planar(folder.resolve("a"), "a", 32, 32, TestFrames.BANDS, smooth);
    Frame turned =
        TestFrames.planar(
            folder.resolve("b"), "b", 32, 32, reversed, (b, x, y) -> smooth.at(5 - b, x, y));
    assertThat(infer(model().manifest(), turned)).isEqualTo(infer(model().manifest(), straight));
  }

  @Test
  void aManifestThatDoesNotFitTheGraphIsRefused() throws Exception {
    ModelManifest good = model().manifest();
    refused(good.toBuilder().setInput(good.getInput().toBuilder().addBands("thermal")), "7 bands");
    refused(
        good.toBuilder().setInput(good.getInput().toBuilder().setName("image")),
        "no input image",
        "reflectance");
    refused(
        good.toBuilder().setOutput(good.getOutput().toBuilder().setName("mask")), "no output mask");
  }

  private static void refused(ModelManifest.Builder manifest, String... words) {
    assertThatThrownBy(() -> new OnnxModel(model().onnx(), manifest.build(), 1).close())
        .isInstanceOf(OnnxModel.Mismatch.class)
        .message()
        .contains(words);
  }

  @Test
  void aFrameWithoutABandOfTheModelIsRefused() throws Exception {
    Frame frame =
        TestFrames.planar(
            folder.resolve("f"), "f", 16, 16, List.of("blue", "green"), TestFrames.smooth(1));
    assertThatThrownBy(() -> infer(model().manifest(), frame))
        .isInstanceOf(OnnxModel.Mismatch.class)
        .hasMessageContaining("wants band red");
  }

  @Test
  void aFileThatIsNoNetworkIsRefused() throws Exception {
    Path file = folder.resolve("model.onnx");
    Files.write(file, new byte[] {1, 2, 3});
    assertThatThrownBy(() -> new OnnxModel(file, model().manifest(), 1).close())
        .isInstanceOf(ai.onnxruntime.OrtException.class);
  }
}
