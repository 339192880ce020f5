package org.heliostat.hil.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.heliostat.protocol.LinkKey;
import org.heliostat.protocol.LinkRun;
import org.heliostat.protocol.LinkSeal;
import org.heliostat.protocol.PacketKind;
import org.heliostat.protocol.Role;
import org.junit.jupiter.api.Test;

class HostileFramesTest {
  private static final LinkSeal SEAL = new LinkSeal(1);

  private static LinkKey key(Role role) {
    return new LinkKey(LinkKey.id(role, 1), new byte[LinkKey.SECRET_BYTES]);
  }

  private static HostileFrames frames(List<byte[]> up, long seed) {
    HostileFrames frames = new HostileFrames(1, seed);
    LinkRun run = new LinkRun(SEAL, new Random(1)::nextLong);
    for (int i = 1; i <= 300; i++) {
      up.add(SEAL.command(key(Role.ROLE_OPERATOR), 9, i, 0, new byte[] {1, 2, 3}));
      up.add(run.seal(key(Role.ROLE_STATION), PacketKind.RECEIPT, new byte[] {4}));
    }
    up.forEach(frames::heardUp);
    frames.heardDown(run.seal(key(Role.ROLE_STATION), PacketKind.TELEMETRY, new byte[] {5}));
    return frames;
  }

  private static boolean opens(byte[] frame) {
    return LinkSeal.header(frame)
        .filter(header -> header.kind().up())
        .flatMap(header -> LinkKey.role(header.key()))
        .flatMap(role -> SEAL.open(key(role), frame))
        .isPresent();
  }

  @Test
  void nothingThatIsMadeIsAuthenticButWhatIsReplayed() {
    List<byte[]> up = new ArrayList<>();
    HostileFrames frames = frames(up, 3);
    for (HostileFrames.Kind kind : HostileFrames.Kind.values()) {
      for (int i = 0; i < 300; i++) {
        byte[] frame = frames.make(kind);
        boolean known = up.stream().anyMatch(packet -> Arrays.equals(packet, frame));
        assertThat(opens(frame)).as("%s", kind).isEqualTo(known);
        if (kind == HostileFrames.Kind.REPLAYED) {
          assertThat(known).isTrue();
        }
      }
    }
  }

  @Test
  void theSameSeedMakesTheSameFrames() {
    HostileFrames one = frames(new ArrayList<>(), 3);
    HostileFrames other = frames(new ArrayList<>(), 3);
    for (int i = 0; i < 500; i++) {
      assertThat(one.next()).isEqualTo(other.next());
    }
  }

  @Test
  void whoHasHeardNothingStillSends() {
    HostileFrames frames = new HostileFrames(1, 4);
    for (HostileFrames.Kind kind : HostileFrames.Kind.values()) {
      for (int i = 0; i < 50; i++) {
        assertThat(opens(frames.make(kind))).isFalse();
      }
    }
  }
}
