package org.heliostat.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.heliostat.protocol.PacketSeal.Direction;

class ChecksumSealTest {
  private final PacketSeal seal = new ChecksumSeal(42);

  @Property(tries = 200, seed = "1")
  void opensWhatItSealed(@ForAll byte[] packet, @ForAll Direction direction) {
    assertThat(seal.open(direction, seal.seal(direction, packet))).hasValue(packet);
  }

  @Property(tries = 200, seed = "1")
  void neitherDamageNorTheWrongWayNorAnotherSpacecraftOpens(
      @ForAll byte[] packet,
      @ForAll @IntRange(max = 7) int bit,
      @ForAll @IntRange(min = 0) int at) {
    byte[] sealed = seal.seal(Direction.UPLINK, packet);
    assertThat(seal.open(Direction.DOWNLINK, sealed)).isEmpty();
    assertThat(new ChecksumSeal(43).open(Direction.UPLINK, sealed)).isEmpty();
    sealed[at % sealed.length] ^= (byte) (1 << bit);
    assertThat(seal.open(Direction.UPLINK, sealed)).isEmpty();
  }

  @Property(tries = 500, seed = "1")
  void anyBytesAreSafeToOpen(@ForAll byte[] anything) {
    assertThat(seal.open(Direction.UPLINK, anything)).isEmpty();
  }
}
