package org.heliostat.core.recorder;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.heliostat.core.recorder.Recorder.Item;

/** Stores records together, or none of them. */
final class Append extends Request {
  private static final int MOST_BYTES = 4 << 20;

  private final List<Item> items;
  private final List<byte[]> payloads;
  private final long nanos;
  private final Recent recent;
  private final List<Index.Entry> staged;

  /**
   * Of records that are stored at this mission time.
   *
   * @param recent is given what has been stored
   * @throws RecorderFault where one of them, or all together, are too large
   */
  Append(List<Item> items, long nanos, Recent recent) throws RecorderFault {
    this.items = items;
    this.nanos = nanos;
    this.recent = recent;
    this.payloads = new ArrayList<>(items.size());
    this.staged = new ArrayList<>(items.size());
    long bytes = 0;
    for (Item item : items) {
      byte[] payload = item.body().toByteArray();
      bytes += payload.length;
      if (payload.length > Recorder.MAX_RECORD_BYTES) {
        throw tooLarge(payload.length + " bytes, limit " + Recorder.MAX_RECORD_BYTES);
      }
      payloads.add(payload);
    }
    if (items.size() > Recorder.MOST_AT_ONCE || bytes > MOST_BYTES) {
      throw tooLarge(items.size() + " records of " + bytes + " bytes at once");
    }
  }

  private static RecorderFault tooLarge(String text) {
    return new RecorderFault(RecorderFault.Kind.TOO_LARGE, text);
  }

  @Override
  void apply(Journal to) throws RecorderFault, IOException {
    for (int i = 0; i < payloads.size(); i++) {
      Item item = items.get(i);
      int type = item.body().getBodyCase().getNumber();
      staged.add(to.stage(item.priority(), type, nanos, item.expiryNanos(), payloads.get(i)));
    }
  }

  @Override
  void kept(Journal in) {
    for (int i = 0; i < staged.size(); i++) {
      recent.add(staged.get(i).id(), payloads.get(i));
      in.publish(staged.get(i));
    }
  }

  @Override
  void lost(Journal in) {
    staged.forEach(in::forget);
  }

  /** Numbers of the records, in the order of the items. */
  List<Long> ids() {
    return staged.stream().map(Index.Entry::id).toList();
  }
}
