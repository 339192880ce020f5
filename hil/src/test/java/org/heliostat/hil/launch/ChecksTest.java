package org.heliostat.hil.launch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.heliostat.hil.report.JsonFiles;
import org.heliostat.protocol.Boot;
import org.heliostat.protocol.CardConfig;
import org.heliostat.protocol.FlightState;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.Scenario;
import org.junit.jupiter.api.Test;

/** Each check fails for its own reason and for no other. */
class ChecksTest {
  private static final Mission MISSION =
      Mission.newBuilder()
          .setActiveCards(1)
          .addCards(CardConfig.newBuilder().setName("card0"))
          .build();

  private FlightState.Builder state =
      FlightState.newBuilder()
          .setFramesTaken(2)
          .setFramesDeclined(1)
          .setFramesFailed(1)
          .setRawBytes(10_000)
          .setSentBytes(200)
          .setBoots(1)
          .setImageDigest("d");
  private final List<JsonObject> frames =
      new ArrayList<>(
          List.of(
              json(
                  "{'id':'a/c','frame_id':'a','outcome':'DECLINED','reason':'dark','card':'card0','dispatch_celsius':79.5}"),
              json("{'id':'b/c','frame_id':'b','outcome':'FRAME_FAILED','reason':'no'}")));
  private final List<JsonObject> rig =
      new ArrayList<>(List.of(json("{'t':1,'cards':[{'w':70,'c':94}]}")));
  private List<String> commandsFailed = List.of();
  private List<Integer> ends = List.of(143);
  private Scenario scenario = Scenario.getDefaultInstance();
  private List<String> devices = List.of();
  private List<String> left = List.of();

  @Test
  void aGoodFlightPasses() {
    assertThat(failed()).isEmpty();
  }

  @Test
  void aRealDeviceThatIsOpenFailsTheFlight() {
    devices = List.of("/dev/i2c-1");
    assertThat(failed()).containsExactly("no_real_device");
  }

  @Test
  void aFrameThatIsMissingIsLost() {
    frames.remove(1);
    assertThat(failed()).containsExactly("frames_accounted", "nothing_lost_or_duplicated");
  }

  @Test
  void aFrameWithoutReasonIsNotAccounted() {
    frames.get(0).addProperty("reason", "");
    assertThat(failed()).containsExactly("frames_accounted");
  }

  @Test
  void aFrameThatStandsTwiceIsDuplicated() {
    frames.add(frames.get(1));
    assertThat(failed()).containsExactly("frames_accounted", "nothing_lost_or_duplicated");
  }

  @Test
  void aMaskThatIsNotThereIsNotExact() {
    frames.add(json("{'id':'x','frame_id':'x','outcome':'INFERRED','cloud_mask':'none.png'}"));
    assertThat(failed()).contains("masks_bit_exact");
  }

  @Test
  void tooManyBytesBreakTheBound() {
    state.setSentBytes(201);
    assertThat(failed()).containsExactly("sent_within_bound");
    state.setRawBytes(0);
    assertThat(failed()).isEmpty();
  }

  @Test
  void aCommandThatFailedCounts() {
    commandsFailed = List.of("noop: no");
    assertThat(failed()).containsExactly("commands_completed");
  }

  @Test
  void aCardOverItsLimitsFails() {
    rig.add(json("{'t':2,'cards':[{'w':70,'c':95.5}]}"));
    assertThat(failed()).containsExactly("cards_within_limits");
    rig.set(1, json("{'t':2,'cards':[{'w':75.5,'c':20}]}"));
    assertThat(failed()).containsExactly("cards_within_limits");
  }

  @Test
  void aWarmCardThatWasGivenAFrameFails() {
    frames.get(0).addProperty("dispatch_celsius", 80.5);
    assertThat(failed()).containsExactly("hot_cards_rested");
  }

  @Test
  void aRestartNeedsAFaultThatExplainsIt() {
    state.setWorkerRestarts(1);
    assertThat(failed()).containsExactly("workers_explained");
    rig.add(json("{'fault':'kill_worker','t':3,'card':0,'pid':9}"));
    assertThat(failed()).isEmpty();
  }

