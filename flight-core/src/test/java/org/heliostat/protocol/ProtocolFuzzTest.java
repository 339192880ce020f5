package org.heliostat.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.heliostat.core.app.OfferedApps;
import org.heliostat.core.hardware.BoardDrivers;
import org.heliostat.core.mission.MissionFile;
import org.heliostat.core.mission.MissionSource;
import org.heliostat.protocol.TextFiles.BadTextFile;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever comes up over the link or stands in a mission file. */
@Timeout(10)
class ProtocolFuzzTest {
  private static final LinkSeal SEAL = new LinkSeal(42);
  private static final LinkKey KEY =
      new LinkKey(LinkKey.id(Role.ROLE_OPERATOR, 1), new byte[LinkKey.SECRET_BYTES]);

  @TempDir private Path folder;

  @FuzzTest(maxDuration = "60s")
  void uplink(byte[] bytes) {
    LinkSeal.header(bytes).ifPresent(header -> assertThat(header.key()).isBetween(0, 0xFFFF));
    // nobody seals anything without the key
    assertThat(SEAL.open(KEY, bytes)).isEmpty();
    // who has it may put anything inside
    byte[] packet = SEAL.open(KEY, new LinkSeal(42).command(KEY, 9, 1, 0, bytes)).orElseThrow();
    try {
      Uplink uplink = Uplink.parseFrom(packet);
      for (SchemaCheck.Problem problem : SchemaCheck.problems(uplink)) {
        assertThat(problem.toString()).isNotEmpty();
      }
    } catch (InvalidProtocolBufferException e) {
      assertThat(e).hasMessageMatching("(?s).+");
    }
  }

  @FuzzTest(maxDuration = "60s")
  void missionText(byte[] bytes) throws IOException {
    Path file = folder.resolve("m.textproto");
    Files.write(file, bytes);
    try {
      MissionFile.read(
          MissionSource.read(file, file.resolveSibling("no-image")),
          OfferedApps.ofImage(),
          new BoardDrivers());
    } catch (BadTextFile e) {
      assertThat(e).hasMessageContaining("m.textproto");
    }
  }
}
