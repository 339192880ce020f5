package org.heliostat.core.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.heliostat.core.ManualClock;
import org.heliostat.core.app.Executive;
import org.heliostat.core.state.StateStore;
import org.heliostat.protocol.Boot;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResetLogTest {
  private static final Executive.Ending FAILED =
      new Executive.Ending(
          "app one failed", Optional.of("one"), List.of("One.step(One.java:3)"), false);

  @TempDir Path data;
  private final ManualClock clock = new ManualClock();

  private StateStore open() throws Exception {
    return StateStore.open(data.resolve("state.bin"));
  }

  @Test
  void saysHowTheRunBeforeEnded() throws Exception {
    StateStore state = open();
    ResetLog log = new ResetLog(state, clock);
    assertThat(log.cause()).isEqualTo("first boot");
    log.begin(log.cause(), false);
    state = open();
    log = new ResetLog(state, clock);
    assertThat(log.cause()).isEqualTo("after an unexpected end");
    log.begin(log.cause(), true);
    clock.advance(5);
    log.end("a commanded stop");
    assertThat(log.cause()).isEqualTo("after a commanded stop");
    Boot last = state.get().getResetLog(1);
    assertThat(last.getUptimeNanos()).isEqualTo(5);
    assertThat(last.getGolden()).isTrue();
  }

  @Test
  void keepsTheStackAndCountsTheAppThatFailsAgainAndAgain() throws Exception {
    StateStore state = open();
    ResetLog log = new ResetLog(state, clock);
    for (int i = 0; i < 2; i++) {
      log.begin(log.cause(), false);
      log.end(FAILED);
    }
    assertThat(state.get().getFailingApp()).isEqualTo("one");
    assertThat(state.get().getFailingAppBoots()).isEqualTo(2);
    assertThat(state.get().getResetLog(1).getStackList()).containsExactly("One.step(One.java:3)");
    assertThat(state.get().getResetLog(1).getUptimeNanos()).isPositive();
    log.begin(log.cause(), false);
    log.end(new Executive.Ending("other", Optional.of("two"), List.of(), false));
    assertThat(state.get().getFailingAppBoots()).isEqualTo(1);
    log.forgive();
    assertThat(state.get().getFailingAppBoots()).isZero();
    log.operational();
    assertThat(state.get().getResetLog(2).getOperational()).isTrue();
  }

  @Test
  void keepsTheNewestEntries() throws Exception {
    StateStore state = open();
    ResetLog log = new ResetLog(state, clock);
    for (int i = 0; i < 40; i++) {
      log.begin("boot " + i, false);
    }
    assertThat(state.get().getResetLogList()).hasSize(32);
    assertThat(state.get().getResetLog(31).getCause()).isEqualTo("boot 39");
  }

  @Test
  void oldEntriesWithoutAnEndAreRead() throws Exception {
    StateStore state = open();
    state.update(next -> next.addResetLog(Boot.newBuilder().setUptimeNanos(7)));
    assertThat(new ResetLog(state, clock).cause()).isEqualTo("after a commanded stop");
  }
}
