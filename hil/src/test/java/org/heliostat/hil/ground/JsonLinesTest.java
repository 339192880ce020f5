package org.heliostat.hil.ground;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lines and forces. */
class JsonLinesTest {
  @TempDir private Path out;
  private final FailingFiles files = new FailingFiles();

  @Test
  void whatAFailedForceHasDroppedIsWrittenAgainByTheNextOne() throws IOException {
    Path file = out.resolve("a");
    try (JsonLines lines = JsonLines.open(files.open(file))) {
      lines.append(line(1));
      lines.force();
      lines.append(line(2));
      files.failingOnce.add("a");
      assertThatThrownBy(lines::force).isInstanceOf(IOException.class);
      assertThat(Files.readAllLines(file)).containsExactly("{\"record\":1}");
      lines.append(line(3));
      files.failingOnce.add("a");
      assertThatThrownBy(lines::force).isInstanceOf(IOException.class);
      lines.force();
      assertThat(Files.readAllLines(file))
          .containsExactly("{\"record\":1}", "{\"record\":2}", "{\"record\":3}");
      int before = files.forces;
      lines.force();
      assertThat(files.forces).isEqualTo(before);
    }
  }

  @Test
  void linesThatAreNotForcedAreBounded() throws IOException {
    JsonObject large = new JsonObject();
    large.addProperty("text", "x".repeat(JsonLines.MOST_UNFORCED / 4));
    try (JsonLines lines = JsonLines.open(files.open(out.resolve("a")))) {
      for (int i = 0; i < 3; i++) {
        lines.append(large);
      }
      files.failingOnce.add("a");
      assertThatThrownBy(() -> lines.append(large)).isInstanceOf(IOException.class);
      lines.append(large);
    }
    assertThat(Files.readAllLines(out.resolve("a"))).hasSize(4);
  }

  @Test
  void linesAtTheEndThatAreNotListedAreFoundAndNothingIsChanged() throws IOException {
    Path file = out.resolve("a");
    String text =
        """
        {"record":9,"record_crc":1}
        {"record":1,"record_crc":7}
        {}
        {"record":2,"record_crc":-5}
        {"text":"ground"}
        {"record":5}
        {"record":6,"record_crc":1,"text":"a hole: \0"}
        {"record":7,"record_crc":"none"}
        no object, "record_crc":
        {"record":1,"record_crc":8}
        """;
    Files.writeString(file, text);
    try (JsonLines lines = JsonLines.open(file)) {
      assertThat(lines.unlisted(new RecordList.Row(1, 7)::equals))
          .containsExactly(new RecordList.Row(2, -5), new RecordList.Row(1, 8));
      assertThat(Files.readString(file)).isEqualTo(text);
      lines.append(line(4));
    }
    assertThat(Files.readString(file)).isEqualTo(text + "{\"record\":4}\n");
  }

  @Test
  void aLineNamesItsRecordAndIsFoundByIt() throws IOException {
    RecordList.Row row = new RecordList.Row(1L << 40, Integer.MIN_VALUE);
    Path file = out.resolve("a");
    try (JsonLines lines = JsonLines.open(file)) {
      lines.append(new JsonObject(), row);
    }
    try (JsonLines lines = JsonLines.open(file)) {
      assertThat(lines.unlisted(known -> false)).containsExactly(row);
      assertThat(lines.unlisted(row::equals)).isEmpty();
    }
  }

  private static JsonObject line(int record) {
    JsonObject line = new JsonObject();
    line.addProperty("record", record);
    return line;
  }
}
