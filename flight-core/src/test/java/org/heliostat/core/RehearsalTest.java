package org.heliostat.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.heliostat.protocol.TextFiles.BadTextFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RehearsalTest {
  @TempDir private Path image;
  private Path missions;

  @BeforeEach
  void makeImage() throws IOException {
    missions = Files.createDirectory(image.resolve("missions"));
  }

  private static String mission(String name) {
    return "name: \"" + name + "\" spacecraft_id: 7 apps { name: \"telemetry\" }";
  }

  @Test
  void everyMissionOfTheImageIsRead() throws Exception {
    Files.writeString(missions.resolve("one.textproto"), mission("one"));
    Files.writeString(missions.resolve("two.textproto"), mission("two"));
    Files.writeString(missions.resolve("notes.txt"), "no mission");

    assertThat(Rehearsal.read(image)).isEqualTo(2);
  }

  @Test
  void aMissionThatIsNotInOrderEndsTheRehearsal() throws Exception {
    Files.writeString(missions.resolve("one.textproto"), "name: 1");

    assertThatThrownBy(() -> Rehearsal.read(image))
        .isInstanceOf(BadTextFile.class)
        .hasMessageContaining("one.textproto");
  }
}
