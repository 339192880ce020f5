package org.heliostat.hil.launch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.TextFormat;
import java.util.ArrayList;
import java.util.List;
import org.heliostat.protocol.Scenario;
import org.junit.jupiter.api.Test;

class DeviceVerdictTest {
  private static final long EPOCH = 1_000_000_000_000L;

  private final List<JsonObject> events = new ArrayList<>();
  private final List<JsonObject> telemetry = new ArrayList<>();
  private final List<JsonObject> rig = new ArrayList<>();

  private DeviceVerdict verdict(String scenario) throws TextFormat.ParseException {
    return new DeviceVerdict(
        TextFormat.parse(scenario, Scenario.class), events, telemetry, rig, EPOCH);
  }

  private void event(double seconds, String name, String device, String fault) {
    events.add(
        json(
            "{\"mission_nanos\":%d,\"name\":\"%s\",\"device\":\"%s\"%s}"
                .formatted(
                    EPOCH + (long) (seconds * 1e9),
                    name,
                    device,
                    fault.isEmpty() ? "" : ",\"fault\":\"" + fault + "\"")));
  }

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }

  private static final String NACK =
      "faults { at_s: 20 device: \"plate0\" kind: NO_ACKNOWLEDGE for_s: 10 "
          + "expect { device: \"plate0\" fault: NACK within_s: 10 recovers_within_s: 30 } }";

  @Test
  void theRightFaultOfTheRightDeviceInTimePasses() throws Exception {
    event(25, "DEVICE_FAULT", "plate0", "NACK");
    event(35, "DEVICE_RECOVERED", "plate0", "");
    DeviceVerdict verdict = verdict(NACK);
    assertThat(verdict.faultsSeen().passed()).isTrue();
    assertThat(verdict.nobodyElseBlamed().passed()).isTrue();
    assertThat(verdict.faultsRecovered().passed()).isTrue();
    assertThat(verdict.table().get(0).getAsJsonObject().get("seen_after_s").getAsDouble())
        .isEqualTo(5);
  }

  @Test
  void aFaultThatIsLateOrOfAnotherTypeOrDeviceFails() throws Exception {
    event(31, "DEVICE_FAULT", "plate0", "NACK");
    assertThat(verdict(NACK).faultsSeen().detail()).contains("came after 11.0 s");
    events.clear();
    event(25, "DEVICE_FAULT", "plate0", "TIMEOUT");
    assertThat(verdict(NACK).faultsSeen().passed()).isFalse();
    assertThat(verdict(NACK).nobodyElseBlamed().passed()).isFalse();
    events.clear();
    event(25, "DEVICE_FAULT", "plate1", "NACK");
    assertThat(verdict(NACK).faultsSeen().detail()).contains("was not seen");
    assertThat(verdict(NACK).nobodyElseBlamed().detail()).contains("plate1: NACK");
  }

  @Test
  void aFaultBeforeItsTimeIsBlameless() throws Exception {
    event(5, "DEVICE_FAULT", "plate0", "NACK");
    assertThat(verdict(NACK).faultsSeen().passed()).isFalse();
    assertThat(verdict(NACK).nobodyElseBlamed().passed()).isFalse();
  }

  @Test
  void whoIsNotWellAgainInTimeFails() throws Exception {
    event(25, "DEVICE_FAULT", "plate0", "NACK");
    assertThat(verdict(NACK).faultsRecovered().detail()).contains("was not well again");
    event(51, "DEVICE_RECOVERED", "plate0", "");
    assertThat(verdict(NACK).faultsRecovered().passed()).isFalse();
  }

  @Test
  void whoIsFaultyOnceMoreAfterItWasWellFails() throws Exception {
    event(25, "DEVICE_FAULT", "plate0", "NACK");
    event(35, "DEVICE_RECOVERED", "plate0", "");
    event(36, "PART_SET_UP", "plate0", "SELF_RESET");
    assertThat(verdict(NACK).faultsRecovered().passed()).isTrue();
    event(40, "DEVICE_FAULT", "plate0", "NACK");
    assertThat(verdict(NACK).faultsRecovered().detail()).contains("faulty once more");
  }

  @Test
  void whatNoEventCouldTellIsSeenInHousekeeping() throws Exception {
    telemetry.add(
        json(
            "{\"faulty\":[{\"device\":\"storage\",\"fault\":\"STORAGE_HUNG\",\"since_nanos\":%d}]}"
                .formatted(EPOCH + 26_000_000_000L)));
    assertThat(
            verdict(
                    "faults { at_s: 20 device: \"storage\" kind: DISK_HUNG expect {"
                        + " device: \"storage\" fault: STORAGE_HUNG within_s: 10 } }")
                .faultsSeen()
                .passed())
        .isTrue();
  }

  @Test
  void whatIsOptionalMayComeAndNeedNot() throws Exception {
    String scenario =
        "faults { at_s: 20 device: \"card1\" kind: CARD_FALLS_OFF expect { device: \"nvml1\" fault:"
            + " CRITICAL_EVENT within_s: 5 optional: true recovers_within_s: 9 } }";
    assertThat(verdict(scenario).faultsSeen().passed()).isTrue();
    assertThat(verdict(scenario).faultsRecovered().passed()).isTrue();
    event(21, "CARD_CRITICAL", "nvml1", "CRITICAL_EVENT");
    assertThat(verdict(scenario).nobodyElseBlamed().passed()).isTrue();
  }

  @Test
  void whatTheHardwareMustDoIsLookedUpInTheRigsLog() throws Exception {
    String scenario =
        "faults { at_s: 20 device: \"card0\" kind: LATCH_UP happens { what: \"latched_off\" device:"
            + " \"switch0\" within_s: 5 } }";
    assertThat(verdict(scenario).hardwareActed().passed()).isFalse();
    rig.add(json("{\"happened\":\"latched_off\",\"device\":\"switch1\",\"t\":21}"));
    rig.add(json("{\"happened\":\"latched_off\",\"device\":\"switch0\",\"t\":26}"));
    assertThat(verdict(scenario).hardwareActed().passed()).isFalse();
    rig.add(json("{\"happened\":\"latched_off\",\"device\":\"switch0\",\"t\":21}"));
    assertThat(verdict(scenario).hardwareActed().passed()).isTrue();
  }

  @Test
  void reactionsMustComeInTheirOrder() throws Exception {
    String scenario =
        "faults { at_s: 20 device: \"card0\" kind: LATCH_UP expect { device: \"switch0\" fault:"
            + " LATCHED_OFF within_s: 5 reactions: \"FIRST\" reactions: \"SECOND\" } }";
    event(30, "FIRST", "", "");
    event(25, "SECOND", "", "");
    assertThat(verdict(scenario).reactionsSeen().detail()).contains("SECOND did not come");
    event(31, "SECOND", "", "");
    assertThat(verdict(scenario).reactionsSeen().passed()).isTrue();
  }

  @Test
  void aFlightLastsUntilAllMustHaveBeenSeen() throws Exception {
    Scenario scenario =
        TextFormat.parse(NACK + " commands { at_s: 70 telecommand { noop {} } }", Scenario.class);
    assertThat(DeviceVerdict.horizonSeconds(scenario)).isEqualTo(70);
    assertThat(DeviceVerdict.wanted(scenario)).isTrue();
    assertThat(DeviceVerdict.wanted(Scenario.getDefaultInstance())).isFalse();
  }
}
