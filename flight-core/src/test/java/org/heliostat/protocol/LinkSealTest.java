package org.heliostat.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** What the seal lets through, and what it does not. */
class LinkSealTest {
  private static final byte[] PACKET = "a packet".getBytes(StandardCharsets.US_ASCII);

  private static final long RUN = 0x1122334455667788L;

  private final LinkSeal seal = new LinkSeal(42);
  private final LinkKey operator = key(Role.ROLE_OPERATOR, 1, 1);
  private final LinkKey station = key(Role.ROLE_STATION, 1, 2);

  private static LinkKey key(Role role, int generation, int value) {
    byte[] secret = new byte[LinkKey.SECRET_BYTES];
    Arrays.fill(secret, (byte) value);
    return new LinkKey(LinkKey.id(role, generation), secret);
  }

  @Property(tries = 300, seed = "5")
  void givesBackWhatWasSealed(
      @ForAll @Size(max = 2_000) byte[] packet,
      @ForAll @LongRange(min = 1, max = LinkSeal.MOST_COUNTER) long counter,
      @ForAll long notAfter) {
    byte[] sealed = new LinkSeal(42).command(operator, RUN, counter, notAfter, packet);
    assertThat(seal.open(operator, sealed)).hasValue(packet);
    assertThat(LinkSeal.header(sealed))
        .hasValue(new LinkSeal.Header(PacketKind.COMMAND, operator.id(), RUN, counter, notAfter));
  }

  @Test
  void noCounterIsSealedTwiceInARow() {
    byte[] first = seal.command(operator, RUN, 7, 1_000, PACKET);
    assertThatThrownBy(() -> seal.command(operator, RUN, 7, 1_000, new byte[3]))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("counter");
    byte[] next = seal.command(operator, RUN, 8, 1_000, PACKET);
    assertThat(seal.open(operator, first)).hasValue(PACKET);
    assertThat(seal.open(operator, next)).hasValue(PACKET);
    assertThat(seal.open(operator, next)).hasValue(PACKET);
  }

  @Test
  void everySingleBitCounts() {
    byte[] sealed = seal.command(operator, RUN, 7, 1_000, PACKET);
    for (int bit = 0; bit < sealed.length * 8; bit++) {
      byte[] changed = sealed.clone();
      changed[bit / 8] ^= (byte) (1 << bit % 8);
      assertThat(seal.open(operator, changed)).as("bit %d", bit).isEmpty();
    }
    LinkRun run = new LinkRun(seal, new Random(1)::nextLong);
    byte[] live = run.seal(station, PacketKind.TELEMETRY, PACKET);
    for (int bit = 0; bit < live.length * 8; bit++) {
      byte[] changed = live.clone();
      changed[bit / 8] ^= (byte) (1 << bit % 8);
      assertThat(seal.open(station, changed)).as("bit %d", bit).isEmpty();
    }
  }

  @Test
  void whatIsCutOrExtendedIsNothing() {
    byte[] sealed = seal.command(operator, RUN, 7, 0, PACKET);
    for (int length = 0; length < sealed.length + 20; length++) {
      if (length != sealed.length) {
        assertThat(seal.open(operator, Arrays.copyOf(sealed, length))).isEmpty();
      }
    }
  }

  @Test
  void aPacketIsOfOneSpacecraftOneKeyOneKindAndOneRun() {
    byte[] sealed = seal.command(operator, RUN, 7, 0, PACKET);
    assertThat(new LinkSeal(43).open(operator, sealed)).isEmpty();
    assertThat(seal.open(key(Role.ROLE_OPERATOR, 1, 3), sealed)).isEmpty();
    assertThat(seal.open(key(Role.ROLE_OPERATOR, 2, 1), sealed)).isEmpty();
    byte[] up = seal.inRun(station, PacketKind.RECEIPT, 5, 0, PACKET);
    byte[] turned = up.clone();
    turned[0] ^= (byte) (PacketKind.RECEIPT.code() ^ PacketKind.TELEMETRY.code());
    assertThat(seal.open(station, turned)).isEmpty();
    byte[] otherRun = up.clone();
    otherRun[10] ^= 1;
    assertThat(seal.open(station, otherRun)).isEmpty();
    assertThat(seal.open(station, up)).hasValue(PACKET);
  }

