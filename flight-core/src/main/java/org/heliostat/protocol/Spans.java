package org.heliostat.protocol;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Which bytes of a record are there: a set of spans that neither touch nor overlap. One thread. */
public final class Spans {
  private final TreeMap<Integer, Integer> ends = new TreeMap<>();
  private int bytes;

  /**
   * A span of bytes.
   *
   * @param from its first byte
   * @param to the first byte behind it
   */
  public record Span(int from, int to) {
    /** In bytes. */
    public int length() {
      return to - from;
    }
  }

  /** Adds a span; one that is empty adds nothing. */
  public void add(int from, int to) {
    if (from >= to) {
      return;
    }
    int start = from;
    int end = to;
    Map.Entry<Integer, Integer> before = ends.floorEntry(to);
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
  public void remove(int from, int to) {
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
  public boolean covers(int from, int to) {
    Map.Entry<Integer, Integer> at = ends.floorEntry(from);
    return at != null && at.getValue() >= to;
  }

  /** What is not there of the bytes below an end, in order, the first ones. */
  public List<Span> missing(int end, int most) {
    List<Span> missing = new ArrayList<>();
    int at = 0;
    for (Map.Entry<Integer, Integer> span : ends.entrySet()) {
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
  public List<Span> list() {
    List<Span> spans = new ArrayList<>(ends.size());
    ends.forEach((from, to) -> spans.add(new Span(from, to)));
    return spans;
  }

  /** How many bytes there are. */
  public int bytes() {
    return bytes;
  }

  /** The first byte behind all of them; 0 where there is none. */
  public int end() {
    Map.Entry<Integer, Integer> last = ends.lastEntry();
    return last == null ? 0 : last.getValue();
  }
}
