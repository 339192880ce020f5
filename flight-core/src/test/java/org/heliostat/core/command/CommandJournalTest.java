package org.heliostat.core.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.heliostat.core.command.CommandJournal.Content;
import org.heliostat.core.command.CommandJournal.Entry;
import org.heliostat.core.file.Disk;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandJournalTest {
  private static final long AMPLE = TimeUnit.SECONDS.toNanos(60);

  @TempDir private Path folder;

  private Path file() {
    return folder.resolve("commands.bin");
  }

  private Content reopened() throws IOException {
    try (CommandJournal journal = CommandJournal.open(file())) {
      return journal.recovered();
    }
  }

  @Test
  void knowsWhatWasWrittenLast() throws IOException {
    assertThat(reopened()).isEqualTo(new Content(0, 0, List.of()));
    for (int run = 0; run < 3; run++) {
      try (CommandJournal journal = CommandJournal.open(file())) {
        assertThat(journal.damaged()).isFalse();
        for (int i = 0; i < 6; i++) {
          journal.write(10L * run + i, List.of(new Entry(10L * run + i, 12)));
        }
      }
      Content content = reopened();
      assertThat(content.counter()).isEqualTo(10L * run + 5);
      assertThat(content.executing()).containsExactly(new Entry(10L * run + 5, 12));
    }
    assertThat(Files.size(file()))
        .isEqualTo((long) CommandJournal.SLOTS * CommandJournal.SLOT_STRIDE);
  }

  /** Power goes while a slot is written: every prefix of the new bytes over the old ones. */
  @Test
  void aCrashAtAnyByteLeavesTheStateBeforeOrTheOneAfter() throws IOException {
    for (int before = 1; before <= CommandJournal.SLOTS + 1; before++) {
      Files.deleteIfExists(file());
      byte[] old;
      byte[] fresh;
      try (CommandJournal journal = CommandJournal.open(file())) {
        for (int i = 1; i <= before; i++) {
          journal.write(i, List.of(new Entry(i, 11)));
        }
        old = Files.readAllBytes(file());
        journal.write(before + 1, List.of(new Entry(before + 1, 12)));
        fresh = Files.readAllBytes(file());
      }
      int first = 0;
      while (old[first] == fresh[first]) {
        first++;
      }
      int slot = first / CommandJournal.SLOT_STRIDE * CommandJournal.SLOT_STRIDE;
      for (int bytes = 0; bytes <= CommandJournal.SLOT_BYTES; bytes++) {
        byte[] torn = old.clone();
        System.arraycopy(fresh, slot, torn, slot, bytes);
        Files.write(file(), torn);
        long counter = reopened().counter();
        assertThat(counter)
            .as("%d bytes of write %d", bytes, before + 1)
            .isIn((long) before, before + 1L);
      }
      assertThat(reopened().counter()).isEqualTo(before + 1);
    }
  }

  @Test
  void aDamagedSlotIsLeftOutAndDamageAloneIsSaid() throws IOException {
    try (CommandJournal journal = CommandJournal.open(file())) {
      journal.write(1, List.of());
      journal.write(2, List.of());
    }
    byte[] whole = Files.readAllBytes(file());
    for (int at = 0; at < CommandJournal.SLOT_BYTES; at += 7) {
      byte[] bytes = whole.clone();
      bytes[CommandJournal.SLOT_STRIDE + at] ^= 0x10;
      Files.write(file(), bytes);
      assertThat(reopened().counter()).isEqualTo(1);
      bytes[at] ^= 0x10;
      Files.write(file(), bytes);
      try (CommandJournal journal = CommandJournal.open(file())) {
        assertThat(journal.damaged()).isTrue();
        assertThat(journal.recovered().counter()).isZero();
      }
    }
  }

  @Test
  void aFileThatIsTooShortIsMadeWhole() throws IOException {
    try (CommandJournal journal = CommandJournal.open(file())) {
      journal.write(1, List.of());
    }
    byte[] whole = Files.readAllBytes(file());
    Files.write(file(), Arrays.copyOf(whole, CommandJournal.SLOT_BYTES));
    assertThat(reopened().counter()).isEqualTo(1);
    assertThat(Files.size(file())).isEqualTo(whole.length);
  }

  /** A boot must not end here: ground could mend nothing any more. */
  @Test
  void aFileThatNeitherReadsNorTakesAnythingIsTriedAgainWithEachWrite() throws IOException {
    // as a folder does
    Files.createDirectory(file());
    try (CommandJournal journal = CommandJournal.open(file())) {
      assertThat(journal.damaged()).isTrue();
      assertThatThrownBy(() -> journal.write(5, List.of())).isInstanceOf(IOException.class);
      Files.delete(file());
      journal.write(6, List.of());
    }
    assertThat(reopened().counter()).isEqualTo(6);
    assertThat(Files.size(file())).isEqualTo(CommandJournal.SLOTS * CommandJournal.SLOT_STRIDE);
  }

  /** Else an old slot would win after the next restart, and a command could run twice. */
  @Test
  void whatCouldNotBeReadIsNotWrittenOverUnseen() throws IOException {
    try (CommandJournal journal = CommandJournal.open(file())) {
      for (int i = 1; i < 10; i++) {
        journal.write(i, List.of());
      }
    }
    Path aside = folder.resolve("aside");
    Files.move(file(), aside);
    Files.createDirectory(file());
    try (CommandJournal journal = CommandJournal.open(file())) {
      assertThat(journal.recovered().counter()).isZero();
      Files.delete(file());
      Files.move(aside, file());
      for (long counter : new long[] {0, 8, 9}) {
        assertThatThrownBy(() -> journal.write(counter, List.of()))
            .hasMessageContaining("knows the counter 9");
      }
      journal.write(10, List.of());
      assertThat(reopened().counter()).isEqualTo(10);
      journal.write(10, List.of(new Entry(10, 3)));
    }
    assertThat(reopened().executing()).containsExactly(new Entry(10, 3));
  }

  @Test
  void aBadBlockIsNotAllThatIsTried() throws IOException {
    AtomicReference<byte[]> second = new AtomicReference<>(new byte[CommandJournal.SLOT_BYTES]);
    try (CommandJournal journal =
        CommandJournal.open(
            file(),
            new Disk("test", 2, AMPLE),
            file -> {
              byte[] now = slot(1);
              if (!Arrays.equals(second.getAndSet(now), now)) {
                throw new IOException("a bad block");
              }
            })) {
      journal.write(1, List.of());
      assertThatThrownBy(() -> journal.write(2, List.of())).hasMessage("a bad block");
      for (int i = 3; i < 12; i++) {
        journal.write(i, List.of());
      }
    }
    assertThat(reopened().counter()).isEqualTo(11);
  }

  @Test
  void oneWriteIsForcedOnce() throws IOException {
    AtomicInteger forced = new AtomicInteger();
    try (CommandJournal journal =
        CommandJournal.open(
            file(), new Disk("test", 2, AMPLE), channel -> forced.incrementAndGet())) {
      journal.write(1, List.of());
      assertThat(forced).hasValue(1);
    }
  }

  /** What was durable stays so, whatever becomes of the writes after it. */
  @Test
  void aWriteThatFailsOrHangsNeverTakesTheNewestSlot() throws Exception {
    CountDownLatch answer = new CountDownLatch(1);
    CountDownLatch came = new CountDownLatch(2);
    AtomicInteger writes = new AtomicInteger();
    try (CommandJournal journal =
        CommandJournal.open(
            file(),
            new Disk("test", 2, TimeUnit.MILLISECONDS.toNanos(200)),
            channel -> {
              int write = writes.incrementAndGet();
              if (write == 2) {
                throw new IOException("no");
              } else if (write > 2) {
                try {
                  answer.await();
                } catch (InterruptedException e) {
                  throw new IOException(e);
                } finally {
                  came.countDown();
                }
              }
            })) {
      journal.write(1, List.of());
      assertThatThrownBy(() -> journal.write(2, List.of())).hasMessage("no");
      byte[] newest = slot(0);
      for (int i = 0; i < 6; i++) {
        long counter = 3L + i;
        assertThatThrownBy(() -> journal.write(counter, List.of())).isInstanceOf(IOException.class);
        assertThat(slot(0)).isEqualTo(newest);
      }
      answer.countDown();
      assertThat(came.await(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  private byte[] slot(int index) throws IOException {
    byte[] bytes = Files.readAllBytes(file());
    int at = index * CommandJournal.SLOT_STRIDE;
    return Arrays.copyOfRange(bytes, at, at + CommandJournal.SLOT_BYTES);
  }

  @Test
  void takesAsManyAsMayBeInExecution() {
    List<Entry> most =
        LongStream.rangeClosed(1, CommandJournal.MOST_ENTRIES)
            .mapToObj(i -> new Entry(i, 12))
            .toList();
    assertThat(most).hasSizeGreaterThanOrEqualTo(Commands.MOST_EXECUTING);
    Content content = new Content(1, 100, most);
    assertThat(CommandJournal.decode(CommandJournal.encode(content))).contains(content);
    List<Entry> more = new java.util.ArrayList<>(most);
    more.add(new Entry(0, 0));
    assertThatThrownBy(() -> CommandJournal.encode(new Content(1, 1, more)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(CommandJournal.decode(ByteBuffer.allocate(CommandJournal.SLOT_BYTES))).isEmpty();
  }
}
