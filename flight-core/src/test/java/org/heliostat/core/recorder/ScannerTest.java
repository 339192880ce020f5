package org.heliostat.core.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.heliostat.core.recorder.Recorder.Priority;
import org.junit.jupiter.api.Test;

class ScannerTest {
  private static final int SEGMENT = 7;
  private static final String NAME = "seg";

  /** Bytes of a frame with a payload of five. */
  private static final int FRAME = Frame.bytes(5);

  private final FakeFolder folder = new FakeFolder();
  private final ByteBuffer bytes = ByteBuffer.allocate(4096).position(Segment.START);

  private int frame(int segment, long id, String payload) {
    int at = bytes.position();
    byte[] content = payload.getBytes(StandardCharsets.UTF_8);
    Frame.put(
        bytes,
        at,
        Frame.Header.data(Priority.PRODUCT, 3, id, 10 * id, 20 * id, content.length).in(segment),
        ByteBuffer.wrap(content));
    return at;
  }

  private Scanner scanner(int to) throws IOException {
    folder.put(NAME, bytes.array());
    return new Scanner(folder.open(NAME), SEGMENT, Segment.START, to);
  }

  private static List<String> payloads(Scanner scanner) {
    List<String> all = new ArrayList<>();
    while (scanner.next()) {
      ByteBuffer payload = scanner.payload();
      byte[] content = new byte[payload.remaining()];
      payload.get(content);
      all.add(new String(content, StandardCharsets.UTF_8));
    }
    return all;
  }

  @Test
  void goesFromFrameToFrame() throws Exception {
    int first = frame(SEGMENT, 1, "hello");
    int second = frame(SEGMENT, 2, "world");
    Scanner scanner = scanner(bytes.position());
    assertThat(scanner.next()).isTrue();
    assertThat(scanner.position()).isEqualTo(first).isEqualTo(Segment.START);
    assertThat(scanner.reached()).isEqualTo(first + FRAME);
    assertThat(scanner.header())
        .isEqualTo(
            new Frame.Header(5, SEGMENT, Frame.Kind.DATA, Priority.PRODUCT.code(), 3, 1, 10, 20));
    assertThat(scanner.next()).isTrue();
    assertThat(scanner.position()).isEqualTo(second);
    assertThat(scanner.header().id()).isEqualTo(2);
    assertThat(scanner.next()).isFalse();
    assertThat(scanner.end()).isEqualTo(second + FRAME);
    assertThat(scanner.damages()).isEmpty();
    assertThat(scanner.tail(true)).isZero();
    assertThat(scanner.tail(false)).isZero();
  }

  @Test
  void aFrameThatIsCutOffIsNone() throws Exception {
    frame(SEGMENT, 1, "hello");
    int second = frame(SEGMENT, 2, "world");
    // all of its content, and not all of its zeros
    assertThat(payloads(scanner(second + Frame.HEADER_BYTES + 5)))
        .containsExactly("hello", "world");
    Scanner cut = scanner(second + Frame.HEADER_BYTES + 4);
    assertThat(payloads(cut)).containsExactly("hello");
    assertThat(cut.end()).isEqualTo(second);
    assertThat(cut.tail(true)).isEqualTo(Frame.HEADER_BYTES + 4);
    Scanner header = scanner(second + Frame.HEADER_BYTES - 1);
    assertThat(payloads(header)).containsExactly("hello");
    assertThat(header.end()).isEqualTo(second);
  }

  @Test
  void passesOverDamageAndSaysWhereItIs() throws Exception {
    int first = frame(SEGMENT, 1, "first");
    int second = frame(SEGMENT, 2, "other");
    frame(SEGMENT, 3, "third");
    bytes.put(first + Frame.HEADER_BYTES, (byte) 'F');
    Scanner scanner = scanner(bytes.position());
    assertThat(payloads(scanner)).containsExactly("other", "third");
    assertThat(scanner.damages()).containsExactly(new Scanner.Damage(first, second - first));
    assertThat(scanner.tail(true)).isZero();
  }

  @Test
  void whatCannotHaveBeenWrittenHereIsDamageUpToTheNextFrame() throws Exception {
    frame(SEGMENT, 1, "first");
    int second = frame(SEGMENT, 2, "other");
    int third = frame(SEGMENT, 3, "third");
    int fourth = frame(SEGMENT, 4, "forth");
    Scanner scanner = scanner(bytes.position());
    while (scanner.next()) {
      if (scanner.position() == second || scanner.position() == third) {
        scanner.reject();
      }
    }
    assertThat(scanner.damages()).containsExactly(new Scanner.Damage(second, fourth - second));
    Scanner toTheEnd = scanner(bytes.position());
    while (toTheEnd.next()) {
      if (toTheEnd.position() == fourth) {
        toTheEnd.reject();
      }
    }
    assertThat(toTheEnd.damages()).isEmpty();
    assertThat(toTheEnd.end()).isEqualTo(fourth);
    assertThat(toTheEnd.tail(true)).isBetween((long) FRAME - Frame.ALIGNMENT, (long) FRAME);
  }

