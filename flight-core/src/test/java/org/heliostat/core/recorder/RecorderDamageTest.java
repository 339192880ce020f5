package org.heliostat.core.recorder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.heliostat.core.recorder.Fixture.append;
import static org.heliostat.core.recorder.Fixture.body;
import static org.heliostat.core.recorder.Fixture.ids;
import static org.heliostat.core.recorder.Fixture.text;
import static org.heliostat.core.recorder.Fixture.texts;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.heliostat.core.recorder.Recorder.Priority;
import org.heliostat.protocol.RecordChecksum;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Damage to the files, at every byte of small logs: what is whole is found, and no more. */
@Timeout(120)
class RecorderDamageTest {
  private static final String FIRST = "seg-0000000001.log";
  private static final String SECOND = "seg-0000000002.log";
  private static final Limits ONE_SEGMENT = Fixture.roomy(560);

  private final Fixture fixture = new Fixture();

  /** Where a record that was acknowledged lies. */
  private record Stored(String file, int from, int to, String text) {}

  private final Map<Long, Stored> stored = new TreeMap<>();
  private final FakeFolder whole = fixture.folder;

  /** Stores a record and notes down where it lies: where its text stands. */
  private void store(Recorder recorder, String text) throws RecorderFault {
    long id = append(recorder, text);
    for (String name : whole.segments()) {
      int at = indexOf(whole.bytes(name), text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
      if (at >= 0) {
        int length = body(text).getSerializedSize();
        // the text is the end of the content
        int from = at + text.length() - length - Frame.HEADER_BYTES;
        stored.put(id, new Stored(name, from, from + Frame.HEADER_BYTES + length, text));
        return;
      }
    }
    throw new AssertionError(text + " is in no file");
  }

  private static int indexOf(byte[] bytes, byte[] part) {
    for (int i = 0; i + part.length <= bytes.length; i++) {
      if (Arrays.equals(bytes, i, i + part.length, part, 0, part.length)) {
        return i;
      }
    }
    return -1;
  }

  /**
   * Opens what is left and looks at all of it.
   *
   * @param file that is damaged
   * @param from first byte that is damaged
   * @param to end of the damage
   */
  private List<Recorder.Recovery> check(FakeFolder left, String file, int from, int to)
      throws IOException, RecorderFault {
    fixture.folder = left;
    List<Recorder.Recovery> told;
    List<Long> found;
    long next;
    try (Recorder recorder = fixture.open(ONE_SEGMENT)) {
      told = recorder.recoveries();
      found = ids(recorder);
      for (long id : found) {
        assertThat(text(recorder, id)).isEqualTo(expected(id).text);
      }
      for (Map.Entry<Long, Stored> entry : stored.entrySet()) {
        Stored record = entry.getValue();
        if (!record.file.equals(file) || record.to <= from || record.from >= to) {
          assertThat(found).as("%s damaged from %d to %d", file, from, to).contains(entry.getKey());
        }
      }
      next = append(recorder, "next");
      assertThat(next).as("damage from %d", from).isGreaterThan(stored.size());
    }
    try (Recorder recorder = fixture.open(ONE_SEGMENT)) {
      assertThat(recorder.recoveries()).as("damage from %d to %d", from, to).isEmpty();
      List<Long> all = new ArrayList<>(found);
      all.add(next);
      assertThat(ids(recorder)).containsExactlyElementsOf(all);
      assertThat(append(recorder, "after")).isGreaterThan(next);
    }
    return told;
  }

  private Stored expected(long id) {
    Stored record = stored.get(id);
    if (record == null) {
      throw new AssertionError("nobody stored number " + id);
    }
    return record;
  }

  private void fill() throws IOException, RecorderFault {
    try (Recorder recorder = fixture.open(ONE_SEGMENT)) {
      for (int i = 0; i < 9; i++) {
        store(recorder, "record number " + i + " ".repeat(i) + ".");
      }
      assertThat(whole.segments()).containsExactly(FIRST, SECOND);
    }
  }

  private FakeFolder damaged(String name, byte[] bytes) {
    FakeFolder left = whole.copy();
    left.put(name, bytes);
    return left;
  }

  @Test
  void aBitThatHasTurnedAnywhereCostsOneRecordAtMost() throws Exception {
    fill();
    for (String name : List.of(FIRST, SECOND, Numbers.FILE)) {
      byte[] bytes = whole.bytes(name);
      for (int at = 0; at < bytes.length; at++) {
        byte[] turned = bytes.clone();
        turned[at] ^= (byte) (1 << (at % 8));
        List<Recorder.Recovery> told = check(damaged(name, turned), name, at, at + 1);
        boolean hit = hit(name, at, at + 1);
        if (hit) {
          assertThat(told).as("byte %d of %s", at, name).hasSize(1);
          assertThat(told.get(0).segment()).isEqualTo(name);
          assertThat(told.get(0).droppedBytes()).isPositive();
        }
      }
    }
  }

  private boolean hit(String name, int from, int to) {
    return stored.values().stream()
        .anyMatch(record -> record.file.equals(name) && record.to > from && record.from < to);
  }

  @Test
  void aFileThatEndsAnywhereCostsWhatWasBehind() throws Exception {
    fill();
    for (String name : List.of(FIRST, SECOND, Numbers.FILE)) {
      byte[] bytes = whole.bytes(name);
      for (int cut = 0; cut < bytes.length; cut++) {
        List<Recorder.Recovery> told =
            check(damaged(name, Arrays.copyOf(bytes, cut)), name, cut, bytes.length);
        if (!name.equals(Numbers.FILE) && cut >= Segment.START) {
          assertThat(told).as("cut at %d", cut).hasSize(1);
          assertThat(told.get(0).droppedBytes()).isGreaterThanOrEqualTo(bytes.length - cut);
        }
      }
    }
  }

  @Test
  void blocksOfZerosOrRubbishCostWhatTheyCover() throws Exception {
    fill();
    for (String name : List.of(FIRST, SECOND)) {
      byte[] bytes = whole.bytes(name);
      for (int length : new int[] {8, 64, 200}) {
        for (int at = 0; at + length <= bytes.length; at += 12) {
          for (byte rubbish : new byte[] {0, 0x48}) {
            byte[] bad = bytes.clone();
            Arrays.fill(bad, at, at + length, rubbish);
            List<Recorder.Recovery> told = check(damaged(name, bad), name, at, at + length);
            assertThat(told).hasSizeLessThanOrEqualTo(1);
          }
        }
      }
    }
  }

  @Test
  void aSegmentThatIsGoneTakesNoNumberWithIt() throws Exception {
    fill();
    for (List<String> gone : List.of(List.of(FIRST), List.of(SECOND), List.of(FIRST, SECOND))) {
      FakeFolder left = whole.copy();
      for (String name : gone) {
        left.delete(name);
      }
      fixture.folder = left;
      try (Recorder recorder = fixture.open(ONE_SEGMENT)) {
        assertThat(append(recorder, "next")).isEqualTo(10);
      }
    }
  }

  @Test
  void withoutTheFileOfNumbersTheSegmentsSayWhichHaveBeenGiven() throws Exception {
    fill();
    FakeFolder left = whole.copy();
    left.delete(Numbers.FILE);
    fixture.folder = left;
    try (Recorder recorder = fixture.open(ONE_SEGMENT)) {
      assertThat(append(recorder, "next")).isEqualTo(10);
    }
  }

  /** The limit of that promise: it wants the file of numbers, or the newest segment. */
  @Test
  void withoutBothNumbersGoOnBehindWhatIsLeftAndTheChecksumTellsTheRecordsApart() throws Exception {
    fill();
    FakeFolder left = whole.copy();
    left.delete(Numbers.FILE);
    left.delete(SECOND);
    fixture.folder = left;
    try (Recorder recorder = fixture.open(ONE_SEGMENT)) {
      long highestLeft =
          recorder.pending(10).stream().mapToLong(Recorder.Pending::id).max().orElseThrow();
      long again = append(recorder, "next");
      assertThat(again).isEqualTo(highestLeft + 1).isLessThan(10);
      assertThat(RecordChecksum.of(again, recorder.read(again)))
          .isNotEqualTo(
              RecordChecksum.of(
                  again, body(Objects.requireNonNull(stored.get(again)).text()).toByteArray()));
    }
  }

  /** Numbers that a crash leaves over are not given either. */
  @Test
  void aCrashCostsNumbersAndNoneIsGivenTwice() throws Exception {
    Recorder crashed = fixture.open(ONE_SEGMENT);
    assertThat(append(crashed, "one")).isEqualTo(1);
    fixture.folder = fixture.folder.copy();
    try (Recorder recorder = fixture.open(ONE_SEGMENT)) {
      assertThat(append(recorder, "two")).isEqualTo(1 + Numbers.BLOCK);
      assertThat(texts(recorder)).containsExactly("one", "two");
    }
    crashed.close();
  }

  /** What stands in a file that is used again is not taken for records of now. */
  @Test
  void anyDamageToAFileThatIsUsedAgainBringsBackNothingThatWasFreed() throws Exception {
    Limits small = Fixture.limits(400, 400);
    long last = 0;
    FakeFolder used = fixture.folder;
    try (Recorder recorder = fixture.open(small)) {
      for (int i = 0; i < 40; i++) {
        last = append(recorder, "record " + i);
        if (i < 38) {
          recorder.confirm(List.of(last));
        }
      }
      assertThat(used.segments()).hasSizeLessThanOrEqualTo(5);
    }
    for (String name : used.segments()) {
      byte[] bytes = used.bytes(name);
      for (int at = Segment.START; at < bytes.length; at++) {
        byte[] turned = bytes.clone();
        turned[at] ^= (byte) 0x81;
        FakeFolder left = used.copy();
        left.put(name, turned);
        fixture.folder = left;
        try (Recorder recorder = fixture.open(small)) {
          // a note that is lost brings a record back that ground has; nothing older
          assertThat(ids(recorder)).allMatch(id -> id > 20).hasSizeBetween(1, 6);
          for (long id : ids(recorder)) {
            assertThat(text(recorder, id)).isEqualTo("record " + (id - 1));
          }
          assertThat(append(recorder, "next")).isEqualTo(last + 1);
        }
      }
    }
  }

  @Test
  void aSegmentWithoutAHeaderIsKnownByItsFrames() throws Exception {
    fill();
    byte[] bytes = whole.bytes(FIRST);
    Arrays.fill(bytes, 0, Segment.START, (byte) 0);
    fixture.folder = damaged(FIRST, bytes);
    try (Recorder recorder = fixture.open(ONE_SEGMENT)) {
      assertThat(ids(recorder)).hasSize(9);
      assertThat(recorder.recoveries())
          .containsExactly(new Recorder.Recovery(FIRST, Segment.START));
      assertThat(recorder.statistics().damagedBytes()).isEqualTo(Segment.START);
    }
  }

  @Test
  void aFileInWhichNothingReadsIsToldOfAndTakenAway() throws Exception {
    fixture.folder.put(
        "seg-0000000007.log",
        "rubbish that is long enough for a header"
            .getBytes(java.nio.charset.StandardCharsets.UTF_8));
    fixture.folder.put("seg-0000000008.log", new byte[4000]);
    fixture.folder.put("seg-0000000009.log", new byte[0]);
    try (Recorder recorder = fixture.open(ONE_SEGMENT)) {
      assertThat(recorder.recoveries())
          .containsExactly(new Recorder.Recovery("seg-0000000007.log", 40));
      assertThat(append(recorder, "one")).isEqualTo(1);
    }
    // names are not given twice either: what is left of a file could be taken for another
    assertThat(fixture.folder.segments()).containsExactly("seg-0000000010.log");
  }

  @Test
  void whatAnotherVersionHasWrittenIsLeftAloneAndToldOfOnce() throws Exception {
    ByteBuffer first = ByteBuffer.allocate(200).putInt(0x48535247).putLong(1);
    CRC32C crc = new CRC32C();
    crc.update(first.array(), 0, 12);
    byte[] old = first.putInt(12, (int) crc.getValue()).array();
    fixture.folder.put("seg-0000000003.log", old);
    for (int boot = 0; boot < 2; boot++) {
      try (Recorder recorder = fixture.open(ONE_SEGMENT)) {
        assertThat(recorder.recoveries()).hasSize(1 - boot);
        recorder
            .recoveries()
            .forEach(
                recovery -> {
                  assertThat(recovery.segment()).contains("seg-0000000003.log", "another version");
                  assertThat(recovery.droppedBytes()).isEqualTo(200);
                });
        assertThat(append(recorder, "one")).isEqualTo(boot + 1);
      }
    }
    assertThat(fixture.folder.bytes("seg-0000000003.log")).isEqualTo(old);
  }

  /** Content that looks like a segment, as a dump of the recorder's own files would. */
  @Test
  void contentThatLooksLikeRecordsIsNotTakenForSome() throws Exception {
    try (Recorder recorder = fixture.open(Fixture.roomy(4000))) {
      assertThat(append(recorder, "real")).isEqualTo(1);
      byte[] segment = fixture.folder.bytes(FIRST);
      for (int shift = 0; shift < Frame.ALIGNMENT; shift++) {
        byte[] content = Arrays.copyOfRange(segment, Segment.START - shift, Segment.START + 60);
        assertThat(
                recorder.append(
                    Priority.PRODUCT,
                    org.heliostat.protocol.Downlink.newBuilder()
                        .setFilePart(
                            org.heliostat.protocol.FilePart.newBuilder()
                                .setContent(com.google.protobuf.ByteString.copyFrom(content)))
                        .build()))
            .isEqualTo(shift + 2);
      }
    }
    byte[] bytes = fixture.folder.bytes(FIRST);
    // the header of every record but the first
    int at = Segment.START + Frame.bytes(body("real").getSerializedSize());
    while (at + Frame.HEADER_BYTES < bytes.length) {
      int length = ByteBuffer.wrap(bytes).getInt(at + 4);
      bytes[at] ^= 1;
      at += Frame.bytes(length);
      if (length == 0) {
        break;
      }
    }
    fixture.folder.put(FIRST, bytes);
    try (Recorder recorder = fixture.open(Fixture.roomy(4000))) {
      assertThat(texts(recorder)).containsExactly("real");
    }
  }

  @Test
  void aBlockThatTheDiskCannotReadCostsWhatIsInIt() throws Exception {
    Limits limits = Fixture.roomy(40_000);
    try (Recorder recorder = fixture.open(limits)) {
      for (int i = 0; i < 10; i++) {
        assertThat(append(recorder, i + "x".repeat(2000))).isEqualTo(i + 1);
      }
    }
    FakeFolder bad = fixture.folder.copy();
    fixture.folder = bad;
    BadBlock block = new BadBlock(bad, FIRST, 8192, 12288);
    try (Recorder recorder =
        Recorder.open(block, limits, fixture.clock::missionNanos, 20_000_000_000L)) {
      assertThat(ids(recorder)).contains(1L, 2L, 3L, 8L, 9L, 10L).hasSizeBetween(6, 8);
      assertThat(recorder.recoveries()).hasSize(1);
    }
  }

  /** A folder in whose file a stretch cannot be read. */
  private record BadBlock(Folder folder, String name, long from, long to) implements Folder {
    @Override
    public List<String> list() throws IOException {
      return folder.list();
    }

    @Override
    public OneFile open(String which) throws IOException {
      OneFile file = folder.open(which);
      return which.equals(name) ? new BadFile(file, from, to) : file;
    }

    @Override
    public void delete(String which) throws IOException {
      folder.delete(which);
    }

    @Override
    public void force() throws IOException {
      folder.force();
    }
  }

  private record BadFile(Folder.OneFile file, long from, long to) implements Folder.OneFile {
    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public void read(ByteBuffer buffer, long position) throws IOException {
      if (position < to && position + buffer.remaining() > from) {
        throw new IOException("Input/output error");
      }
      file.read(buffer, position);
    }

    @Override
    public void write(ByteBuffer buffer, long position) throws IOException {
      file.write(buffer, position);
    }

    @Override
    public void force() throws IOException {
      file.force();
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
