package org.heliostat.hil.ground;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.heliostat.hil.ground.PartAssembly.Taken;
import org.heliostat.protocol.ByteSpan;
import org.heliostat.protocol.MissingParts;
import org.heliostat.protocol.RecordChecksum;
import org.heliostat.protocol.RecordPart;
import org.junit.jupiter.api.Test;

/** No record is ever put together wrong. */
class PartAssemblyTest {
  private static final int RUN = 3;
  private final PartAssembly assembly = new PartAssembly();

  private static byte[] body(int size) {
    byte[] body = new byte[size];
    new Random(size).nextBytes(body);
    return body;
  }

  private static RecordPart.Builder part(long record, byte[] body, int from, int to) {
    return RecordPart.newBuilder()
        .setRecord(record)
        .setSize(body.length)
        .setOffset(from)
        .setChecksum(RecordChecksum.of(record, body))
        .setContent(ByteString.copyFrom(body, from, to - from));
  }

  private Taken take(RecordPart.Builder part) {
    return assembly.take(part.build(), RUN);
  }

  private static List<Integer> spans(MissingParts missing) {
    List<Integer> spans = new ArrayList<>();
    for (ByteSpan span : missing.getSpansList()) {
      spans.add(span.getFrom());
      spans.add(span.getTo());
    }
    return spans;
  }

  @Test
  void partsInAnyOrderAreTheRecord() {
    byte[] body = body(100);
    assertThat(take(part(1, body, 60, 100))).isEqualTo(Taken.ADDED);
    assertThat(take(part(1, body, 0, 30))).isEqualTo(Taken.ADDED);
    assertThat(take(part(1, body, 0, 30))).isEqualTo(Taken.AGAIN);
    assertThat(assembly.whole(1)).isEmpty();
    MissingParts missing = assembly.missing(1, true, 64).orElseThrow();
    assertThat(spans(missing)).containsExactly(30, 60);
    assertThat(missing.getScopeEnd()).isEqualTo(100);
    assertThat(take(part(1, body, 20, 70)))
        .as("it overlaps, and agrees")
        .isEqualTo(Taken.COMPLETED);
    assertThat(assembly.whole(1)).contains(body);
    assembly.forget(1);
    assertThat(assembly.records()).isEmpty();
    assertThat(assembly.bytes()).isZero();
  }

  @Test
  void whatIsMissingIsToldOfUpToWhatHasComeAndInSoManySpans() {
    byte[] body = body(1000);
    for (int at = 100; at < 600; at += 100) {
      assertThat(take(part(1, body, at, at + 50))).isEqualTo(Taken.ADDED);
    }
    MissingParts some = assembly.missing(1, false, 64).orElseThrow();
    assertThat(some.getScopeEnd()).isEqualTo(550);
    assertThat(spans(some)).containsExactly(0, 100, 150, 200, 250, 300, 350, 400, 450, 500);
    MissingParts few = assembly.missing(1, true, 2).orElseThrow();
    assertThat(spans(few)).containsExactly(0, 100, 150, 200);
    assertThat(few.getScopeEnd()).as("no more is said").isEqualTo(250);
    assertThat(spans(assembly.missing(1, true, 64).orElseThrow())).endsWith(550, 1000);
    assertThat(assembly.missing(2, true, 64)).isEmpty();
  }

  @Test
  void partsThatCannotBeAreRefused() {
    byte[] body = body(100);
    assertThat(take(part(1, body, 0, 50))).isEqualTo(Taken.ADDED);
    for (RecordPart.Builder wrong :
        List.of(
            part(1, body, 50, 100).setSize(90),
            part(1, body, 50, 100).setSize(101),
            part(1, body, 50, 100).setChecksum(1),
            part(1, body, 50, 100).setOffset(51),
            part(1, body, 50, 100).setOffset(-50),
            part(1, body, 50, 50),
            part(1, body, 50, 100).setOffset(30),
            part(2, body, 0, 50).setSize(0),
            part(2, body, 0, 50).setSize(-1),
            part(2, body, 0, 50).setSize(PartAssembly.LARGEST_BYTES + 1),
            part(2, body, 0, 50).setOffset(Integer.MAX_VALUE))) {
      assertThat(take(wrong)).as("%s", wrong).isEqualTo(Taken.REFUSED);
    }
    assertThat(assembly.records()).containsExactly(1L);
    assertThat(take(part(1, body, 50, 100))).isEqualTo(Taken.COMPLETED);
  }

  @Test
  void fourSmallPartsAreNoLargeFile() {
    byte[] body = body(40);
    for (int at = 0; at < 40; at += 10) {
      assertThat(take(part(1, body, at, at + 10).setSize(-4).setOffset(at << 28)))
          .isEqualTo(Taken.REFUSED);
    }
    assertThat(assembly.records()).isEmpty();
  }

