package org.heliostat.core.recorder;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.heliostat.core.ManualClock;
import org.heliostat.core.recorder.Recorder.Pending;
import org.heliostat.core.recorder.Recorder.Priority;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.Event;

/** What tests of the recorder have in common: a folder in memory, a clock, small records. */
final class Fixture {
  static final int MANY = 100_000;

  final ManualClock clock = new ManualClock();
  FakeFolder folder = new FakeFolder();

  /** A recorder in the folder. */
  Recorder open(Limits limits) throws IOException {
    return Recorder.open(folder, limits, clock::missionNanos, TimeUnit.SECONDS.toNanos(20));
  }

  /** Room for many records in small segments. */
  static Limits roomy(long segmentBytes) {
    return limits(segmentBytes, 1 << 20);
  }

  /** All is read from disk. */
  static Limits limits(long segmentBytes, long quotaBytes) {
    return new Limits(segmentBytes, quotaBytes, MANY, 0, Map.of(), Map.of());
  }

  static Downlink body(String text) {
    return Downlink.newBuilder().setEvent(Event.newBuilder().setText(text)).build();
  }

  static String text(Recorder recorder, long id) throws IOException, RecorderFault {
    return Downlink.parseFrom(recorder.read(id)).getEvent().getText();
  }

  static List<Long> ids(Recorder recorder) {
    return recorder.pending(MANY).stream().map(Pending::id).toList();
  }

  static List<String> texts(Recorder recorder) throws IOException, RecorderFault {
    List<String> texts = new ArrayList<>();
    for (long id : ids(recorder)) {
      texts.add(text(recorder, id));
    }
    return texts;
  }

  static long append(Recorder recorder, String text) throws RecorderFault {
    return recorder.append(Priority.PRODUCT, body(text));
  }

  /** Why a record is not stored. */
  static RecorderFault.Kind refused(Recorder recorder, Priority priority, String text) {
    try {
      long unused = recorder.append(priority, body(text));
      throw new AssertionError("it was stored");
    } catch (RecorderFault e) {
      return e.kind();
    }
  }

  /** Lets a hook of a folder wait, as a disk that hangs does. */
  static void await(CountDownLatch latch) throws IOException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }
}
