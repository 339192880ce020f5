package org.heliostat.hil.ground;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.heliostat.protocol.RecordPart;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartJournalTest {
  @TempDir private Path folder;
  private final PartAssembly assembly = new PartAssembly();

  private FileChannel file() throws IOException {
    return FileChannel.open(
        folder.resolve("parts.bin"),
        StandardOpenOption.CREATE,
        StandardOpenOption.READ,
        StandardOpenOption.WRITE);
  }

  private static RecordPart part(int offset) {
    return RecordPart.newBuilder()
        .setRecord(4)
        .setSize(1000)
        .setOffset(offset)
        .setContent(ByteString.copyFrom(new byte[10]))
        .build();
  }

  private List<RecordPart> kept() throws IOException {
    List<RecordPart> parts = new ArrayList<>();
    try (PartJournal journal = new PartJournal(file())) {
      journal.replay(parts::add);
    }
    return parts;
  }

  private void add(RecordPart... parts) throws IOException {
    try (PartJournal journal = new PartJournal(file())) {
      journal.replay(part -> assertThat(part.getSize()).isPositive());
      for (RecordPart part : parts) {
        journal.add(part, assembly);
      }
    }
  }

  @Test
  void partsAreThereAfterARestart() throws IOException {
    add(part(0), part(10));
    add(part(20));
    assertThat(kept()).containsExactly(part(0), part(10), part(20));
  }

  @Test
  void aFileThatEndsOrIsDamagedAnywhereGivesWhatStandsBefore() throws IOException {
    add(part(0), part(10), part(20));
    Path path = folder.resolve("parts.bin");
    byte[] whole = Files.readAllBytes(path);
    for (int i = 0; i < whole.length; i++) {
      Files.write(path, Arrays.copyOf(whole, i));
      assertThat(kept())
          .as("cut at %d", i)
          .isEqualTo(List.of(part(0), part(10), part(20)).subList(0, 3 * i / whole.length));
      byte[] turned = whole.clone();
      turned[i] ^= 1;
      Files.write(path, turned);
      assertThat(kept()).as("turned at %d", i).hasSizeBetween(i * 3 / whole.length, 2);
    }
  }

  @Test
  void nothingIsKeptWhenAllRecordsAreWhole() throws IOException {
    try (PartJournal journal = new PartJournal(file())) {
      journal.add(part(0), assembly);
      assertThat(journal.bytes()).isPositive();
      journal.clear();
      assertThat(journal.bytes()).isZero();
    }
    assertThat(kept()).isEmpty();
  }

  @Test
  void itIsWrittenAnewWithWhatCountsWhenItIsTooLarge() throws IOException {
    RecordPart large =
        RecordPart.newBuilder()
            .setRecord(5)
            .setSize(1 << 20)
            .setContent(ByteString.copyFrom(new byte[1 << 19]))
            .build();
    PartAssembly.Taken unused = assembly.take(large, 1);
    try (PartJournal journal = new PartJournal(file())) {
      long highest = 0;
      for (int i = 0; i < PartJournal.MOST_BYTES / (1 << 19) + 20; i++) {
        journal.add(large, assembly);
        highest = Math.max(highest, journal.bytes());
      }
      assertThat(highest).isLessThan(PartJournal.MOST_BYTES + (1 << 20));
      assertThat(journal.bytes()).isLessThan(highest);
    }
    assertThat(kept()).isNotEmpty();
  }

  @Test
  void aFileThatCannotBeWrittenIsNoFailure() throws IOException {
    FileChannel closed = file();
    PartJournal journal = new PartJournal(closed);
    closed.close();
    journal.add(part(0), assembly);
    journal.add(part(10), assembly);
    journal.clear();
    assertThat(journal.bytes()).isZero();
  }
}
