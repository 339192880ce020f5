package org.heliostat.hil.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a campaign that goes on does not fly again. */
class CampaignVerbTest {
  @TempDir private Path folder = Path.of("");
  private Path scenario = folder;
  private Path flight = folder;

  @BeforeEach
  void fly() throws IOException {
    scenario = Files.writeString(folder.resolve("s.textproto"), "name: \"s\"");
    flight = Files.createDirectories(folder.resolve("s"));
    Files.writeString(flight.resolve("scenario.textproto"), "name: \"s\"");
    Files.writeString(
        flight.resolve("summary.json"), "{\"seed\":4,\"versions\":{\"image\":\"i\"}}");
  }

  private CampaignVerb.Planned planned(long seed) {
    return new CampaignVerb.Planned("s", Optional.of(scenario), 0, seed, flight);
  }

  @Test
  void aFlightByTheSameImageScenarioAndSeedIsDone() throws IOException {
    assertThat(planned(4).done("i")).isTrue();
    assertThat(planned(5).done("i")).isFalse();
    assertThat(planned(4).done("another")).isFalse();
  }

  @Test
  void aFolderThatHoldsSomethingElseIsLeftAlone() throws Exception {
    assertThatThrownBy(() -> CampaignVerb.makeFolder(folder))
        .isInstanceOf(SetupException.class)
        .hasMessageContaining("is not empty, and holds no campaign");
    assertThatThrownBy(() -> CampaignVerb.makeFolder(scenario.resolve("below")))
        .isInstanceOf(SetupException.class)
        .hasMessageContaining("cannot be made")
        .hasMessageNotContaining("Exception");
    CampaignVerb.makeFolder(folder.resolve("new/one"));
    assertThat(folder.resolve("new/one")).isEmptyDirectory();
    Files.createFile(folder.resolve(".lock"));
    CampaignVerb.makeFolder(folder);
  }

  @Test
  void aFlightOfAnotherScenarioIsNot() throws IOException {
    Files.writeString(scenario, "name: \"s\" judge_devices: true");
    assertThat(planned(4).done("i")).isFalse();
  }

  @Test
  void aFlightThatWasCutOffIsNot() throws IOException {
    Files.delete(flight.resolve("summary.json"));
    assertThat(planned(4).done("i")).isFalse();
  }

  @Test
  void aFlightThatWasInterruptedIsNot() throws IOException {
    Files.writeString(
        flight.resolve("summary.json"),
        "{\"seed\":4,\"interrupted\":true,\"versions\":{\"image\":\"i\"}}");
    assertThat(planned(4).done("i")).isFalse();
  }

  @Test
  void aKillCampaignIsCutIntoFlightsWithSeedsThatFollowOn() {
    assertThat(CampaignVerb.parts("flight-", folder, 60, 25, 4))
        .extracting(CampaignVerb.Planned::runs, CampaignVerb.Planned::seed)
        .containsExactly(tuple(25, 4L), tuple(25, 5L), tuple(10, 6L));
  }

  @Test
  void aKillFlightOfAnotherNumberOfKillsIsFlownAgain() throws IOException {
    Files.writeString(
        flight.resolve("summary.json"),
        "{\"seed\":4,\"runs\":[{},{}],\"versions\":{\"image\":\"i\"}}");
    assertThat(new CampaignVerb.Planned("s", Optional.empty(), 2, 4, flight).done("i")).isTrue();
    assertThat(new CampaignVerb.Planned("s", Optional.empty(), 3, 4, flight).done("i")).isFalse();
  }
}
