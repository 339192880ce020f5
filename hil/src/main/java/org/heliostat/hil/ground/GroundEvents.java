package org.heliostat.hil.ground;

import com.google.gson.JsonArray;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.heliostat.protocol.Event;
import org.heliostat.protocol.Severity;

/**
 * Events of the ground station itself. They go to its log at once, and to the list of events as
 * soon as the disk takes them; at most {@value #MOST} wait, one more is in the log only, and
 * counted. One thread.
 */
final class GroundEvents {
  private static final int MOST = 100;

  /** Keeps an event. */
  interface Sink {
    void keep(Event event) throws IOException;
  }

  private final Sink sink;
  private final Counters counters;
  private final Deque<Event> waiting = new ArrayDeque<>();
  private final Deque<Event> newest = new ArrayDeque<>();

  GroundEvents(Sink sink, Counters counters) {
    this.sink = sink;
    this.counters = counters;
  }

  void report(Severity severity, int id, String name, String text) {
    GroundLog.say(severity + " " + name + ": " + text);
    Event event =
        Event.newBuilder()
            .setSeverity(severity)
            .setSource("ground")
            .setId(id)
            .setName(name)
            .setText(text)
            .build();
    if (waiting.size() < MOST) {
      waiting.addLast(event);
    } else {
      counters.groundEventsLost++;
    }
    newest.addLast(event);
    if (newest.size() > MOST) {
      newest.removeFirst();
    }
    flush();
  }

  /** Tries to keep what waits. */
  void flush() {
    while (!waiting.isEmpty()) {
      try {
        sink.keep(waiting.getFirst());
      } catch (IOException e) {
        return;
      }
      waiting.removeFirst();
    }
  }

  JsonArray json() {
    JsonArray json = new JsonArray();
    newest.forEach(event -> json.add(ProtoJson.of(event)));
    return json;
  }
}