  @Test
  void aRecordWhoseChecksumIsWrongIsGivenUpWhole() {
    byte[] body = body(100);
    byte[] other = body.clone();
    other[10] ^= 1;
    assertThat(take(part(1, body, 50, 100))).isEqualTo(Taken.ADDED);
    RecordPart.Builder wrong = part(1, other, 0, 50).setChecksum(RecordChecksum.of(1, body));
    assertThat(take(wrong)).isEqualTo(Taken.GIVEN_UP);
    assertThat(assembly.missing(1, true, 64)).isEmpty();
    assertThat(take(part(1, body, 0, 100))).isEqualTo(Taken.COMPLETED);
  }

  @Test
  void inAnotherRunANumberMayStandForAnotherRecord() {
    assertThat(take(part(1, body(100), 0, 50))).isEqualTo(Taken.ADDED);
    byte[] other = body(70);
    assertThat(take(part(1, other, 0, 50))).isEqualTo(Taken.REFUSED);
    assertThat(assembly.take(part(1, other, 0, 70).build(), RUN + 1)).isEqualTo(Taken.COMPLETED);
    assertThat(assembly.whole(1)).contains(other);
    assertThat(assembly.forgotten()).isEqualTo(1);
  }

  @Test
  void partsGoOnInAnotherRun() {
    byte[] body = body(100);
    assertThat(take(part(1, body, 0, 50))).isEqualTo(Taken.ADDED);
    assertThat(assembly.take(part(1, body, 50, 100).build(), RUN + 1)).isEqualTo(Taken.COMPLETED);
  }

  @Test
  void itIsBoundedInRecordsAndBytesAndForgetsTheOneThatRestedLongest() {
    byte[] small = body(10);
    for (int i = 1; i <= PartAssembly.MOST_RECORDS; i++) {
      assertThat(take(part(i, small, 0, 5))).isEqualTo(Taken.ADDED);
    }
    assertThat(take(part(1, small, 5, 6))).isEqualTo(Taken.ADDED);
    assertThat(take(part(1000, small, 0, 5))).isEqualTo(Taken.ADDED);
    assertThat(assembly.records())
        .hasSize(PartAssembly.MOST_RECORDS)
        .contains(1L)
        .doesNotContain(2L);
    byte[] large = body(PartAssembly.LARGEST_BYTES);
    for (int i = 2000; i < 2050; i++) {
      assertThat(take(part(i, large, 0, 5))).isEqualTo(Taken.ADDED);
    }
    assertThat(assembly.bytes()).isLessThanOrEqualTo(PartAssembly.MOST_BYTES);
    assertThat(assembly.forgotten()).isGreaterThan(250);
  }

  /** Cut anyhow, in any order, doubled, with wrong parts among them: right, or not at all. */
  @Property(seed = "1", tries = 300)
  void noRecordIsPutTogetherWrong(
      @ForAll @IntRange(min = 1, max = 300) int size,
      @ForAll @Size(max = 30) List<@IntRange(min = 0, max = 299) Integer> cuts,
      @ForAll @IntRange(max = 5) int wrong,
      @ForAll long seed) {
    Random random = new Random(seed);
    byte[] body = body(size);
    List<Integer> bounds = new ArrayList<>(List.of(0, size));
    cuts.stream().filter(cut -> cut < size).forEach(bounds::add);
    Collections.sort(bounds);
    List<RecordPart.Builder> parts = new ArrayList<>();
    for (int i = 1; i < bounds.size(); i++) {
      if (bounds.get(i) > bounds.get(i - 1)) {
        parts.add(part(9, body, bounds.get(i - 1), bounds.get(i)));
      }
    }
    for (int i = 0; i < wrong; i++) {
      RecordPart.Builder part = parts.get(random.nextInt(parts.size())).clone();
      byte[] content = part.getContent().toByteArray();
      content[random.nextInt(content.length)] ^= (byte) (1 + random.nextInt(255));
      parts.add(part.setContent(ByteString.copyFrom(content)));
    }
    PartAssembly one = new PartAssembly();
    boolean whole = false;
    // what is given up or lacks anything is sent again, as the satellite does
    for (int round = 0; round < 4 + wrong && !whole; round++) {
      Collections.shuffle(parts, random);
      for (RecordPart.Builder part : parts) {
        Taken taken = one.take(part.build(), RUN);
        if (taken == Taken.COMPLETED) {
          assertThat(one.whole(9)).contains(body);
          whole = true;
          break;
        }
        assertThat(one.whole(9)).isEmpty();
      }
    }
    if (wrong == 0) {
      assertThat(whole).isTrue();
    }
  }
}
