package org.heliostat.hil.ground;

import static org.assertj.core.api.Assertions.assertThat;

import org.heliostat.protocol.DeviceStatus;
import org.heliostat.protocol.Housekeeping;
import org.junit.jupiter.api.Test;

class NewestHousekeepingTest {
  private final NewestHousekeeping newest = new NewestHousekeeping();

  private static Housekeeping.Builder packet(String set, long nanos) {
    return Housekeeping.newBuilder().setSet(set).setMissionNanos(nanos);
  }

  @Test
  void aPacketSaysNothingAboutTheFieldsOfOtherSets() {
    assertThat(newest.isEmpty()).isTrue();
    newest.take(packet("main", 10).setBacklogRecords(3).setFramesTaken(0).build());
    newest.take(packet("services", 20).setEvents(7).build());
    assertThat(newest.values())
        .hasToString(
            "{\"mission_nanos\":20,\"frames_taken\":0,\"backlog_records\":3,\"events\":7}");
    assertThat(newest.times().get("backlog_records").getAsLong()).isEqualTo(10);
    assertThat(newest.times().get("events").getAsLong()).isEqualTo(20);
    assertThat(newest.isEmpty()).isFalse();
  }

  @Test
  void aListThatHasBecomeEmptyIsEmpty() {
    newest.take(packet("main", 10).addFaulty(DeviceStatus.newBuilder().setDevice("bus")).build());
    newest.take(packet("services", 11).build());
    assertThat(newest.values().has("faulty")).isTrue();
    newest.take(packet("main", 12).build());
    assertThat(newest.values().has("faulty")).isFalse();
  }

  @Test
  void theNewerOfTwoSetsCountsAndAnOldPacketDoesNot() {
    newest.take(packet("b", 20).setFramesTaken(5).build());
    newest.take(packet("a", 10).setFramesTaken(4).build());
    assertThat(newest.values().get("frames_taken").getAsInt()).isEqualTo(5);
    newest.take(packet("b", 15).setFramesTaken(9).build());
    assertThat(newest.values().get("frames_taken").getAsInt()).isEqualTo(5);
  }

  @Test
  void whatWasSaidBeforeARestartIsForgotten() {
    newest.take(packet("a", 10).setBoots(1).setFramesTaken(4).build());
    newest.take(packet("b", 11).setBoots(2).build());
    assertThat(newest.values().has("frames_taken")).isFalse();
  }
}
