package org.heliostat.tests.flight;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small campaign of the link, as a user types it. */
class LinkCampaignTest {
  @TempDir private Path folder;

  @Test
  void threePassesOverALineThatIsCutLoseNothingAndBringNothingTwice() throws Exception {
    try (FlightRun run = FlightRun.run(folder, "campaign", "link", "--runs", "3", "--seed", "8")) {
      assertThat(run.exitCode()).as(run.output()).isZero();
      JsonObject summary = run.summary();
      assertThat(summary.get("kind").getAsString()).isEqualTo("link");
      assertThat(summary.get("passed").getAsBoolean()).isTrue();
      assertThat(summary.get("runs").getAsInt()).isEqualTo(3);
      assertThat(run.number("outcomes", "delivered")).isEqualTo(72);
      // a campaign in which nothing happens proves nothing
      assertThat(run.number("seen", "cuts")).isPositive();
      assertThat(run.number("seen", "lost_bytes")).isPositive();
      assertThat(run.number("seen", "ground", "parts")).isGreaterThan(20);
    }
  }

  @Test
  void aFolderThatHoldsSomethingElseIsLeftAlone() throws Exception {
    Path out = Files.createDirectories(folder.resolve("out"));
    Files.writeString(out.resolve("mine.txt"), "mine");
    try (FlightRun run = FlightRun.run(folder, "campaign", "link", "--runs", "3")) {
      assertThat(run.exitCode()).isEqualTo(2);
      assertThat(run.output()).contains("holds no campaign");
    }
    try (FlightRun run = FlightRun.run(folder, "campaign", "link", "--runs", "0")) {
      assertThat(run.exitCode()).isEqualTo(2);
    }
    assertThat(out.resolve("mine.txt")).hasContent("mine");
  }
}
