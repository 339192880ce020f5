package org.heliostat.hil.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is said on a machine without FUSE; the disk itself flies in {@code hil/scenarios}. */
@Timeout(60)
class RigDiskTest {
  @TempDir private Path home = Path.of("");

  @BeforeEach
  void layOut() throws IOException {
    Files.createDirectories(home.resolve("hil/src/main/storage"));
    Files.createDirectories(home.resolve("hil/target/native"));
    Files.createDirectories(home.resolve("logs"));
  }

  private void mount() throws Exception {
    RigDisk unused =
        RigDisk.mount(
            new Installation(home),
            new Processes(home.resolve("logs"), home),
            home.resolve("control"),
            home.resolve("board"),
            home.resolve("disk"));
  }

  @Test
  void aDiskThatCannotBeCompiledNamesWhatItNeeds() throws Exception {
    Files.writeString(
        home.resolve("hil/src/main/storage/rig_storage.c"), "#include <no/such/header.h>\n");
    assertThatThrownBy(this::mount)
        .isInstanceOf(SetupException.class)
        .hasMessageContaining("libfuse3-dev");
    assertThat(home.resolve("control")).doesNotExist();
    assertThat(home.resolve("hil/target/native")).isEmptyDirectory();
  }

  @Test
  void aDiskThatCannotBeMountedNamesItsLog() throws Exception {
    Files.writeString(home.resolve("hil/src/main/storage/rig_storage.c"), "");
    Path program = home.resolve("hil/target/native/rig_storage");
    Files.writeString(program, "#!/bin/sh\necho \"no fuse: $#\"\nexit 1\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    assertThatThrownBy(this::mount)
        .isInstanceOf(SetupException.class)
        .hasMessageContaining("cannot be mounted")
        .hasMessageContaining("logs/disk.log");
    assertThat(Files.readAllLines(home.resolve("logs/disk.log"))).isEqualTo(List.of("no fuse: 3"));
    assertThat(home.resolve("control")).hasSize(16);
  }
}