  @Test
  void noTwoPacketsLookAlike() {
    LinkRun run = new LinkRun(seal, new Random(1)::nextLong);
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 1_000; i++) {
      byte[] sealed = run.seal(station, PacketKind.TELEMETRY, PACKET);
      assertThat(LinkSeal.header(sealed).orElseThrow().counter()).isEqualTo(i);
      assertThat(sealed).hasSize(PACKET.length + LinkSeal.OVERHEAD_BYTES);
      seen.add(HexFormat.of().formatHex(sealed, sealed.length - PACKET.length - 16, sealed.length));
    }
    assertThat(seen).hasSize(1_000);
    // the next boot begins at 0 again, with other keys
    LinkRun next = new LinkRun(seal, new Random(2)::nextLong);
    assertThat(next.id()).isNotEqualTo(run.id());
    byte[] first = next.seal(station, PacketKind.TELEMETRY, PACKET);
    assertThat(seen)
        .doesNotContain(
            HexFormat.of().formatHex(first, first.length - PACKET.length - 16, first.length));
  }

  @Test
  void countersEnd() {
    assertThatThrownBy(() -> seal.command(operator, RUN, 0, 0, PACKET))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> seal.command(operator, RUN, Long.MAX_VALUE, 0, PACKET))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> seal.command(operator, RUN, -1, 0, PACKET))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /**
   * By the formulas of RFC 5869 and SP 800-38D, computed with Python's hmac and cryptography: what
   * is sealed today is opened by the spacecraft that was launched before.
   */
  @Test
  void theFormatIsWhatItWas() {
    byte[] sealed = seal.command(operator, RUN, 7, 1_000, PACKET);
    assertThat(HexFormat.of().formatHex(sealed)).isEqualTo(KNOWN);
  }

  private static final String KNOWN =
      "3101011122334455667788000000000000000700000000000003e8"
          + "31b83b136bbe98b7b7811da6c824d4828f73ad554ac99a59";

  @Test
  void aKeyIsNamedByRoleAndGeneration() {
    assertThat(LinkKey.id(Role.ROLE_OPERATOR, 1)).isEqualTo(257);
    assertThat(LinkKey.next(257)).isEqualTo(258);
    assertThat(LinkKey.next(511)).isEqualTo(257);
    assertThat(LinkKey.role(511)).hasValue(Role.ROLE_OPERATOR);
    assertThat(LinkKey.role(256)).isEmpty();
    assertThat(LinkKey.role(0)).isEmpty();
    assertThat(LinkKey.role(0x7F01)).isEmpty();
    assertThat(operator.toString()).isEqualTo("key 257");
    assertThatThrownBy(() -> LinkKey.id(Role.ROLE_OPERATOR, 256))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new LinkKey(257, new byte[31]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aWipedKeySealsNothing() {
    LinkKey copy = operator.copy();
    operator.close();
    assertThatThrownBy(() -> seal.command(operator, RUN, 1, 0, PACKET))
        .isInstanceOf(IllegalStateException.class);
    assertThat(operator.secret()).containsOnly(0);
    assertThat(seal.command(copy, RUN, 1, 0, PACKET)).isNotEmpty();
  }

  /** A counter that ground has lost, or that another station gives too, brings no nonce back. */
  @Test
  void theSameCounterOfAnotherRunIsSealedWithAnotherKey() {
    int head = 1 + 2 + 8 + 8 + 8;
    byte[] one = seal.command(operator, 1, 7, 0, PACKET);
    byte[] other = seal.command(operator, 2, 7, 0, PACKET);
    assertThat(Arrays.copyOfRange(one, head, head + PACKET.length))
        .isNotEqualTo(Arrays.copyOfRange(other, head, head + PACKET.length));
  }

  /** Else a flood of runs would have a packet sealed with nothing but zeros meanwhile. */
  @Test
  void aKeyInUseIsNotWipedByOthersThatAreForgotten() {
    LinkKey.Derived used = station.derive(42, PacketKind.TELEMETRY, RUN);
    byte[] before = used.getEncoded();
    for (int run = 0; run < 100; run++) {
      station.derive(42, PacketKind.RECEIPT, run).destroy();
    }
    station.close();
    assertThat(used.getEncoded()).isEqualTo(before).isNotEqualTo(new byte[before.length]);
  }

  @Test
  void manyRunsAreOpenedWithOneKey() {
    for (int run = 0; run < 100; run++) {
      byte[] up = seal.inRun(station, PacketKind.RECEIPT, run, 3, PACKET);
      assertThat(seal.open(station, up)).hasValue(PACKET);
    }
  }

  /** AES-GCM is broken where a nonce comes twice under one key. */
  @Test
  void aRunThatHasCountedToItsEndGoesOnAsAnotherRun() {
    LinkRun run = new LinkRun(seal, new Random(1)::nextLong, 0xFFFF_FFFFL);
    long first = run.id();
    LinkSeal.Header last = sealedBy(run);
    LinkSeal.Header next = sealedBy(run);
    assertThat(last.run()).isEqualTo(first);
    assertThat(last.counter()).isEqualTo(0xFFFF_FFFFL);
    assertThat(next.run()).isEqualTo(run.id()).isNotEqualTo(first);
    assertThat(next.counter()).isZero();
  }

  private static LinkSeal.Header sealedBy(LinkRun run) {
    LinkKey key = new LinkKey(LinkKey.id(Role.ROLE_STATION, 1), new byte[LinkKey.SECRET_BYTES]);
    return LinkSeal.header(run.seal(key, PacketKind.TELEMETRY, new byte[] {1})).orElseThrow();
  }
}
