package org.heliostat.core.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.util.Optional;
import org.heliostat.core.time.MissionClock;
import org.heliostat.protocol.DeviceFault;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DiskProbeTest {
  private final MissionClock clock = mock(MissionClock.class);
  private long hostNanos;

  private DiskProbe probe(DiskProbe.Write write) {
    when(clock.hostNanos()).thenAnswer(call -> hostNanos);
    return new DiskProbe(write, clock);
  }

  @ParameterizedTest
  @CsvSource({
    "No space left on device,STORAGE_FULL",
    "/x/y: Read-only file system,STORAGE_READ_ONLY",
    "Input/output error,STORAGE_IO_ERROR"
  })
  void errorsAreTyped(String message, DeviceFault typed) {
    DiskProbe probe =
        probe(
            () -> {
              throw new IOException(message);
            });
    probe.probe();
    assertThat(probe.finding().map(Finding::fault)).contains(typed);
  }

  @Test
  void slowIsSaidOfTwoWritesInARowAndTakenBackByAFastOne() {
    long[] took = {DiskProbe.SLOW_NANOS + 1};
    DiskProbe probe = probe(() -> hostNanos += took[0]);
    probe.probe();
    assertThat(probe.finding()).isEmpty();
    probe.probe();
    assertThat(probe.finding().map(Finding::fault)).contains(DeviceFault.STORAGE_SLOW);
    took[0] = 1;
    probe.probe();
    assertThat(probe.finding()).isEmpty();
  }

  @Test
  void aWriteThatDoesNotComeBackHangs() {
    DiskProbe[] probe = new DiskProbe[1];
    Optional<?>[] seen = new Optional<?>[1];
    probe[0] =
        probe(
            () -> {
              hostNanos += DiskProbe.HUNG_NANOS + 1;
              seen[0] = probe[0].finding().map(Finding::fault);
            });
    probe[0].probe();
    assertThat(seen[0].orElseThrow()).isEqualTo(DeviceFault.STORAGE_HUNG);
  }
}
