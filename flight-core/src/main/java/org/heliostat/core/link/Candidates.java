package org.heliostat.core.link;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.recorder.Recorder.Priority;
import org.heliostat.core.recorder.Recorder.Waiting;

/**
 * Goes over what waits in the recorder, which may be a million records, a bounded stretch a step:
 * always the oldest reports and alerts, then what is new of each other priority, and on the side
 * all of them round and round, for those that had no place before or wait again. Reads no content.
 * One thread.
 */
final class Candidates {
  private static final int NEW_A_STEP = 512;
  private static final int OLD_A_STEP = 128;
  private static final List<Priority> URGENT = List.of(Priority.REPORT, Priority.ALERT);
  private static final List<Priority> OTHERS =
      List.of(Priority.PRODUCT, Priority.ROUTINE, Priority.BULK);

  private final Recorder recorder;
  private final Map<Priority, Long> newest = new EnumMap<>(Priority.class);
  private final Map<Priority, Long> round = new EnumMap<>(Priority.class);

  Candidates(Recorder recorder) {
    this.recorder = recorder;
  }

  /**
   * One step.
   *
   * @param urgent reports and alerts at the most, of each
   * @param offer takes what is urgent or new
   * @param again takes what may have been offered before
   */
  void step(int urgent, Consumer<Waiting> offer, Consumer<Waiting> again) {
    URGENT.forEach(priority -> recorder.waiting(priority, 0, urgent).forEach(offer));
    for (Priority priority : OTHERS) {
      walk(priority, newest, NEW_A_STEP, offer);
      if (!walk(priority, round, OLD_A_STEP, again)) {
        round.put(priority, 0L);
      }
    }
  }

  /** Goes on behind where it was; false at the end. */
  private boolean walk(
      Priority priority, Map<Priority, Long> from, int most, Consumer<Waiting> offer) {
    List<Waiting> found = recorder.waiting(priority, from.getOrDefault(priority, 0L), most);
    found.forEach(offer);
    if (!found.isEmpty()) {
      from.put(priority, found.get(found.size() - 1).id());
    }
    return found.size() == most;
  }
}
