package org.heliostat.core.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.heliostat.core.mission.MissionSource;
import org.heliostat.protocol.ExecutiveConfig;
import org.heliostat.protocol.Mission;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BootGuardTest {
  private static final Mission MISSION = Mission.newBuilder().setName("good").build();

  @TempDir Path data;

  private BootGuard.Verdict boot() throws Exception {
    return new BootGuard(data).begin();
  }

  @Test
  void theFourthBootWithoutOperationIsGolden() throws Exception {
    for (int i = 0; i < 3; i++) {
      assertThat(boot()).isEqualTo(new BootGuard.Verdict(false, i, false));
    }
    assertThat(boot()).isEqualTo(new BootGuard.Verdict(true, 3, false));
    assertThat(boot().golden()).isTrue();
  }

  @Test
  void aBootThatReachesOperationClearsTheCountAndLeavesItsMission() throws Exception {
    boot();
    boot();
    BootGuard guard = new BootGuard(data);
    guard.begin();
    guard.settle(Optional.of(MISSION));
    assertThat(boot().attempts()).isZero();
    assertThat(new BootGuard(data).golden()).contains(MISSION);
  }

  @Test
  void anOrderlyEndClearsTheCountAndLeavesTheGoldenMissionAlone() throws Exception {
    BootGuard first = new BootGuard(data);
    first.begin();
    first.settle(Optional.of(MISSION));
    BootGuard second = new BootGuard(data);
    second.begin();
    second.settle(Optional.empty());
    assertThat(boot().attempts()).isZero();
    assertThat(new BootGuard(data).golden()).contains(MISSION);
  }

  @Test
  void aCommandHasTheNextBootBeGoldenAndThatAlone() throws Exception {
    BootGuard guard = new BootGuard(data);
    guard.begin();
    guard.wantGolden();
    guard.settle(Optional.empty());
    assertThat(boot()).isEqualTo(new BootGuard.Verdict(true, 0, true));
    assertThat(boot().golden()).isFalse();
  }

  @Test
  void aBootThatCannotBeNotedDownGoesOnAndSettlesWhenItCan() throws Exception {
    boot();
    Path inTheWay = Files.createDirectories(data.resolve("boot.bin.new"));
    BootGuard guard = new BootGuard(data);
    assertThat(guard.begin().attempts()).isEqualTo(1);
    assertThat(guard.notCounted()).isPresent();
    assertThatThrownBy(() -> guard.settle(Optional.empty())).isInstanceOf(IOException.class);
    Files.delete(inTheWay);
    guard.settle(Optional.empty());
    BootGuard next = new BootGuard(data);
    assertThat(next.begin().attempts()).isZero();
    assertThat(next.notCounted()).isEmpty();
  }

  @Test
  void theGoldenMissionSaysHowManyAttemptsThereAre() throws Exception {
    BootGuard guard = new BootGuard(data);
    guard.begin();
    guard.settle(
        Optional.of(
            MISSION.toBuilder()
                .setExecutive(ExecutiveConfig.newBuilder().setBootAttempts(1))
                .build()));
    assertThat(boot().golden()).isFalse();
    assertThat(boot().golden()).isTrue();
  }

  @Test
  void whateverByteOfItsFilesIsWrongItBoots() throws Exception {
    MissionSource source = source("text", Optional.of("sums"));
    BootGuard guard = new BootGuard(data);
    guard.begin();
    assertThat(guard.golden(source)).isEmpty();
    guard.settle(Optional.of(MISSION));
    for (String name : new String[] {"boot.bin", "golden-mission.bin"}) {
      Path file = data.resolve(name);
      byte[] good = Files.readAllBytes(file);
      Files.deleteIfExists(data.resolve(name + ".bak"));
      for (int i = 0; i < good.length; i++) {
        byte[] bad = good.clone();
        bad[i] ^= 0x41;
        Files.write(file, bad);
        BootGuard again = new BootGuard(data);
        assertThat(again.golden().map(MISSION::equals).orElse(true)).isTrue();
        assertThat(again.golden(source).map(MISSION::equals).orElse(true)).isTrue();
        assertThat(again.begin()).isNotNull();
        Files.deleteIfExists(data.resolve(name + ".bak"));
        Files.write(file, good);
      }
    }
  }

  @Test
  void theSameTextIsNotReadAgainByTheSameImage() throws Exception {
    MissionSource source = source("text", Optional.of("sums"));
    BootGuard first = new BootGuard(data);
    first.begin();
    assertThat(first.golden(source)).isEmpty();
    first.settle(Optional.of(MISSION));

    assertThat(new BootGuard(data).golden(source)).contains(MISSION);
    assertThat(new BootGuard(data).golden(source("texts", Optional.of("sums")))).isEmpty();
    assertThat(new BootGuard(data).golden(source("text", Optional.of("other")))).isEmpty();
    assertThat(new BootGuard(data).golden(source("text", Optional.empty()))).isEmpty();
  }

  @Test
  void aMissionThatIsOfNoKnownImageIsReadAtEachBoot() throws Exception {
    MissionSource unknown = source("", Optional.empty());
    BootGuard first = new BootGuard(data);
    assertThat(first.golden(unknown)).isEmpty();
    first.settle(Optional.of(MISSION));
    assertThat(new BootGuard(data).golden(unknown)).isEmpty();
    assertThat(new BootGuard(data).golden(source("", Optional.of("")))).isEmpty();
    assertThat(new BootGuard(data).golden()).contains(MISSION);
  }

  @Test
  void theSameMissionOfAnotherTextIsKeptWithThatText() throws Exception {
    for (String text : new String[] {"text", "text # with a remark"}) {
      BootGuard guard = new BootGuard(data);
      assertThat(guard.golden(source(text, Optional.of("sums")))).isEmpty();
      guard.settle(Optional.of(MISSION));
      assertThat(new BootGuard(data).golden(source(text, Optional.of("sums")))).isPresent();
    }
  }

  private static MissionSource source(String text, Optional<String> image) {
    return new MissionSource(Path.of("m.textproto"), text, image);
  }

  @Test
  void whatIsNoMissionIsNone() throws Exception {
    new org.heliostat.core.file.CheckedFile(data.resolve("golden-mission.bin"))
        .write(new byte[] {(byte) 0xff, 1});
    new org.heliostat.core.file.CheckedFile(data.resolve("boot.bin"))
        .write(new byte[] {(byte) 0xff, 1});
    assertThat(new BootGuard(data).golden()).isEmpty();
    assertThat(boot().attempts()).isZero();
  }
}
