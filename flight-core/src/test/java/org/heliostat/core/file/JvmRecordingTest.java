package org.heliostat.core.file;

import static org.assertj.core.api.Assertions.assertThat;

import jdk.jfr.Recording;
import jdk.jfr.RecordingState;
import org.junit.jupiter.api.Test;

class JvmRecordingTest {
  private static final long BYTES = 1 << 20;

  @Test
  void aRecordingThatIsWaitedForRunsAndItsCallerCannotLeaveIt() throws Exception {
    Disk.Turn turn = new Disk.Turn();
    try (Recording recording = JvmRecording.begin(BYTES, turn)) {
      assertThat(recording.getState()).isEqualTo(RecordingState.RUNNING);
      // from here on the disk hands it over, whatever its deadline
      assertThat(turn.leave()).isFalse();
    }
  }

  @Test
  void aRecordingWhoseCallerHasLeftIsClosed() throws Exception {
    Disk.Turn turn = new Disk.Turn();
    assertThat(turn.leave()).isTrue();
    try (Recording recording = JvmRecording.begin(BYTES, turn)) {
      assertThat(recording.getState()).isEqualTo(RecordingState.CLOSED);
    }
  }
}