  @Test
  void framesOfAnotherSegmentOrAnotherPlaceAreNone() throws Exception {
    frame(SEGMENT, 1, "first");
    int foreign = frame(SEGMENT - 1, 2, "other");
    int moved = bytes.position();
    bytes.put(bytes.array(), Segment.START, FRAME);
    int last = frame(SEGMENT, 3, "third");
    Scanner scanner = scanner(bytes.position());
    assertThat(payloads(scanner)).containsExactly("first", "third");
    assertThat(scanner.damages()).containsExactly(new Scanner.Damage(foreign, last - foreign));
    assertThat(moved).isBetween(foreign, last);
  }

  @Test
  void whatIsBehindTheEndIsLeftFromAnEarlierUse() throws Exception {
    frame(SEGMENT, 1, "first");
    int end = bytes.position();
    bytes.putLong(0).putLong(0);
    int left = frame(SEGMENT - 1, 2, "earlier");
    int to = bytes.position();
    Scanner used = scanner(to);
    assertThat(payloads(used)).containsExactly("first");
    assertThat(used.end()).isEqualTo(end);
    assertThat(used.tail(false)).isZero();
    // where nothing but zeros stood, it is damage up to its last byte that is none
    Scanner fresh = scanner(to);
    assertThat(payloads(fresh)).containsExactly("first");
    assertThat(fresh.tail(true)).isEqualTo(left + Frame.HEADER_BYTES + "earlier".length() - end);
  }

  @Test
  void withoutAnEndWhatFollowsTheLastFrameIsDamage() throws Exception {
    frame(SEGMENT, 1, "first");
    int end = bytes.position();
    for (int i = 0; i < 24; i++) {
      bytes.put((byte) 9);
    }
    Scanner scanner = scanner(end + 24);
    assertThat(payloads(scanner)).containsExactly("first");
    assertThat(scanner.tail(false)).isEqualTo(24);
    // eight zeros are not an end yet, nor are sixteen where no frame could begin
    bytes.putLong(end, 0);
    Scanner eight = scanner(end + 24);
    assertThat(payloads(eight)).containsExactly("first");
    assertThat(eight.tail(false)).isEqualTo(24);
    bytes.put(end, (byte) 9).putLong(end + 1, 0).putLong(end + 9, 0);
    Scanner odd = scanner(end + 24);
    assertThat(payloads(odd)).containsExactly("first");
    assertThat(odd.tail(false)).isEqualTo(24);
    // fewer bytes than an end needs
    Scanner little = scanner(end + Frame.END_BYTES - 1);
    assertThat(payloads(little)).containsExactly("first");
    assertThat(little.tail(false)).isZero();
    assertThat(little.tail(true)).isPositive();
  }

  @Test
  void aFileWithoutAHeaderIsThatOfTheHighestNumberInIt() throws Exception {
    frame(SEGMENT, 1, "first");
    frame(SEGMENT + 2, 2, "again");
    frame(SEGMENT + 1, 3, "older");
    int damaged = frame(SEGMENT + 3, 4, "wrong");
    bytes.put(damaged, (byte) (bytes.get(damaged) ^ 1));
    frame(Segment.MAX_NUMBER + 1, 5, "too far");
    folder.put(NAME, bytes.array());
    assertThat(Scanner.newestSegment(folder.open(NAME), bytes.position())).hasValue(SEGMENT + 2);
    assertThat(Scanner.newestSegment(folder.open(NAME), Segment.START + FRAME)).hasValue(SEGMENT);
    assertThat(Scanner.newestSegment(folder.open(NAME), Segment.START + FRAME - 4)).isEmpty();
  }

  /** Headers that look right and are not would have all behind them looked at again and again. */
  @Test
  void bytesThatLookLikeFramesTakeBoundedTime() throws Exception {
    int size = 1 << 20;
    ByteBuffer many = ByteBuffer.allocate(size);
    while (many.remaining() >= Frame.HEADER_BYTES) {
      int at = many.position();
      many.putInt(at + 4, size - at - Frame.HEADER_BYTES)
          .putInt(at + 8, SEGMENT)
          .put(at + 12, (byte) 1)
          .position(at + Frame.HEADER_BYTES);
    }
    folder.put(NAME, many.array());
    Scanner scanner = new Scanner(folder.open(NAME), SEGMENT, 0, size);
    assertThat(scanner.next()).isFalse();
    assertThat(scanner.end()).isZero();
    assertThat(Scanner.newestSegment(folder.open(NAME), size)).isEmpty();
  }
}
