package org.heliostat.core.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.heliostat.core.ManualClock;
import org.heliostat.core.state.StateStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TransmitterTest {
  @TempDir Path folder;
  private final ManualClock clock = new ManualClock();

  private Transmitter open() throws Exception {
    return new Transmitter(StateStore.open(folder.resolve("state.bin")), clock);
  }

  @Test
  void silenceEndsByItself() throws Exception {
    Transmitter transmitter = open();
    assertThat(transmitter.silentNanos()).isZero();
    transmitter.silence(100);
    assertThat(transmitter.silentNanos()).isEqualTo(100);
    clock.advance(99);
    assertThat(transmitter.silentNanos()).isEqualTo(1);
    clock.advance(1);
    assertThat(transmitter.silentNanos()).isZero();
  }

  @Test
  void speaksWhenTold() throws Exception {
    Transmitter transmitter = open();
    transmitter.silence(100);
    transmitter.speak();
    assertThat(transmitter.silentNanos()).isZero();
  }

  @Test
  void isSilentOverARestartButNotOverMissionTimeThatBeganAnew() throws Exception {
    StateStore state = StateStore.open(folder.resolve("state.bin"));
    new Transmitter(state, clock).silence(100);
    state.save();
    assertThat(open().silentNanos()).isEqualTo(100);
    clock.advance(-50);
    Transmitter anew = open();
    assertThat(anew.silentNanos()).isZero();
    clock.advance(60);
    assertThat(anew.silentNanos()).isZero();
  }
}
