package org.heliostat.tests.flight;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small campaign of kills, as a user types it. */
class KillCampaignTest {
  @TempDir private Path folder;

  @Test
  void threeKillsLoseNothingAndTheCampaignGoesOnWhereItWas() throws Exception {
    try (FlightRun run = FlightRun.run(folder, "campaign", "kill", "--runs", "3", "--seed", "11")) {
      assertThat(run.exitCode()).as(run.output()).isZero();
      JsonObject summary = run.summary();
      assertThat(summary.get("kind").getAsString()).isEqualTo("kill");
      assertThat(summary.get("passed").getAsBoolean()).isTrue();
      assertThat(summary.get("runs").getAsInt()).isEqualTo(3);
      JsonObject outcomes = summary.getAsJsonObject("outcomes");
      assertThat(outcomes.get("survived").getAsInt() + outcomes.get("golden").getAsInt())
          .isEqualTo(3);
      // the load was there: a campaign in which nothing happens proves nothing
      assertThat(run.number("seen", "commands")).isGreaterThan(20);
      assertThat(run.number("seen", "frames")).isGreaterThan(2);
      assertThat(run.number("seen", "boots")).isGreaterThanOrEqualTo(4);
    }
    Path flown = folder.resolve("out/flight-11/summary.json");
    FileTime before = Files.getLastModifiedTime(flown);
    // all is flown already, so nothing is flown, and the answer is the same
    try (FlightRun again =
        FlightRun.run(folder, "campaign", "kill", "--runs", "3", "--seed", "11")) {
      assertThat(again.exitCode()).isZero();
      assertThat(again.output().split("3 kills: ", -1)).hasSize(3);
    }
    assertThat(Files.getLastModifiedTime(flown)).isEqualTo(before);
  }
}
