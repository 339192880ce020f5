package org.heliostat.core.link;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.heliostat.protocol.AreaOfInterest;
import org.heliostat.protocol.DownlinkTable;

/** Checks what the schema cannot say about the table {@code downlink}. */
final class DownlinkTableCheck {
  private DownlinkTableCheck() {}

  /** What is wrong, for people; empty for a table that may be used. */
  static List<String> problems(DownlinkTable table) {
    List<String> problems = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (AreaOfInterest area : table.getAreasList()) {
      if (!names.add(area.getName())) {
        problems.add("area " + area.getName() + " stands twice");
      }
      if (area.getSouth() > area.getNorth()) {
        problems.add(area.getName() + ": south is north of north");
      }
    }
    return problems;
  }
}
