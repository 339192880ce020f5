package org.heliostat.hil.ground;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.heliostat.protocol.ByteSpan;
import org.heliostat.protocol.MissingParts;
import org.heliostat.protocol.Receipt;
import org.heliostat.protocol.RecordInQuestion;

/**
 * What the satellite is to be told: which records are stored, and what others lack. Written for one
 * run of its link at a time.
 *
 * <p>Overflow policy: of records that lack something {@value #MOST_TOLD} wait to be told of; one
 * more is left to the satellite, which asks. One thread.
 */
final class Receipts {
  /** Of one receipt. */
  static final int MOST_SPANS = 64;

  static final int MOST_RECORDS = 4096;

  private static final int MOST_TOLD = 1024;

  private final PartAssembly assembly;
  private final Set<Long> stored = new LinkedHashSet<>();

  /** Records of which parts have come, and whether the satellite asked for all that they lack. */
  private final Map<Long, Boolean> begun = new LinkedHashMap<>();

  /** Records that were asked about and of which nothing is there. */
  private final Map<Long, RecordInQuestion> unknown = new LinkedHashMap<>();

  Receipts(PartAssembly assembly) {
    this.assembly = assembly;
  }

  /** A record is stored; it is told of after the next force alone. */
  void stored(long record) {
    begun.remove(record);
    unknown.remove(record);
    stored.add(record);
  }

  /** The disk has failed: nothing that was stored since the last force is confirmed. */
  int forgetStored() {
    int count = stored.size();
    stored.clear();
    return count;
  }

  /** A part of a record has come. */
  void progress(long record) {
    if (begun.size() < MOST_TOLD) {
      boolean unused = begun.merge(record, false, Boolean::logicalOr);
    }
  }

  /** The satellite asks what a record lacks of which something is there. */
  void asked(long record) {
    if (begun.size() < MOST_TOLD) {
      begun.put(record, true);
    }
  }

  /** The satellite asks about a record of which nothing is there. */
  void unknown(RecordInQuestion record) {
    if (unknown.size() < MOST_TOLD && !stored.contains(record.getRecord())) {
      unknown.put(record.getRecord(), record);
    }
  }

  int storedCount() {
    return stored.size();
  }

  boolean isEmpty() {
    return stored.isEmpty() && begun.isEmpty() && unknown.isEmpty();
  }

  /** Whether the satellite waits for an answer. */
  boolean wanted() {
    return !unknown.isEmpty() || begun.containsValue(true);
  }

  /** All of it, and it is told of then. */
  List<Receipt> take(int run, long heard) {
    List<Receipt> all = new ArrayList<>();
    while (!isEmpty()) {
      Receipt.Builder next = Receipt.newBuilder().setRun(run).setHeard(heard);
      Iterator<Long> records = stored.iterator();
      while (records.hasNext() && next.getRecordsCount() < MOST_RECORDS) {
        next.addRecords(records.next());
        records.remove();
      }
      addMissing(next);
      all.add(next.build());
    }
    return all;
  }

  private void addMissing(Receipt.Builder receipt) {
    int spans = MOST_SPANS;
    while (spans > 0 && receipt.getMissingCount() < MOST_SPANS) {
      Optional<MissingParts> next = nextMissing(spans);
      if (next.isEmpty()) {
        return;
      }
      receipt.addMissing(next.get());
      spans -= next.get().getSpansCount();
    }
  }

  /** The next record that lacks something; where it lacks more, no more is said of it now. */
  private Optional<MissingParts> nextMissing(int mostSpans) {
    Optional<RecordInQuestion> whole = unknown.values().stream().findFirst();
    if (whole.isPresent()) {
      unknown.remove(whole.get().getRecord());
      return Optional.of(all(whole.get()));
    }
    Iterator<Map.Entry<Long, Boolean>> records = begun.entrySet().iterator();
    while (records.hasNext()) {
      Map.Entry<Long, Boolean> record = records.next();
      Optional<MissingParts> lacks =
          assembly.missing(record.getKey(), record.getValue(), mostSpans);
      records.remove();
      if (lacks.isPresent()) {
        return lacks;
      }
    }
    return Optional.empty();
  }

  private static MissingParts all(RecordInQuestion record) {
    return MissingParts.newBuilder()
        .setRecord(record.getRecord())
        .setSize(record.getSize())
        .setChecksum(record.getChecksum())
        .setScopeEnd(record.getSize())
        .addSpans(ByteSpan.newBuilder().setFrom(0).setTo(record.getSize()))
        .build();
  }
}
