package org.heliostat.core.recorder;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * Walks over the frames of a segment, from front to back, and over whatever is damaged between
 * them. Takes bounded time whatever the bytes: beyond a budget of checksums that are wrong nothing
 * more is looked for.
 */
final class Scanner {
  // as often may every byte be part of a frame that turns out to be none
  private static final int PATIENCE = 64;

  private final Window window;
  private final int segment;
  private final long to;
  private final List<Damage> damages = new ArrayList<>();

  /** Bytes over which wrong checksums may still be taken. */
  private long budget;

  private long at;
  private boolean found;
  private long foundAt;
  private Frame.Header header = new Frame.Header(0, 0, Frame.Kind.DAMAGE, (byte) 0, 0, 0, 0, 0);

  /** Where bytes began that are no frame; -1 where the last thing seen is one. */
  private long gap = -1;

  /** A stretch of a segment in which nothing could be read. */
  record Damage(long from, long bytes) {}

  /**
   * Before the first frame.
   *
   * @param segment number of the segment: frames of another are none
   * @param from position at which a frame may begin
   * @param to position at which the segment ends
   */
  Scanner(Folder.OneFile file, int segment, long from, long to) {
    this(new Window(file, to), segment, from, to);
  }

  private Scanner(Window window, int segment, long from, long to) {
    this.window = window;
    this.segment = segment;
    this.at = from;
    this.to = to;
    this.budget = PATIENCE * to;
  }

  /**
   * The highest number of a segment whose frames stand in a file, for one whose header does not
   * read. A file that is used again holds frames of its earlier uses, too.
   */
  static OptionalInt newestSegment(Folder.OneFile file, long bytes) {
    Window window = new Window(file, bytes);
    OptionalInt newest = OptionalInt.empty();
    long budget = PATIENCE * bytes;
    long at = Segment.START;
    while (window.covers(at, Frame.HEADER_BYTES) && budget > 0) {
      int segment = window.bytes().getInt(window.at(at) + Frame.SEGMENT_AT);
      Scanner here = new Scanner(window, segment, at, bytes);
      if (segment > newest.orElse(0) && segment <= Segment.MAX_NUMBER && here.intact()) {
        newest = OptionalInt.of(segment);
      }
      budget -= PATIENCE * bytes - here.budget;
      at += Frame.ALIGNMENT;
    }
    return newest;
  }

  /** Goes to the next frame; false where there is none. */
  boolean next() {
    accept();
    while (at + Frame.HEADER_BYTES <= to && budget > 0) {
      if (intact()) {
        found = true;
        foundAt = at;
        at += header.bytes();
        return true;
      }
      if (gap < 0) {
        gap = at;
      }
      at += Frame.ALIGNMENT;
    }
    if (gap < 0 && at < to) {
      gap = at;
    }
    at = to;
    return false;
  }

  private void accept() {
    if (found && gap >= 0) {
      damages.add(new Damage(gap, foundAt - gap));
      gap = -1;
    }
    found = false;
  }

  /** The frame cannot be what was written here, though its checksum is right: it is damage. */
  void reject() {
    if (gap < 0) {
      gap = foundAt;
    }
    found = false;
  }

  private boolean intact() {
    if (!window.covers(at, Frame.HEADER_BYTES)) {
      return false;
    }
    int place = window.at(at);
    if (!Frame.plausible(window.bytes(), place, segment)) {
      return false;
    }
    header = Frame.header(window.bytes(), place);
    if (!window.covers(at, Frame.HEADER_BYTES + header.length())) {
      return false;
    }
    if (!Frame.intact(window.bytes(), window.at(at), header.length(), at)) {
      budget -= header.bytes();
      return false;
    }
    return true;
  }

  /** Position of the frame. */
  long position() {
    return foundAt;
  }

  /** Where the scanner has come to. */
  long reached() {
    return at;
  }

  /** Header of the frame. */
  Frame.Header header() {
    return header;
  }

  /** Payload of the frame, valid until the next one. */
  ByteBuffer payload() {
    return Frame.payload(window.bytes(), window.at(foundAt), header.length());
  }

  /** Where the last frame ended, when there is no next one. */
  long end() {
    return gap < 0 ? at : gap;
  }

  /** Damage between frames, when there is no next one. */
  List<Damage> damages() {
    return damages;
  }

  /**
   * Bytes behind the last frame that are not its end.
   *
   * @param zeros whether nothing but zeros stood here before; else what is left of an earlier use
   *     follows the end
   */
  long tail(boolean zeros) {
    long last = end();
    if (!zeros && to - last < Frame.END_BYTES) {
      // no room for an end
      return 0;
    }
    long position = last;
    while (window.covers(position, 1)) {
      if (!zeros && endsAt(position)) {
        return last - end();
      }
      if (window.covers(position, Long.BYTES) && window.bytes().getLong(window.at(position)) == 0) {
        position += Long.BYTES;
        continue;
      }
      if (window.bytes().get(window.at(position)) != 0) {
        last = position + 1;
      }
      position++;
    }
    return last - end();
  }

  private boolean endsAt(long position) {
    if (position % Frame.ALIGNMENT != 0 || !window.covers(position, Frame.END_BYTES)) {
      return false;
    }
    int place = window.at(position);
    return window.bytes().getLong(place) == 0 && window.bytes().getLong(place + 8) == 0;
  }
}
