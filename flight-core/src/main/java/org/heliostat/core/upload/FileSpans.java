package org.heliostat.core.upload;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which bytes of a file are there: spans that neither touch nor overlap, at most {@value #MOST} of
 * them. One thread.
 */
final class FileSpans {
  /** A station sends what is missing in order, so that there are few. */
  static final int MOST = 512;

  private final TreeMap<Long, Long> ends = new TreeMap<>();
  private long bytes;

  /** From a first byte to the first byte behind it. */
  record Span(long from, long to) {}

  /**
   * Adds a span that is not empty.
   *
   * @return false where that would be too many spans: then nothing is added
   */
  boolean add(long from, long to) {
    if (!fits(from, to)) {
      return false;
    }
    long start = from;
    long end = to;
    Map.Entry<Long, Long> before = ends.floorEntry(to);
    while (before != null && before.getValue() >= from) {
      start = Math.min(start, before.getKey());
      end = Math.max(end, before.getValue());
      bytes -= before.getValue() - before.getKey();
      ends.remove(before.getKey());
      before = ends.floorEntry(to);
    }
    ends.put(start, end);
    bytes += end - start;
    return true;
  }

  /** Whether a span can be added. */
  boolean fits(long from, long to) {
    Map.Entry<Long, Long> before = ends.floorEntry(to);
    return ends.size() < MOST || (before != null && before.getValue() >= from);
  }

  /** Whether all of a span that is not empty is there. */
  boolean covers(long from, long to) {
    Map.Entry<Long, Long> at = ends.floorEntry(from);
    return at != null && at.getValue() >= to;
  }

  /** What is not there of the bytes below an end, in order, the first ones. */
  List<Span> missing(long end, int most) {
    List<Span> missing = new ArrayList<>();
    long at = 0;
    for (Map.Entry<Long, Long> span : ends.entrySet()) {
      if (span.getKey() >= end || missing.size() == most) {
        break;
      }
      if (span.getKey() > at) {
        missing.add(new Span(at, span.getKey()));
      }
      at = span.getValue();
    }
    if (at < end && missing.size() < most) {
      missing.add(new Span(at, end));
    }
    return missing;
  }

  /** The spans, in order. */
  List<Span> list() {
    List<Span> spans = new ArrayList<>(ends.size());
    ends.forEach((from, to) -> spans.add(new Span(from, to)));
    return spans;
  }

  /** How many bytes there are. */
  long bytes() {
    return bytes;
  }

  void clear() {
    ends.clear();
    bytes = 0;
  }
}
