package org.heliostat.hil.rig;

import java.util.ArrayList;
import java.util.List;
import org.heliostat.protocol.Scenario;

/**
 * When the space link carries anything, by the scenario alone. Times are seconds of flight.
 * Immutable.
 */
public final class LinkSchedule {
  private final List<Span> contacts;
  private final List<Span> cuts;

  private record Span(double from, double to) {
    boolean holds(double seconds) {
      return seconds >= from && seconds < to;
    }
  }

  /** Contacts, cuts and broker outages of a scenario; one without contacts is always in contact. */
  public LinkSchedule(Scenario scenario) {
    List<Span> open = new ArrayList<>();
    for (Scenario.Window window : scenario.getContactsList()) {
      open.add(new Span(window.getOpenS(), window.getCloseS()));
    }
    if (open.isEmpty()) {
      open.add(new Span(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY));
    }
    List<Span> closed = new ArrayList<>();
    for (Scenario.Cut cut : scenario.getLink().getCutsList()) {
      closed.add(new Span(cut.getAtS(), cut.getAtS() + cut.getForS()));
    }
    for (Scenario.Fault fault : scenario.getFaultsList()) {
      if (fault.hasBrokerOutage()) {
        closed.add(new Span(fault.getAtS(), fault.getAtS() + fault.getBrokerOutage().getForS()));
      }
    }
    this.contacts = List.copyOf(open);
    this.cuts = List.copyOf(closed);
  }

  /** Whether the ground station is in view. */
  public boolean contact(double missionSeconds) {
    return contacts.stream().anyMatch(span -> span.holds(missionSeconds));
  }

  /** Whether bytes pass: in contact, and neither cut nor without a broker. */
  public boolean up(double missionSeconds) {
    return contact(missionSeconds) && cuts.stream().noneMatch(span -> span.holds(missionSeconds));
  }
}
