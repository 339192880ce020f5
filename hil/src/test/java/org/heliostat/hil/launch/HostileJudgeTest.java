package org.heliostat.hil.launch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HostileJudgeTest {
  private static final long BEGIN = 7_000;

  private final List<JsonObject> audit = new ArrayList<>();
  private final List<JsonObject> reports = new ArrayList<>();
  private final List<JsonObject> events = new ArrayList<>();
  private final List<JsonObject> telemetry = new ArrayList<>();
  private long growth = 4 << 20;
  private JsonObject ground = json("{'link':{'damaged':50,'overflowed':0}}");

  HostileJudgeTest() {
    audit.add(json("{'counter':1,'stage':'SENT'}"));
    reports.add(json("{'counter':1,'stage':'STARTED'}"));
    reports.add(json("{'counter':1,'stage':'COMPLETED'}"));
    reports.add(json("{'counter':0,'stage':'COMPLETED'}"));
    events.add(json("{'name':'BOOT'}"));
    events.add(event(BEGIN - 1, "WARNING", "core", "NO_FILE_SIGNER"));
    events.add(event(BEGIN, "INFO", "core", "LINK_UP"));
    events.add(event(BEGIN, "WARNING", "ground", "BROKER_REFUSED"));
    events.add(event(BEGIN, "WARNING", "payload", "FRAME_DECLINED"));
    telemetry.add(json("{'bad_packets':900,'packets_dropped':10,'keys':{'replayed':90}}"));
  }

  private static JsonObject event(long nanos, String severity, String source, String name) {
    return json(
        "{'mission_nanos':%d,'severity':'%s','source':'%s','name':'%s'}"
            .formatted(nanos, severity, source, name));
  }

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }

  private List<String> violations() {
    return new HostileJudge(audit, reports, events, telemetry, ground, BEGIN, growth)
        .violations(1_000, 50);
  }

  @Test
  void framesThatHaveDoneNothingAreNoViolation() {
    assertThat(violations()).isEmpty();
    JsonObject seen = new JsonObject();
    new HostileJudge(audit, reports, events, telemetry, ground, BEGIN, growth).addTo(seen);
    assertThat(seen.toString())
        .isEqualTo(
            "{\"executed\":0,\"counted_by_satellite\":1000,\"counted_by_ground\":50,"
                + "\"heap_growth_bytes\":4194304,\"alerts\":0}");
  }

  @Test
  void aCommandThatGroundHasNotSentIsSeen() {
    reports.add(json("{'counter':2,'stage':'FAILED'}"));
    assertThat(violations()).containsExactly("1 commands that ground has not sent");
  }

  @Test
  void aCommandThatHasRunTwiceIsSeen() {
    reports.add(json("{'counter':1,'stage':'STARTED'}"));
    assertThat(violations()).containsExactly("command 1 has started 2 times");
  }

  @Test
  void aSecondBootIsSeen() {
    events.add(json("{'name':'BOOT'}"));
    assertThat(violations()).containsExactly("2 boots");
  }

  @Test
  void framesThatNobodyHasCountedAreSeen() {
    telemetry.set(0, json("{'bad_packets':900,'packets_dropped':10,'keys':{'replayed':88}}"));
    assertThat(violations()).containsExactly("of 1000 frames 998 are counted");
    telemetry.set(0, json("{'bad_packets':999}"));
    ground = json("{'link':{'damaged':49}}");
    assertThat(violations()).containsExactly("of 50 frames to ground 49 are counted");
    ground = json("{'link':{'damaged':49,'overflowed':1}}");
    assertThat(violations()).isEmpty();
  }

  @Test
  void alertsThatFramesHaveRaisedAreSeen() {
    JsonObject throttled = event(BEGIN, "WARNING", "core", "PACKET_NOT_AUTHENTIC");
    throttled.addProperty("suppressed", 30);
    events.add(throttled);
    events.add(event(BEGIN + 1, "CRITICAL", "core", "APP_GAVE_UP"));
    assertThat(violations())
        .containsExactly(
            "since the first frame 1 alerts APP_GAVE_UP",
            "since the first frame 31 alerts PACKET_NOT_AUTHENTIC");
  }

  @Test
  void aHeapThatGrowsIsSeen() {
    growth++;
    assertThat(violations()).containsExactly("the heap has grown by 4194305 bytes");
  }
}
