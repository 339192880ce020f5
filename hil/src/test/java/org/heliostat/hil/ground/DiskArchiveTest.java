package org.heliostat.hil.ground;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import org.heliostat.payload.codec.MaskCodec;
import org.heliostat.protocol.Boot;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.Event;
import org.heliostat.protocol.EventDump;
import org.heliostat.protocol.FieldValue;
import org.heliostat.protocol.FilePart;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.Mask;
import org.heliostat.protocol.Outcome;
import org.heliostat.protocol.Product;
import org.heliostat.protocol.RecordChecksum;
import org.heliostat.protocol.ResetLogDump;
import org.heliostat.protocol.Severity;
import org.heliostat.protocol.Thumbnail;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
    Product.Builder product = product(1, "f000001", mask()).getProduct().toBuilder();
    product
        .getCloudMaskBuilder()
        .setData(ByteString.copyFrom(MaskCodec.encode(other, WIDTH, HEIGHT)));
    isKeptAsItCame(product.build(), "the mask that came down is not the one of its SHA-256");
  }

  @Test
  void aMaskOfAnUnknownCodecIsKeptAsItCame() throws Exception {
    Product.Builder unknown = product(1, "f000001", mask()).getProduct().toBuilder();
    unknown.getCloudMaskBuilder().setCodecValue(7);
    isKeptAsItCame(unknown.build(), "the codec of the mask is not known: 7");
  }

  @Test
  void aMaskThatDoesNotDecodeIsKeptAsItCame() throws Exception {
    Product.Builder product = product(1, "f000001", mask()).getProduct().toBuilder();
    product.setWidth(1 << 20);
    isKeptAsItCame(
        product.build(),
        "the mask does not decode: %d bytes for a mask of 1048576 x 13 pixels"
            .formatted(product.getCloudMask().getData().size()));
  }

  /** A product of which the pictures are not stored. */
  private void isKeptAsItCame(Product mask, String error) throws Exception {
    // of a later schema, too
    Product product =
        mask.toBuilder()
            .setThumbnail(Thumbnail.newBuilder().setJpeg(ByteString.copyFromUtf8("jpeg")))
            .setUnknownFields(
                UnknownFieldSet.newBuilder()
                    .addField(900, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                    .build())
            .build();
    try (DiskArchive archive = open()) {
      assertThat(archive.store(record(1).setProduct(product).build())).isTrue();
      archive.force();
      assertThat(archive.catalogue().json().get("mask_mismatches").getAsInt()).isEqualTo(1);
      JsonObject line = json(out.resolve("frames.jsonl"));
      assertThat(line.get("mask_error").getAsString()).isEqualTo(error);
      assertThat(Base64.getDecoder().decode(line.get("product").getAsString()))
          .isEqualTo(product.toByteArray());
    }
    assertThat(out.resolve("stac/frames/f000001")).doesNotExist();
    try (DiskArchive archive = open()) {
      assertThat(archive.catalogue().json().get("mask_mismatches").getAsInt()).isEqualTo(1);
      assertThat(archive.store(record(1).setProduct(product).build())).isFalse();
    }
  }

  @Test
  void picturesOfAnOutcomeThatHasNoneAreKeptAsTheyCame() throws Exception {
    Product product =
        product(1, "f000001", mask()).getProduct().toBuilder().setOutcomeValue(77).build();
    try (DiskArchive archive = open()) {
      assertThat(archive.store(record(1).setProduct(product).build())).isTrue();
      assertThat(archive.store(product(2, "f000002", mask()))).isTrue();
    }
    List<String> lines = Files.readAllLines(out.resolve("frames.jsonl"));
    JsonObject line = JsonParser.parseString(lines.get(0)).getAsJsonObject();
    assertThat(Base64.getDecoder().decode(line.get("product").getAsString()))
        .isEqualTo(product.toByteArray());
    // what lies there as pictures stands in no line
    assertThat(lines.get(1)).doesNotContain("\"product\"");
  }

  @Test
  void whatCannotBeStoredIsStoredWhenItComesAgain() throws Exception {
    try (DiskArchive archive = open()) {
      // a file where the item's folder has to be
      Path blocked = out.resolve("stac/frames/f000001");
      Files.writeString(blocked, "");
      assertThatThrownBy(() -> archive.store(product(1, "f000001", mask())))
          .isInstanceOf(IOException.class);
      Files.delete(blocked);
      assertThat(archive.store(product(1, "f000001", mask()))).isTrue();
    }
    assertThat(Files.readAllLines(out.resolve("frames.jsonl"))).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "received.bin",
        "frames.jsonl",
        "events.jsonl",
        "reports.jsonl",
        "answers.jsonl",
        "event-dumps.jsonl",
        "telemetry.jsonl",
        "undecoded.jsonl"
      })
  void aForceThatFailedConfirmsNothingLaterThatIsNotOnDisk(String failing) throws Exception {
    FailingFiles files = new FailingFiles();
    List<Downlink> records =
        List.of(
            event(1, "a"),
            product(2, "f000001", mask()),
            record(3).setCommandReport(CommandReport.newBuilder().setCounter(1)).build(),
            record(4).setFieldValue(FieldValue.newBuilder().setCounter(1)).build(),
            record(5).setEventDump(EventDump.newBuilder().setCounter(2)).build(),
            record(6).setHousekeeping(Housekeeping.newBuilder().setSet("slow")).build());
    try (DiskArchive archive = new DiskArchive(out, TIME, 42, new Counters(), files)) {
      for (Downlink record : records) {
        assertThat(archive.store(record)).isTrue();
      }
      assertThat(archive.storeUndecoded(undecoded(7))).isTrue();
      files.failingOnce.add(failing);
      assertThatThrownBy(archive::force).isInstanceOf(IOException.class);
      // without a receipt they come again
      for (Downlink record : records) {
        assertThat(archive.store(record)).isFalse();
      }
      assertThat(archive.storeUndecoded(undecoded(7))).isFalse();
      archive.force();
      for (String list :
          List.of(
              "frames", "events", "reports", "answers", "event-dumps", "telemetry", "undecoded")) {
        assertThat(Files.readAllLines(out.resolve(list + ".jsonl"))).as(list).hasSize(1);
      }
      assertThat(RecordList.rows(out.resolve("received.bin")))
          .extracting(RecordList.Row::number)
          .containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L);
    }
  }

  @Test
  void whatAStationHadNotListedWhenItWasKilledIsKeptOnceWhenItComesAgain() throws Exception {
    DiskArchive killed = open();
    assertThat(killed.store(event(1, "a"))).isTrue();
    killed.force();
    assertThat(killed.store(event(2, "b"))).isTrue();
    killed.groundEvent(Event.newBuilder().setText("ground").build());
    // its lines are there, and nobody has closed it
    byte[] left = Files.readAllBytes(out.resolve("events.jsonl"));
    try (DiskArchive archive = open()) {
      assertThat(archive.store(event(1, "a"))).isFalse();
      assertThat(archive.store(event(2, "b"))).isFalse();
      archive.force();
      // of the record and of the ground's own, and at no time less than that
      assertThat(Files.readAllBytes(out.resolve("events.jsonl"))).isEqualTo(left);
      assertThat(RecordList.rows(out.resolve("received.bin"))).hasSize(2);
    }
    assertThat(texts()).containsExactly("a", "b", "ground");
  }

  private static RawRecord undecoded(long record) {
    return new RawRecord(
        Downlink.newBuilder().setRecord(record).build(),
        ByteString.copyFrom(new byte[] {(byte) 0xFA, 6, 1, 2}));
  }

  @Test
  void whatDoesNotReadIsKeptAsItCameAndOnceOverAKillToo() throws Exception {
    DiskArchive killed = open();
    assertThat(killed.storeUndecoded(undecoded(4))).isTrue();
    try (DiskArchive archive = open()) {
      assertThat(archive.storeUndecoded(undecoded(4))).isFalse();
      assertThat(archive.has(4, RecordChecksum.of(4, new byte[] {(byte) 0xFA, 6, 1, 2}))).isTrue();
    }
    List<String> lines = Files.readAllLines(out.resolve("undecoded.jsonl"));
    assertThat(lines).hasSize(1);
    JsonObject line = JsonParser.parseString(lines.get(0)).getAsJsonObject();
    assertThat(Base64.getDecoder().decode(line.get("body").getAsString()))
        .containsExactly(0xFA, 6, 1, 2);
    assertThat(line.get("record").getAsLong()).isEqualTo(4);
  }

  @Test
  void whatDoesNotReadHasItsBound() throws Exception {
    try (RandomAccessFile full =
        new RandomAccessFile(out.resolve("undecoded.jsonl").toFile(), "rw")) {
      full.seek(DiskArchive.MOST_UNDECODED_BYTES - 1);
      full.write('\n');
    }
    try (DiskArchive archive = open()) {
      assertThatThrownBy(() -> archive.storeUndecoded(undecoded(4)))
          .isInstanceOf(Archive.UndecodedFull.class);
      assertThat(archive.has(4, undecoded(4).row().crc())).isFalse();
      assertThat(archive.store(event(5, "a"))).isTrue();
    }
  }

  @Test
  void aKillAtAnyStepOfTheStartLosesNoLine() throws Exception {
    DiskArchive killed = open();
    assertThat(killed.store(event(1, "a"))).isTrue();
    killed.force();
    assertThat(killed.store(event(2, "b"))).isTrue();
    killed.groundEvent(Event.newBuilder().setText("ground").build());
    assertThat(killed.store(event(3, "c"))).isTrue();
    killed.groundEvent(Event.newBuilder().setText("ground again").build());
    byte[] left = Files.readAllBytes(out.resolve("events.jsonl"));
    FailingFiles files = new FailingFiles();
    files.afterEachChange = () -> assertThat(out.resolve("events.jsonl")).hasBinaryContent(left);
    try (DiskArchive archive = new DiskArchive(out, TIME, 42, new Counters(), files)) {
      archive.force();
      assertThat(archive.store(event(3, "c"))).isFalse();
    }
    assertThat(files.changes).isPositive();
    assertThat(texts()).containsExactly("a", "b", "ground", "c", "ground again");
  }

  @Test
  void recordedHousekeepingIsKeptOnceOverAKillToo() throws Exception {
    Downlink recorded =
        record(1).setHousekeeping(Housekeeping.newBuilder().setSet("slow").setBoots(3)).build();
    DiskArchive killed = open();
    assertThat(killed.store(recorded)).isTrue();
    killed.telemetry(Housekeeping.newBuilder().setSet("live").build());
    try (DiskArchive archive = open()) {
      assertThat(archive.store(recorded)).isFalse();
    }
    assertThat(Files.readAllLines(out.resolve("telemetry.jsonl")))
        .hasSize(2)
        .satisfiesExactly(
            line -> assertThat(line).contains("\"record\":1"),
            line -> assertThat(line).doesNotContain("record"));
  }

  @Test
  void anOldNumberThatIsCountedAnewIsKeptOnceOverAKillToo() throws Exception {
    DiskArchive killed = open();
    assertThat(killed.store(event(1, "a"))).isTrue();
    assertThat(killed.store(event(2, "b"))).isTrue();
    killed.force();
    // the satellite has lost its recorder
    assertThat(killed.store(event(1, "new a"))).isTrue();
    assertThat(killed.store(event(2, "new b"))).isTrue();
    try (DiskArchive archive = open()) {
      assertThat(archive.store(event(1, "new a"))).isFalse();
      assertThat(archive.store(event(2, "new b"))).isFalse();
      assertThat(archive.store(event(2, "newer b"))).isTrue();
    }
    assertThat(texts()).containsExactly("a", "b", "new a", "new b", "newer b");
  }

  @Test
  void aResetLogIsKeptAsAnAnswer() throws Exception {
    try (DiskArchive archive = open()) {
      assertThat(
              archive.store(
                  record(1)
                      .setResetLog(
                          ResetLogDump.newBuilder()
                              .setCounter(7)
                              .addBoots(Boot.newBuilder().setCause("first boot")))
                      .build()))
          .isTrue();
    }
    assertThat(Files.readString(out.resolve("answers.jsonl")))
        .contains("\"answer\":\"reset_log\"")
        .contains("first boot");
  }

  @Test
  void theNamesOfFilesAndFoldersAreOnDiskBeforeAReceipt() throws Exception {
    FailingFiles files = new FailingFiles();
    Path below = out.resolve("a/b");
    try (DiskArchive archive = new DiskArchive(below, TIME, 42, new Counters(), files)) {
      assertThat(files.folders)
          .contains(out, out.resolve("a"), below, below.resolve("stac"))
          .endsWith(below);
      files.folders.clear();
      assertThat(archive.store(filePart(1, 0))).isTrue();
      assertThat(files.folders)
          .containsExactly(below, below.resolve("files"), below.resolve("files/7"));
      // the names are there
      assertThat(archive.store(filePart(2, 1))).isTrue();
      assertThat(files.folders).hasSize(3);
      files.folders.clear();
      assertThat(archive.store(product(3, "f000001", mask()))).isTrue();
      archive.force();
      assertThat(files.folders).containsExactly(below.resolve("stac/frames"));
      archive.force();
      assertThat(files.folders).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "files", "7"})
  void aPartWhoseNamesAreNotOnDiskIsNotStored(String failing) throws Exception {
    FailingFiles files = new FailingFiles();
    try (DiskArchive archive = new DiskArchive(out, TIME, 42, new Counters(), files)) {
      files.failingOnce.add(failing.isEmpty() ? String.valueOf(out.getFileName()) : failing);
      assertThatThrownBy(() -> archive.store(filePart(1, 0))).isInstanceOf(IOException.class);
      files.folders.clear();
      assertThat(archive.store(filePart(1, 0))).isTrue();
      assertThat(files.folders).containsExactly(out, out.resolve("files"), out.resolve("files/7"));
    }
    assertThat(out.resolve("files/7/a")).hasContent("x");
  }

  @Test
  void anItemWhoseFolderIsNotOnDiskIsNotConfirmed() throws Exception {
    FailingFiles files = new FailingFiles();
    try (DiskArchive archive = new DiskArchive(out, TIME, 42, new Counters(), files)) {
      assertThat(archive.store(product(1, "f000001", mask()))).isTrue();
      files.failingOnce.add("frames");
      assertThatThrownBy(archive::force).isInstanceOf(IOException.class);
      files.folders.clear();
      archive.force();
      assertThat(files.folders).containsExactly(out.resolve("stac/frames"));
    }
  }

  @Test
  void anArchiveWhoseFilesHaveNoNameOnDiskDoesNotOpen() {
    FailingFiles files = new FailingFiles();
    files.failingOnce.add(String.valueOf(out.getFileName()));
    assertThatThrownBy(() -> new DiskArchive(out, TIME, 42, new Counters(), files))
        .isInstanceOf(IOException.class);
  }

  @Test
  void anIdNamesNoFileElsewhere() {
    assertThat(Catalogue.fileName("f000001")).isEqualTo("f000001");
    assertThat(Catalogue.fileName("../../etc/passwd")).matches("x[0-9a-f]{64}");
    assertThat(Catalogue.fileName("")).matches("x[0-9a-f]{64}");
  }

  private List<String> texts() throws IOException {
    return Files.readAllLines(out.resolve("events.jsonl")).stream()
        .map(line -> JsonParser.parseString(line).getAsJsonObject().get("text").getAsString())
        .toList();
  }

  private DiskArchive open() throws IOException {
    return new DiskArchive(out, TIME, 42, new Counters());
  }

  @Test
  void aRecordIsKnownByTheChecksumThatTheLinkGivesIt() throws Exception {
    for (Downlink record : List.of(event(1, "a"), product(300, "f000001", mask()))) {
      byte[] body = record.toBuilder().clearRecord().build().toByteArray();
      int checksum = RecordChecksum.of(record.getRecord(), body);
      try (DiskArchive archive = open()) {
        assertThat(archive.has(record.getRecord(), checksum)).isFalse();
        assertThat(
                archive.store(
                    record.toBuilder()
                        .setRun(5)
                        .setStreamSequence(9)
                        .setSentMissionNanos(1)
                        .setSentUtcNanos(2)
                        .build()))
            .isTrue();
        assertThat(archive.has(record.getRecord(), checksum)).isTrue();
        assertThat(archive.has(record.getRecord(), checksum + 1)).isFalse();
      }
      try (DiskArchive again = open()) {
        assertThat(again.has(record.getRecord(), checksum)).isTrue();
      }
    }
  }

  private static byte[] mask() {
    byte[] mask = new byte[WIDTH * HEIGHT];
    for (int at = 0; at < mask.length; at++) {
      mask[at] = (byte) (at * 7 % 5 < 2 ? 255 : 0);
    }
    return mask;
  }

  private static Downlink.Builder record(long number) {
    return Downlink.newBuilder().setRecord(number);
  }

  private static Downlink filePart(long record, long offset) {
    return record(record)
        .setFilePart(
            FilePart.newBuilder()
                .setCounter(7)
                .setPath("logs/a")
                .setOffset(offset)
                .setFileSize(2)
                .setContent(ByteString.copyFromUtf8("x")))
        .build();
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
