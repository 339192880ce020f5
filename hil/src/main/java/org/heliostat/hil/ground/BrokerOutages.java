package org.heliostat.hil.ground;

import java.io.IOException;
import java.util.List;
import org.heliostat.hil.rig.MissionTime;
import org.heliostat.protocol.Scenario;

/** Takes the broker down and up again as the scenario says. One thread. */
final class BrokerOutages {
  private final List<Scenario.Fault> outages;
  private final MissionTime time;
  private final EmbeddedBroker broker;
  private boolean down;

  BrokerOutages(Scenario scenario, MissionTime time, EmbeddedBroker broker) {
    this.outages =
        scenario.getFaultsList().stream().filter(Scenario.Fault::hasBrokerOutage).toList();
    this.time = time;
    this.broker = broker;
  }

  /** Whether the broker is to be down at this moment. */
  boolean due(long hostNanos) {
    double seconds = time.flightSeconds(hostNanos);
    return outages.stream()
        .anyMatch(
            outage ->
                seconds >= outage.getAtS()
                    && seconds < outage.getAtS() + outage.getBrokerOutage().getForS());
  }

  /** Does what is due. A broker that does not come up again is tried again at the next call. */
  void play(long hostNanos) {
    boolean due = due(hostNanos);
    if (due == down) {
      return;
    }
    if (due) {
      GroundLog.say("the broker goes down");
      broker.stop();
      down = true;
      return;
    }
    try {
      broker.start();
      down = false;
      GroundLog.say("the broker is up again");
    } catch (IOException e) {
      GroundLog.say(String.valueOf(e.getMessage()));
    }
  }
}
