package org.heliostat.hil.launch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunTallyTest {
  @TempDir private Path folder = Path.of("");

  private Path flown(String name, boolean passed, String... outcomes) throws IOException {
    StringBuilder runs = new StringBuilder();
    for (String outcome : outcomes) {
      runs.append(runs.isEmpty() ? "" : ",").append("{\"outcome\":\"" + outcome + "\"}");
    }
    Path flight = Files.createDirectories(folder.resolve(name));
    Files.writeString(
        flight.resolve("summary.json"),
        "{\"passed\":%b,\"duration\":3,\"seen\":{\"frames\":4},\"runs\":[%s],\"violations\":[%s]}"
            .formatted(passed, runs, passed ? "" : "{\"run\":2,\"what\":\"lost\"}"));
    return flight;
  }

  @Test
  void countsOutcomesOverFlights() throws Exception {
    RunTally tally = new RunTally("kills", List.of("survived", "golden"), 3);
    tally.add("a", 2, 1, flown("a", true, "survived", "golden"), 0);
    assertThat(tally.passed()).isFalse();
    tally.add("b", 1, 2, flown("b", true, "survived"), 0);
    assertThat(tally.passed()).isTrue();
    assertThat(tally.exitCode()).isZero();
    JsonObject summary = new JsonObject();
    tally.addTo(summary);
    assertThat(summary.getAsJsonObject("outcomes").toString())
        .isEqualTo("{\"survived\":2,\"golden\":1,\"violated\":0,\"not_flown\":0}");
    assertThat(summary.getAsJsonObject("seen").get("frames").getAsInt()).isEqualTo(8);
    assertThat(summary.getAsJsonArray("flights")).hasSize(2);
  }

  @Test
  void aViolationFailsTheCampaignAlsoWhereNoKillIsToBlame() throws Exception {
    RunTally tally = new RunTally("kills", List.of("survived", "golden"), 1);
    tally.add("a", 1, 1, flown("a", false, "survived"), 1);
    assertThat(tally.passed()).isFalse();
    assertThat(tally.exitCode()).isEqualTo(1);
    assertThat(tally.last()).contains("failed").contains("run 2: lost");
  }

  @Test
  void aFlightThatLeftNothingWasNotFlown() {
    RunTally tally = new RunTally("kills", List.of("survived", "golden"), 5);
    tally.add("a", 5, 1, folder.resolve("a"), 2);
    assertThat(tally.passed()).isFalse();
    assertThat(tally.exitCode()).isEqualTo(2);
    assertThat(tally).hasToString("5 kills: 0 survived, 0 golden, 0 violated, 5 not flown");
  }
}
