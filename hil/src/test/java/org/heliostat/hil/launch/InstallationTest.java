package org.heliostat.hil.launch;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstallationTest {
  @TempDir private Path home;

  private void place(Path file) throws IOException {
    Files.createDirectories(file.resolveSibling(""));
    Files.writeString(file, "");
  }

  @Test
  void namesWhatIsMissing() throws IOException {
    Installation installation = new Installation(home);
    assertThatThrownBy(installation::check)
        .isInstanceOf(SetupException.class)
        .hasMessageContaining("bin/flight");
    place(installation.image().resolve("bin/flight"));
    place(installation.imageDigest());
    assertThatThrownBy(installation::check)
        .isInstanceOf(SetupException.class)
        .hasMessageContaining("libheliostat_rig_libc.so");
    place(installation.libc());
    assertThatThrownBy(installation::check)
        .isInstanceOf(SetupException.class)
        .hasMessageContaining("libnvidia-ml.so.1");
    place(installation.nvml());
    assertThatCode(installation::check).doesNotThrowAnyException();
  }
}
