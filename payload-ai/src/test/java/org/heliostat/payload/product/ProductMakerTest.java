package org.heliostat.payload.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import javax.imageio.ImageIO;
import org.heliostat.payload.TestFrames;
import org.heliostat.payload.card.FrameJob;
import org.heliostat.payload.card.JobResult;
import org.heliostat.payload.codec.MaskCodec;
import org.heliostat.payload.frame.Frame;
import org.heliostat.protocol.ModelManifest;
import org.heliostat.protocol.ModelOutput;
import org.heliostat.protocol.Outcome;
import org.heliostat.protocol.Product;
import org.heliostat.protocol.Thumbnail;
import org.heliostat.protocol.ThumbnailConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProductMakerTest {
  private static final int WIDTH = 40;
  private static final int HEIGHT = 20;

  @TempDir private Path folder;

  private final ProductMaker maker =
      new ProductMaker(
          ModelManifest.newBuilder()
              .setId("m1")
              .setOutput(ModelOutput.newBuilder().setThreshold(0.5))
              .build(),
          ThumbnailConfig.newBuilder().setMaxPixels(16).setMaxCloudFraction(0.5).build());

  /** Probabilities: p on the left columns, 1 - p on the others. */
  private Path result(int leftColumns, float p) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(4 * WIDTH * HEIGHT).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
      bytes.putFloat(i % WIDTH < leftColumns ? p : 1 - p);
    }
    Path file = folder.resolve("result");
    Files.write(file, bytes.array());
    return file;
  }

  private Frame frame(List<String> bands, int nodataRows) throws IOException {
    TestFrames.Fill smooth = TestFrames.smooth(1);
    return TestFrames.planar(
        folder.resolve("f.raw"),
        "f7",
        WIDTH,
        HEIGHT,
        bands,
        (b, x, y) -> y < nodataRows && b == 0 ? Float.NaN : smooth.at(b, x, y));
  }

  private Product product(Frame frame, Path result) throws IOException {
    return maker.inferred(
        new JobResult.Done(new FrameJob(3, frame, result, 1), "card1", 41.5, 12f));
  }

  @Test
  void makesMaskFractionDigestAndThumbnail() throws Exception {
    Product product = product(frame(TestFrames.BANDS, 0), result(10, 0.75f));
    byte[] mask = MaskCodec.decode(product.getCloudMask().getData().toByteArray(), WIDTH, HEIGHT);
    for (int i = 0; i < mask.length; i++) {
      assertThat(mask[i]).isEqualTo((byte) (i % WIDTH < 10 ? 255 : 0));
    }
    assertThat(product.getCloudMask().getSha256().toByteArray())
        .isEqualTo(MessageDigest.getInstance("SHA-256").digest(mask));
    assertThat(product.getCloudFraction()).isEqualTo(0.25);
    assertThat(product.getConfidence()).isEqualTo(0.75f, within(1e-6f));
    assertThat(product.getOutcome()).isEqualTo(Outcome.INFERRED);
    assertThat(product.getId()).isEqualTo("f7/cloud");
    assertThat(product.getModelId()).isEqualTo("m1");
    assertThat(product.getCard()).isEqualTo("card1");
    assertThat(product.getAttempts()).isEqualTo(2);
    assertThat(product.getRawBytes()).isEqualTo(6L * WIDTH * HEIGHT * 12 / 8);
    assertThat(product.getBboxList()).containsExactly(1.0, 2.0, 3.0, 4.0);
    assertThat(product.getThumbnail().getWidth()).isEqualTo(16);
    assertThat(product.getThumbnail().getHeight()).isEqualTo(8);
    assertThat(
            ImageIO.read(new ByteArrayInputStream(product.getThumbnail().getJpeg().toByteArray()))
                .getWidth())
        .isEqualTo(16);
  }

  @Test
  void theThumbnailHasTheColoursOfTheFrame() throws Exception {
    // left to right ever redder, top to bottom ever greener, blue in one corner alone
    Frame frame =
        TestFrames.planar(
            folder.resolve("f.raw"),
            "f7",
            WIDTH,
            HEIGHT,
            List.of("blue", "green", "red"),
            (b, x, y) ->
                switch (b) {
                  case 0 -> x >= WIDTH - 10 && y >= HEIGHT - 10 ? 0.5f : 0;
                  case 1 -> 0.5f * y / HEIGHT;
                  default -> 0.5f * x / WIDTH;
                });
    Thumbnail thumbnail = product(frame, result(0, 0.9f)).getThumbnail();
    BufferedImage picture =
        ImageIO.read(new ByteArrayInputStream(thumbnail.getJpeg().toByteArray()));
    Color redder = new Color(picture.getRGB(15, 0));
    Color greener = new Color(picture.getRGB(0, 7));
    Color corner = new Color(picture.getRGB(15, 7));
    assertThat(redder.getRed()).isGreaterThan(180);
    assertThat(redder.getGreen()).isLessThan(80);
    assertThat(greener.getGreen()).isGreaterThan(150);
    assertThat(greener.getRed()).isLessThan(80);
    assertThat(greener.getBlue()).isLessThan(80);
    assertThat(corner.getBlue()).isGreaterThan(150);
  }

  @Test
  void aPixelWithoutDataIsNeitherCloudNorCounted() throws Exception {
    Product product = product(frame(TestFrames.BANDS, HEIGHT / 2), result(10, 0.9f));
    byte[] mask = MaskCodec.decode(product.getCloudMask().getData().toByteArray(), WIDTH, HEIGHT);
    assertThat(mask[0]).isZero();
    assertThat(mask[WIDTH * HEIGHT / 2]).isEqualTo((byte) 255);
    assertThat(product.getCloudFraction()).isEqualTo(0.25);
    assertThat(product.getValidFraction()).isEqualTo(0.5);
  }

  @Test
  void theThresholdItselfIsCloud() throws Exception {
    assertThat(product(frame(TestFrames.BANDS, 0), result(WIDTH, 0.5f)).getCloudFraction())
        .isEqualTo(1);
  }

  @Test
  void aCloudyFrameGetsNoThumbnail() throws Exception {
    Frame frame = frame(TestFrames.BANDS, 0);
    assertThat(product(frame, result(20, 0.9f)).hasThumbnail()).isTrue();
    assertThat(product(frame, result(21, 0.9f)).hasThumbnail()).isFalse();
  }

  @Test
  void aFrameWithoutColoursGetsNoThumbnail() throws Exception {
    assertThat(product(frame(List.of("vv", "vh"), 0), result(0, 0.9f)).hasThumbnail()).isFalse();
  }

  @Test
  void aFrameWithoutAnyDataIsNoDivisionByZero() throws Exception {
    Product product = product(frame(TestFrames.BANDS, HEIGHT), result(10, 0.9f));
    assertThat(product.getCloudFraction()).isZero();
    assertThat(product.getConfidence()).isZero();
  }

  @Test
  void aResultOfTheWrongSizeIsRefused() throws Exception {
    Path result = folder.resolve("result");
    Files.write(result, new byte[12]);
    Frame frame = frame(TestFrames.BANDS, 0);
    assertThatThrownBy(() -> product(frame, result))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("12 bytes");
  }

  @Test
  void aFrameThatWasNotInferredHasAReasonAndNoMask() throws Exception {
    Product product =
        ProductMaker.without(frame(TestFrames.BANDS, 0), Outcome.DECLINED, "too dark", 0);
    assertThat(product.getOutcome()).isEqualTo(Outcome.DECLINED);
    assertThat(product.getReason()).isEqualTo("too dark");
    assertThat(product.hasCloudMask()).isFalse();
    assertThat(product.getId()).isEqualTo("f7/cloud");
  }
}
