package org.heliostat.hil.ground;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatusFileTest {
  @TempDir private Path out;

  @Test
  void aFailureIsCountedAsWhatItIs() throws IOException {
    Counters counters = new Counters();
    Path file = out.resolve("gone").resolve("ground.json");
    StatusFile status = new StatusFile(file, counters);
    status.write(counters.json());
    status.write(counters.json());
    Files.createDirectory(out.resolve("gone"));
    status.write(counters.json());
    assertThat(JsonParser.parseString(Files.readString(file))).isEqualTo(counters.json());
    assertThat(counters.json().get("status_not_written").getAsInt()).isEqualTo(2);
    assertThat(counters.json().get("telemetry_lost").getAsInt()).isZero();
  }
}
