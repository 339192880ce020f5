package org.heliostat.hil.rig;

import static org.assertj.core.api.Assertions.assertThat;

import org.heliostat.protocol.Scenario;
import org.junit.jupiter.api.Test;

class LinkScheduleTest {
  @Test
  void isAlwaysUpWithoutContactsInTheScenario() {
    LinkSchedule link = new LinkSchedule(Scenario.getDefaultInstance());
    assertThat(link.up(0)).isTrue();
    assertThat(link.up(-1)).isTrue();
    assertThat(link.up(1e9)).isTrue();
  }

  @Test
  void isUpInContactsButForCutsAndOutages() {
    LinkSchedule link =
        new LinkSchedule(
            Scenario.newBuilder()
                .addContacts(Scenario.Window.newBuilder().setOpenS(10).setCloseS(20))
                .addContacts(Scenario.Window.newBuilder().setOpenS(30).setCloseS(50))
                .setLink(
                    Scenario.Link.newBuilder()
                        .addCuts(Scenario.Cut.newBuilder().setAtS(12).setForS(2)))
                .addFaults(
                    Scenario.Fault.newBuilder()
                        .setAtS(35)
                        .setBrokerOutage(Scenario.BrokerOutage.newBuilder().setForS(5)))
                .build());
    assertThat(link.up(9.9)).isFalse();
    assertThat(link.up(10)).isTrue();
    assertThat(link.up(12)).isFalse();
    assertThat(link.contact(12)).isTrue();
    assertThat(link.up(14)).isTrue();
    assertThat(link.up(20)).isFalse();
    assertThat(link.up(34.9)).isTrue();
    assertThat(link.up(35)).isFalse();
    assertThat(link.up(40)).isTrue();
    assertThat(link.up(50)).isFalse();
  }
}
