package org.heliostat.payload.product;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import org.heliostat.payload.card.JobResult;
import org.heliostat.payload.codec.MaskCodec;
import org.heliostat.payload.frame.Frame;
import org.heliostat.payload.frame.FrameStore;
import org.heliostat.payload.frame.SampleReader;
import org.heliostat.protocol.FrameLayout;
import org.heliostat.protocol.Mask;
import org.heliostat.protocol.ModelManifest;
import org.heliostat.protocol.Outcome;
import org.heliostat.protocol.Product;
import org.heliostat.protocol.SampleType;
import org.heliostat.protocol.Thumbnail;
import org.heliostat.protocol.ThumbnailConfig;

/**
 * Where a frame becomes a product: probabilities in, cloud mask, cloud fraction and (for a clear
 * enough frame) a thumbnail out. Stateless but for its configuration; thread-safe.
 */
public final class ProductMaker {
  private final ModelManifest model;
  private final ThumbnailConfig thumbnail;

  /** Products of one model. */
  public ProductMaker(ModelManifest model, ThumbnailConfig thumbnail) {
    this.model = model;
    this.thumbnail = thumbnail;
  }

  /**
   * The product of an inferred frame. A pixel is cloud where it has data in every band and its
   * probability reaches the model's threshold.
   */
  public Product inferred(JobResult.Done done) throws IOException {
    Frame frame = done.job().frame();
    int width = frame.layout().getWidth();
    int height = frame.layout().getHeight();
    MaskCodec.Coding mask = new MaskCodec.Coding(width, height);
    MessageDigest digest = sha256();
    Optional<Thumbnail> picture = Optional.empty();
    float threshold = (float) model.getOutput().getThreshold();
    long valid = 0;
    long cloud = 0;
    double cloudFraction;
    double confidence = 0;
    try (SampleReader samples = new SampleReader(frame.layout());
        SampleReader probabilities = probabilities(done.job().result(), width, height)) {
      byte[] row = new byte[width];
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          row[x] = 0;
          if (!FrameStore.valid(samples, frame.layout().getBandsCount(), x, y)) {
            continue;
          }
          valid++;
          float p = probabilities.reflectance(0, x, y);
          confidence += Math.max(p, 1 - p);
          if (p >= threshold) {
            row[x] = (byte) 255;
            cloud++;
          }
        }
        mask.row(row);
        digest.update(row);
      }
      cloudFraction = valid == 0 ? 0 : (double) cloud / valid;
      if (cloudFraction <= thumbnail.getMaxCloudFraction()) {
        picture = Thumbnails.make(frame.layout(), samples, thumbnail);
      }
    }
    Product.Builder product =
        of(frame, Outcome.INFERRED, "", done.job().attempts() + 1)
            .setModelId(model.getId())
            .setCard(done.card())
            .setDispatchCelsius((float) done.dispatchCelsius())
            .setCloudFraction(cloudFraction)
            .setConfidence(valid == 0 ? 0 : (float) (confidence / valid))
            .setInferenceMilliseconds(done.milliseconds())
            .setCloudMask(
                Mask.newBuilder()
                    .setCodec(org.heliostat.protocol.MaskCodec.CONTEXT_ARITHMETIC)
                    .setData(ByteString.copyFrom(mask.finish()))
                    .setSha256(ByteString.copyFrom(digest.digest())));
    picture.ifPresent(product::setThumbnail);
    return product.build();
  }

  /** The product of a frame that was declined or failed: what became of it, and why. */
  public static Product without(Frame frame, Outcome outcome, String reason, int attempts) {
    return of(frame, outcome, reason, attempts).build();
  }

  private static Product.Builder of(Frame frame, Outcome outcome, String reason, int attempts) {
    return Product.newBuilder()
        .setId(frame.id() + "/cloud")
        .setFrameId(frame.id())
        .setSource(frame.source())
        .setAcquiredNanos(frame.acquiredNanos())
        .setOutcome(outcome)
        .setReason(reason)
        .setWidth(frame.layout().getWidth())
        .setHeight(frame.layout().getHeight())
        .setRawBytes(frame.rawBytes())
        .setAttempts(attempts)
        .setValidFraction(frame.validFraction())
        .addAllBbox(frame.bbox());
  }

  /** What the model gave, as a frame of one band. */
  private static SampleReader probabilities(Path file, int width, int height) throws IOException {
    return new SampleReader(
        FrameLayout.newBuilder()
            .setPath(file.toString())
            .setWidth(width)
            .setHeight(height)
            .addBands("probability")
            .setSampleType(SampleType.FLOAT32)
            .setScale(1)
            .build());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
