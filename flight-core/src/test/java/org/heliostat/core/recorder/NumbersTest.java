package org.heliostat.core.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class NumbersTest {
  /** Where the second slot stands, and what one is long. */
  private static final int SECOND_SLOT = 512;

  private static final int SLOT = 16;

  private final FakeFolder folder = new FakeFolder();

  private void damage(int... places) {
    byte[] bytes = folder.bytes(Numbers.FILE);
    for (int at : places) {
      bytes[at] ^= 1;
    }
    folder.put(Numbers.FILE, bytes);
  }

  private long reservedNow() throws IOException {
    return new Numbers(folder).reserved();
  }

  @Test
  void withoutAFileAnyNumberMayBeGiven() throws Exception {
    assertThat(reservedNow()).isEqualTo(1);
    assertThat(new Numbers(folder).highestBelieved()).isEqualTo(1L << 61);
  }

  @Test
  void aBlockIsOnDiskBeforeItsFirstNumberIsGivenAndNothingIsWrittenUntilItsLast() throws Exception {
    Numbers numbers = new Numbers(folder);
    AtomicInteger forces = new AtomicInteger();
    folder.hook(
        (what, name) -> {
          if (what.equals("force") || what.equals("forceNames")) {
            forces.incrementAndGet();
          }
        });
    numbers.reach(1);
    assertThat(numbers.reserved()).isEqualTo(1 + Numbers.BLOCK).isEqualTo(reservedNow());
    assertThat(forces).as("two slots one after the other, and the name").hasValue(3);
    numbers.reach(Numbers.BLOCK);
    assertThat(forces).hasValue(3);
    numbers.reach(1 + Numbers.BLOCK);
    assertThat(forces).hasValue(6);
    assertThat(reservedNow()).isEqualTo(1 + 2 * Numbers.BLOCK);
    numbers.end(77);
    assertThat(reservedNow()).isEqualTo(77);
  }

  @Test
  void eitherSlotMayBeDamagedAtAnyByte() throws Exception {
    new Numbers(folder).end(1234);
    FakeFolder whole = folder.copy();
    for (int at = 0; at < SLOT; at++) {
      for (int slot : new int[] {0, SECOND_SLOT}) {
        folder.put(Numbers.FILE, whole.bytes(Numbers.FILE));
        damage(slot + at);
        assertThat(reservedNow()).as("byte %d of the slot at %d", at, slot).isEqualTo(1234);
      }
      folder.put(Numbers.FILE, whole.bytes(Numbers.FILE));
      damage(at, SECOND_SLOT + at);
      assertThat(reservedNow()).as("byte %d of both", at).isEqualTo(1);
    }
  }

  @Test
  void theHigherOfTwoSlotsCountsAndOneThatIsCutOffDoesNot() throws Exception {
    new Numbers(folder).end(50);
    byte[] before = folder.bytes(Numbers.FILE);
    new Numbers(folder).end(60);
    byte[] after = folder.bytes(Numbers.FILE);
    System.arraycopy(before, SECOND_SLOT, after, SECOND_SLOT, SLOT);
    folder.put(Numbers.FILE, after);
    assertThat(reservedNow()).as("cut off between the slots").isEqualTo(60);
    folder.put(Numbers.FILE, Arrays.copyOf(after, SECOND_SLOT + SLOT - 1));
    assertThat(reservedNow()).isEqualTo(60);
    folder.put(Numbers.FILE, Arrays.copyOf(after, SLOT - 1));
    assertThat(reservedNow()).isEqualTo(1);
  }

  @Test
  void numbersThatNobodyComesToAreDamage() throws Exception {
    new Numbers(folder).end(1L << 62);
    assertThat(reservedNow()).isEqualTo(1L << 62);
    new Numbers(folder).end((1L << 62) + 1);
    assertThat(reservedNow()).isEqualTo(1);
    new Numbers(folder).end(0);
    assertThat(reservedNow()).isEqualTo(1);
  }

  @Test
  void recordsFarBeyondTheNumbersAreNotBelieved() throws Exception {
    Numbers numbers = new Numbers(folder);
    numbers.reach(1L << 61);
    assertThat(numbers.highestBelieved()).isEqualTo((1L << 61) + Numbers.BLOCK + (1L << 40));
  }

  @Test
  void aDiskThatDoesNotReadIsLikeNoFile() throws Exception {
    new Numbers(folder).end(1234);
    folder.hook(
        (what, name) -> {
          if (what.equals("read")) {
            throw new IOException("a bad block");
          }
        });
    assertThat(reservedNow()).isEqualTo(1);
  }
}
