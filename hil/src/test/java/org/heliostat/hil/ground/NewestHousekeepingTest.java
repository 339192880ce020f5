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

  @Test
  void aBootBeginsMissionTimeAnewForAllSets() {
    newest.take(packet("main", 9_000).setBoots(1).setFramesTaken(40).build());
    newest.take(packet("services", 9_001).setEvents(7).setBadPackets(1).build());
    newest.take(packet("main", 5).setBoots(2).setFramesTaken(41).build());
    assertThat(newest.values())
        .hasToString("{\"mission_nanos\":5,\"boots\":2,\"frames_taken\":41}");
    newest.take(packet("services", 6).setEvents(8).build());
    assertThat(newest.values().get("events").getAsInt()).isEqualTo(8);
    assertThat(newest.values().has("bad_packets")).isFalse();
    newest.take(packet("main", 4).setBoots(2).setFramesTaken(3).build());
    assertThat(newest.values().get("frames_taken").getAsInt()).isEqualTo(41);
  }

  @Test
  void theFirstCountOfBootsForgetsNothing() {
    newest.take(packet("services", 9).setEvents(7).build());
    newest.take(packet("main", 10).setBoots(3).build());
    assertThat(newest.values().has("events")).isTrue();
  }

  @Test
  void aPacketOfAnEarlierBootThatComesLateIsLeftOut() {
    newest.take(packet("main", 5).setBoots(2).setFramesTaken(41).build());
    for (int i = 0; i < 5; i++) {
      newest.take(packet("main", 9_000 + i).setBoots(1).setFramesTaken(40).build());
      newest.take(packet("other", 9_000 + i).setBoots(1).setBusDrops(1).build());
      assertThat(newest.values().get("frames_taken").getAsInt()).isEqualTo(41);
      assertThat(newest.values().has("bus_drops")).isFalse();
      newest.take(packet("main", 6 + i).setBoots(2).setFramesTaken(41).build());
    }
  }

  @Test
  void aSatelliteThatHasLostItsCountOfBootsIsBelievedInTheEnd() {
    newest.take(packet("main", 9_000).setBoots(70).setFramesTaken(40).build());
    for (int i = 1; i <= 2; i++) {
      newest.take(packet("main", i).setBoots(1).setFramesTaken(i).build());
      assertThat(newest.values().get("frames_taken").getAsInt()).isEqualTo(40);
    }
    newest.take(packet("main", 3).setBoots(1).setFramesTaken(3).build());
    assertThat(newest.values()).hasToString("{\"mission_nanos\":3,\"boots\":1,\"frames_taken\":3}");
  }
}
