package org.heliostat.hil.ground;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.heliostat.payload.codec.MaskCodec;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.Event;
import org.heliostat.protocol.Mask;
import org.heliostat.protocol.Outcome;
import org.heliostat.protocol.Product;
import org.heliostat.protocol.Severity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What lies on disk after a record was stored. */
class DiskArchiveTest {
  private static final int WIDTH = 21;
  private static final int HEIGHT = 13;
  private static final MissionUtc TIME =
      new MissionUtc(1_000_000_000_000L, 1_700_000_000_000_000_000L);

  @TempDir private Path out;

  @Test
  void aFrameBecomesAnItemWithItsMask() throws Exception {
    byte[] mask = mask();
    try (DiskArchive archive = open()) {
      assertThat(archive.store(product(1, "f000001", mask))).isTrue();
      archive.catalogue().writeIndex();
    }
    Path folder = out.resolve("stac/frames/f000001");
    byte[] png = Files.readAllBytes(folder.resolve("cloud_mask.png"));
    assertThat(GreyPng.decode(png, WIDTH, HEIGHT)).isEqualTo(mask);
    JsonObject item = json(folder.resolve("f000001.json"));
    assertThat(item.get("id").getAsString()).isEqualTo("f000001");
    JsonObject properties = item.getAsJsonObject("properties");
    assertThat(properties.get("datetime").getAsString()).isEqualTo("2023-11-14T22:13:22.500Z");
    assertThat(properties.get("eo:cloud_cover").getAsDouble()).isEqualTo(25.0);
    assertThat(properties.get("heliostat:source").getAsString()).isEqualTo("scene.npy");
    assertThat(properties.get("mlm:name").getAsString()).isEqualTo("net");
    JsonObject collection = json(out.resolve("stac/frames/collection.json"));
    assertThat(collection.getAsJsonArray("links").toString())
        .contains("\"./f000001/f000001.json\"");
    assertThat(json(out.resolve("stac/catalog.json")).get("stac_version").getAsString())
        .isEqualTo("1.1.0");
  }

  @Test
  void theSameProductUnderAnotherNumberIsKeptOnce() throws Exception {
    try (DiskArchive archive = open()) {
      assertThat(archive.store(product(1, "f000001", mask()))).isTrue();
      assertThat(archive.store(product(1, "f000001", mask()))).isFalse();
      assertThat(archive.store(product(2, "f000001", mask()))).isFalse();
      assertThat(archive.catalogue().json().get("duplicated").getAsInt()).isZero();
    }
    assertThat(Files.readAllLines(out.resolve("frames.jsonl"))).hasSize(1);
  }

  @Test
  void aStationThatIsStartedAgainKnowsWhatItHas() throws Exception {
    try (DiskArchive archive = open()) {
      assertThat(archive.store(product(1, "f000001", mask()))).isTrue();
      assertThat(archive.store(event(2, "a"))).isTrue();
    }
    // half a line, as a crash leaves it
    Files.writeString(
        out.resolve("events.jsonl"),
        Files.readString(out.resolve("events.jsonl")) + "{\"text\":\"ha");
    try (DiskArchive archive = open()) {
      assertThat(archive.store(product(1, "f000001", mask()))).isFalse();
      assertThat(archive.store(product(9, "f000001", mask()))).isFalse();
      assertThat(archive.store(event(2, "a"))).isFalse();
      // a satellite that has lost its recorder counts anew
      assertThat(archive.store(event(2, "b"))).isTrue();
    }
    List<String> lines = Files.readAllLines(out.resolve("events.jsonl"));
    assertThat(lines).hasSize(2);
    assertThat(lines.get(1)).contains("\"text\":\"b\"");
  }

  @Test
  void aMaskThatIsNotTheOneOfItsDigestIsCounted() throws Exception {
    byte[] other = mask();
    other[0] ^= (byte) 0xFF;
    Downlink wrong = product(1, "f000001", mask());
    Product.Builder product = wrong.getProduct().toBuilder();
    product
        .getCloudMaskBuilder()
        .setData(ByteString.copyFrom(MaskCodec.encode(other, WIDTH, HEIGHT)));
    try (DiskArchive archive = open()) {
      assertThat(archive.store(wrong.toBuilder().setProduct(product).build())).isTrue();
      assertThat(archive.catalogue().json().get("mask_mismatches").getAsInt()).isEqualTo(1);
    }
    assertThat(out.resolve("stac/frames/f000001")).doesNotExist();
  }

  @Test
  void whatCannotBeStoredIsStoredWhenItComesAgain() throws Exception {
    try (DiskArchive archive = open()) {
      // a file where the item's folder has to be
      Path blocked = out.resolve("stac/frames/f000001");
      Files.writeString(blocked, "");
      org.assertj.core.api.Assertions.assertThatThrownBy(
              () -> archive.store(product(1, "f000001", mask())))
          .isInstanceOf(IOException.class);
      Files.delete(blocked);
      assertThat(archive.store(product(1, "f000001", mask()))).isTrue();
    }
    assertThat(Files.readAllLines(out.resolve("frames.jsonl"))).hasSize(1);
  }

  @Test
  void anIdNamesNoFileElsewhere() {
    assertThat(Catalogue.fileName("f000001")).isEqualTo("f000001");
    assertThat(Catalogue.fileName("../../etc/passwd")).matches("x[0-9a-f]{64}");
    assertThat(Catalogue.fileName("")).matches("x[0-9a-f]{64}");
  }

  private DiskArchive open() throws IOException {
    return new DiskArchive(out, TIME, 42, new Counters());
  }

  private static byte[] mask() {
    byte[] mask = new byte[WIDTH * HEIGHT];
    for (int at = 0; at < mask.length; at++) {
      mask[at] = (byte) (at * 7 % 5 < 2 ? 255 : 0);
    }
    return mask;
  }

  private static Downlink event(long record, String text) {
    return Downlink.newBuilder()
        .setRecord(record)
        .setEvent(Event.newBuilder().setSeverity(Severity.INFO).setText(text))
        .build();
  }

  private static Downlink product(long record, String frame, byte[] mask)
      throws NoSuchAlgorithmException {
    return Downlink.newBuilder()
        .setRecord(record)
        .setProduct(
            Product.newBuilder()
                .setId(frame + "/cloud")
                .setFrameId(frame)
                .setSource("scene.npy")
                .setAcquiredNanos(1_002_500_000_000L)
                .setOutcome(Outcome.INFERRED)
                .setWidth(WIDTH)
                .setHeight(HEIGHT)
                .setRawBytes(1000)
                .setModelId("net")
                .setCloudFraction(0.25)
                .setCloudMask(
                    Mask.newBuilder()
                        .setCodec(org.heliostat.protocol.MaskCodec.CONTEXT_ARITHMETIC)
                        .setData(ByteString.copyFrom(MaskCodec.encode(mask, WIDTH, HEIGHT)))
                        .setSha256(
                            ByteString.copyFrom(
                                MessageDigest.getInstance("SHA-256").digest(mask)))))
        .build();
  }

  private static JsonObject json(Path file) throws IOException {
    return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
  }
}
