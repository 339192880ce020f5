package org.heliostat.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.heliostat.protocol.TextFiles.BadTextFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextFilesTest {
  private static final String GOOD =
      """
      name: "m"
      spacecraft_id: 42
      apps { name: "link" }
      """;

  @TempDir private Path folder;

  private Mission read(String text) throws IOException, BadTextFile {
    Path file = folder.resolve("m.textproto");
    Files.writeString(file, text);
    return TextFiles.read(file, Mission.getDefaultInstance()).message();
  }

  private void fails(String text, String... words) {
    assertThatThrownBy(() -> read(text)).isInstanceOf(BadTextFile.class).message().contains(words);
  }

  @Test
  void readsAMission() throws Exception {
    assertThat(read(GOOD).getSpacecraftId()).isEqualTo(42);
    assertThat(read(GOOD).getHousekeeping().getPeriodSeconds()).isEqualTo(10);
  }

  @Test
  void aTypoNamesFileLineAndField() {
    fails(GOOD + "recoder { }", "m.textproto:4:", "recoder");
  }

  @Test
  void aDoubledFieldNamesFileLineAndField() {
    fails(GOOD + "spacecraft_id: 43", "m.textproto:4:", "spacecraft_id");
    fails(GOOD + "link { window: 3 window: 4 }", "m.textproto:4:", "window");
  }

  @Test
  void anImpossibleValueNamesFileLineFieldAndRange() {
    fails(
        GOOD + "payload {\n  model: \"m\"\n  max_sent_fraction: 7\n}",
        "m.textproto:6:",
        "payload.max_sent_fraction 7 is outside 0 .. 1");
    fails(GOOD + "payload { model: \"m\" min_valid_fraction: nan }", "payload.min_valid_fraction");
    fails(
        GOOD + "cards { name: \"a\" device: \"d\" }\ncards { device: \"d\" }",
        ":5:",
        "cards[1].name is missing");
  }

  @Test
  void whatIsMissingIsNamed() {
    fails("name: \"m\"", "spacecraft_id is missing", "apps[0] is missing");
  }

  @Test
  void aFileThatIsNotThereIsAnErrorToo() {
    assertThatThrownBy(() -> TextFiles.read(folder.resolve("none"), Mission.getDefaultInstance()))
        .isInstanceOf(BadTextFile.class)
        .hasMessageContaining("none");
  }
}
