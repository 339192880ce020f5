package org.heliostat.payload.worker;

import java.util.ArrayList;
import java.util.List;

/**
 * How one axis of a frame is cut into tiles: all of one size, neighbours overlap by at least what
 * is asked, and each pixel is taken from the tile in which it lies deepest. Where the frame is
 * smaller than a tile there is one tile of its size.
 */
final class Tiling {
  private Tiling() {}

  /**
   * One tile along one axis, in pixels.
   *
   * @param start first pixel that the network sees
   * @param size pixels that it sees
   * @param from first pixel that is kept
   * @param to one past the last pixel that is kept
   */
  record Span(int start, int size, int from, int to) {}

  static List<Span> spans(int length, int tile, int overlap) {
    if (length <= tile) {
      return List.of(new Span(0, length, 0, length));
    }
    List<Integer> starts = new ArrayList<>();
    int stride = tile - overlap;
    for (int start = 0; start + tile < length; start += stride) {
      starts.add(start);
    }
    starts.add(length - tile);
    List<Span> spans = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < starts.size(); i++) {
      int start = starts.get(i);
      int to = i + 1 < starts.size() ? (starts.get(i + 1) + start + tile) / 2 : length;
      spans.add(new Span(start, tile, from, to));
      from = to;
    }
    return spans;
  }

  /** Index of a pixel beyond the edge, mirrored into the frame without repeating the edge. */
  static int mirror(int index, int length) {
    if (length == 1) {
      return 0;
    }
    int period = 2 * (length - 1);
    int within = Math.floorMod(index, period);
    return within < length ? within : period - within;
  }

  static int roundUp(int length, int multiple) {
    return (length + multiple - 1) / multiple * multiple;
  }
}