  @Test
  void aBacklogAtTheEndIsNotClean() {
    state.setBacklogProducts(1);
    assertThat(failed()).containsExactly("recorder_clean");
  }

  @Test
  void anotherImageIsNoticed() {
    state.setImageDigest("e");
    assertThat(failed()).containsExactly("image_as_built");
  }

  @Test
  void aSecondBootIsNoticed() {
    state.setBoots(2);
    ends = List.of(137, 143);
    assertThat(failed()).containsExactly("flight_uninterrupted");
  }

  @Test
  void whatIsLeftIsNoticed() {
    left = List.of("process 12");
    assertThat(failed()).containsExactly("nothing_left");
  }

  @Test
  void silenceNeedsPatience() throws Exception {
    assertThat(
            MissionScript.longestSilence(
                Scenario.newBuilder()
                    .addContacts(window(0, 10))
                    .addContacts(window(100, 110))
                    .build()))
        .isEqualTo(92);
  }

  @Test
  void cutsOutagesAndHeatAddToTheSilence() throws Exception {
    assertThat(
            MissionScript.longestSilence(
                com.google.protobuf.TextFormat.parse(
                    """
                    camera { interval_s: 1 }
                    contacts { open_s: 5 close_s: 10 }
                    link { cuts { at_s: 6 for_s: 20 } }
                    faults { at_s: 1 broker_outage { for_s: 300 } }
                    faults { at_s: 2 heat_card { card: 0 to_celsius: 88 for_s: 4000 } }
                    faults { at_s: 3 kill_worker { card: 1 } }
                    """,
                    Scenario.class)))
        .isEqualTo(4326);
  }

  private static Scenario.Window window(double open, double close) {
    return Scenario.Window.newBuilder().setOpenS(open).setCloseS(close).build();
  }

  @Test
  void aResetByTheWatchdogExplainsASecondBoot() {
    state.setBoots(2);
    ends = List.of(137, 143);
    assertThat(failed()).contains("flight_uninterrupted");
    rig.add(json("{'happened':'watchdog_bite','device':'watchdog','t':9}"));
    // it hung on its own account
    assertThat(failed()).contains("flight_uninterrupted");
    rig.add(json("{'fault':'flight_hangs','device':'flight','t':3}"));
    assertThat(failed()).doesNotContain("flight_uninterrupted");
  }

  @Test
  void aRestartThatGroundHasCommandedExplainsASecondBoot() {
    state.setBoots(2);
    ends = List.of(3, 143);
    assertThat(failed()).containsExactly("flight_uninterrupted");
    state.addResetLog(Boot.newBuilder().setEnd("protection latch_up"));
    assertThat(failed()).containsExactly("flight_uninterrupted");
    state.addResetLog(Boot.newBuilder().setEnd("by command"));
    assertThat(failed()).isEmpty();
    // it wanted one, and died once more by itself
    state.setBoots(3);
    ends = List.of(3, 3, 143);
    assertThat(failed()).containsExactly("flight_uninterrupted");
  }

  @Test
  void aCardThatTheScenarioOverheatsIsNotHeldToItsLimits() {
    rig.add(json("{'t':3,'cards':[{'c':120,'w':10}]}"));
    assertThat(failed()).contains("cards_within_limits");
    scenario =
        Scenario.newBuilder()
            .addFaults(
                Scenario.Fault.newBuilder()
                    .setDevice("card0")
                    .setKind(Scenario.FaultKind.OVER_TEMPERATURE_OF_CARD))
            .build();
    assertThat(failed()).doesNotContain("cards_within_limits");
  }

  private List<String> failed() {
    return Checks.of(
            new Evidence(
                Path.of("target"),
                MISSION,
                scenario,
                2,
                Optional.of(state.build()),
                frames,
                List.of(),
                List.of(),
                rig,
                new JsonObject(),
                5,
                commandsFailed,
                ends,
                true,
                "d",
                "d",
                devices,
                left))
        .stream()
        .filter(check -> !check.passed())
        .map(Check::name)
        .toList();
  }

  private static JsonObject json(String text) {
    return JsonFiles.parse(text.replace('\'', '"')).orElseThrow();
  }
}
