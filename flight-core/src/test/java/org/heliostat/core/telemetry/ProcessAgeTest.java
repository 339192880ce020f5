package org.heliostat.core.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessAgeTest {
  @TempDir Path folder;

  private double age(String stat, String uptime) throws IOException {
    Files.writeString(folder.resolve("stat"), stat);
    Files.writeString(folder.resolve("uptime"), uptime);
    return ProcessAge.seconds(folder, folder.resolve("uptime"));
  }

  @Test
  void isWhatTheKernelCounts() throws Exception {
    String fields = " S" + " 1".repeat(18) + " 12345 9 9";
    assertThat(age("77 (a )(b)" + fields, "130.50 9.0\n")).isCloseTo(7.05, within(1e-9));
  }

  @Test
  void whatIsNoProcessHasNoAge() {
    assertThatThrownBy(() -> age("77 (java) S 1", "1 1")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> age("77 (java) S" + " x".repeat(30), "1 1"))
        .isInstanceOf(IOException.class);
  }

  @Test
  void thisProcessIsNotOlderThanItsHost() throws Exception {
    assertThat(ProcessAge.seconds(Path.of("/proc/self"), Path.of("/proc/uptime"))).isPositive();
  }
}
