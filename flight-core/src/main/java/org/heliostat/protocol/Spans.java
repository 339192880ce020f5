package org.heliostat.protocol;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which bytes of a record or of a file are there: a set of spans that neither touch nor overlap.
 * One thread.
 */
public final class Spans {
  private final TreeMap<Long, Long> ends = new TreeMap<>();
  private long bytes;

  /**
   * A span of bytes.
   *
   * @param from its first byte
   * @param to the first byte behind it
   */
  public record Span(long from, long to) {
    /** In bytes. */
    public long length() {
      return to - from;
    }
  }

  /** Adds a span; one that is empty adds nothing. */
  public void add(long from, long to) {
    if (from >= to) {
      return;
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
  }

  /** Takes a span out. */
  public void remove(long from, long to) {
    for (Span span : list()) {
      if (span.from < to && span.to > from) {
        ends.remove(span.from);
        bytes -= span.length();
        add(span.from, Math.min(span.to, from));
        add(Math.max(span.from, to), span.to);
      }
    }
  }

  /** Whether all of a span that is not empty is there. */
  public boolean covers(long from, long to) {
    Map.Entry<Long, Long> at = ends.floorEntry(from);
    return at != null && at.getValue() >= to;
  }

  /** What is not there of the bytes below an end, in order, the first ones. */
  public List<Span> missing(long end, int most) {
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

  /** Whether a span that is not empty touches or overlaps one that is there. */
  public boolean touches(long from, long to) {
    Map.Entry<Long, Long> before = ends.floorEntry(to);
    return before != null && before.getValue() >= from;
  }

  /** How many spans there are. */
  public int count() {
    return ends.size();
  }

  /** The spans, in order. */
  public List<Span> list() {
    List<Span> spans = new ArrayList<>(ends.size());
    ends.forEach((from, to) -> spans.add(new Span(from, to)));
    return spans;
  }

  /** How many bytes there are. */
  public long bytes() {
    return bytes;
  }

  /** Takes all out. */
  public void clear() {
    ends.clear();
    bytes = 0;
  }

  /** The first byte behind all of them; 0 where there is none. */
  public long end() {
    Map.Entry<Long, Long> last = ends.lastEntry();
    return last == null ? 0 : last.getValue();
  }
}
