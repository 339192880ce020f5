package org.heliostat.hal.driver;

import com.sun.jna.Memory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.heliostat.hal.Board;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.PlatformBus;
import org.heliostat.hal.PlatformReading;
import org.heliostat.hal.os.Errno;
import org.heliostat.hal.os.SystemLibrary;

/**
 * One CAN interface through a raw socket ({@code linux/can.h}, {@code linux/can/raw.h}, {@code
 * linux/can/error.h}).
 *
 * <p>A controller that goes off the bus says so in an error frame; {@link #resets} counts them. The
 * kernel restarts it as its {@code restart-ms} says; signals grow stale until then.
 */
final class SocketCan extends Sampled<PlatformReading> implements PlatformBus {
  static final int EXTENDED = 0x8000_0000;
  static final int REMOTE = 0x4000_0000;
  static final int ERROR = 0x2000_0000;

  /** Error class of a controller that went off the bus. */
  static final int ERROR_BUS_OFF = 0x40;

  static final int FRAME_BYTES = 16;

  private static final int PF_CAN = 29;
  private static final int SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0x800 | 0x80000;
  private static final int CAN_RAW = 1;
  private static final int SOL_CAN_RAW = 101;
  private static final int CAN_RAW_FILTER = 1;
  private static final int CAN_RAW_ERR_FILTER = 2;
  private static final long SIOCGIFINDEX = 0x8933;
  private static final int IFREQ_BYTES = 40;
  private static final int IFREQ_INDEX = 16;
  private static final int ADDRESS_BYTES = 24;
  private static final int EXACT_STANDARD = EXTENDED | REMOTE | 0x7ff;
  private static final int EXACT_EXTENDED = EXTENDED | REMOTE | 0x1fff_ffff;
  private static final int MOST_FRAMES_A_POLL = 512;
  private static final int CLOSED = -1;

  private final Board board;
  private final SystemLibrary libc;
  private final CanDriver.Settings settings;
  private final long staleNanos;
  private final Memory frame = new Memory(FRAME_BYTES);
  private volatile int fd = CLOSED;
  private volatile boolean closed;

  // what comes in: frames, and the data and times of the newest of each
  private final CanDriver.Frame[] frames;
  private final int[] ids;
  private final int[] needed;
  private final long[] newest;
  private final long[] newestNanos;
  private final boolean[] seen;

  // the sample
  private final long[] data;
  private final long[] dataNanos;
  private final boolean[] fresh;

  SocketCan(String name, Board board, CanDriver.Settings settings) {
    super(name);
    this.board = board;
    this.libc = board.system();
    this.settings = settings;
    this.staleNanos = (long) (settings.staleSeconds() * 1e9);
    this.frames =
        settings.frames().stream()
            .filter(CanDriver.Frame::incoming)
            .toArray(CanDriver.Frame[]::new);
    this.ids = Arrays.stream(frames).mapToInt(CanDriver.Frame::id).toArray();
    this.needed = Arrays.stream(frames).mapToInt(CanDriver.Frame::bytes).toArray();
    this.newest = new long[frames.length];
    this.newestNanos = new long[frames.length];
    this.seen = new boolean[frames.length];
    this.data = new long[frames.length];
    this.dataNanos = new long[frames.length];
    this.fresh = new boolean[frames.length];
  }

  @Override
  protected void measure() throws HardwareFault {
    if (fd == CLOSED) {
      open();
    }
    for (int i = 0; i < MOST_FRAMES_A_POLL; i++) {
      long length = libc.read(fd, frame, FRAME_BYTES);
      if (length < 0) {
        int error = libc.lastError();
        if (error == Errno.EAGAIN) {
          break;
        }
        if (error == Errno.EINTR) {
          continue;
        }
        drop();
        throw fault("reading", error);
      }
      if (length == FRAME_BYTES) {
        take(frame.getInt(0), frame.getByte(4) & 0xff, frame.getLong(8));
      }
    }
    long now = board.monotonicNanos();
    long latest = Long.MIN_VALUE;
    for (int i = 0; i < frames.length; i++) {
      if (seen[i] && now - newestNanos[i] <= staleNanos) {
        latest = Math.max(latest, newestNanos[i]);
      }
    }
    if (latest == Long.MIN_VALUE) {
      throw fault(Kind.STALE, "nothing has come in for " + settings.staleSeconds() + " s");
    }
    synchronized (sample) {
      for (int i = 0; i < frames.length; i++) {
        data[i] = newest[i];
        dataNanos[i] = newestNanos[i];
        fresh[i] = seen[i] && now - newestNanos[i] <= staleNanos;
      }
      taken(latest);
    }
  }

  @Override
  protected PlatformReading record(long takenNanos) {
    List<PlatformReading.Signal> signals = new ArrayList<>();
    for (int i = 0; i < frames.length; i++) {
      if (fresh[i]) {
        for (CanSignal signal : frames[i].signals()) {
          signals.add(
              new PlatformReading.Signal(signal.name(), signal.decode(data[i]), dataNanos[i]));
        }
      }
    }
    return new PlatformReading(signals, takenNanos);
  }

  @Override
  public void send(String frameName, Map<String, Double> values) throws HardwareFault {
    CanDriver.Frame wanted = outgoing(frameName);
    Map<String, Double> left = new TreeMap<>(values);
    long bits = 0;
    for (CanSignal signal : wanted.signals()) {
      Double value = left.remove(signal.name());
      if (value == null) {
        throw fault(Kind.REFUSED, "frame " + frameName + " lacks its signal " + signal.name());
      }
      if (!signal.holds(value)) {
        throw fault(
            Kind.OUT_OF_RANGE,
            "signal " + signal.name() + " of frame " + frameName + " cannot hold " + value);
      }
      bits = signal.encode(value, bits);
    }
    if (!left.isEmpty()) {
      throw fault(Kind.REFUSED, "frame " + frameName + " has no signals " + left.keySet());
    }
    begin();
    try (Memory out = new Memory(FRAME_BYTES)) {
      if (fd == CLOSED) {
        open();
      }
      out.clear();
      out.setInt(0, wanted.id());
      out.setByte(4, (byte) wanted.bytes());
      out.setLong(8, bits);
      if (libc.write(fd, out, FRAME_BYTES) != FRAME_BYTES) {
        int error = libc.lastError();
        if (error == Errno.EAGAIN || error == Errno.ENOBUFS) {
          throw fault(Kind.TIMEOUT, "the interface's queue is full: nobody takes its frames");
        }
        drop();
        throw fault("writing", error);
      }
    } finally {
      end();
    }
  }

  @Override
  public void close() {
    closed = true;
    drop();
  }

  private CanDriver.Frame outgoing(String name) throws HardwareFault {
    TreeSet<String> known = new TreeSet<>();
    for (CanDriver.Frame one : settings.frames()) {
      if (!one.incoming()) {
        if (one.name().equals(name)) {
          return one;
        }
        known.add(one.name());
      }
    }
    throw fault(Kind.REFUSED, "no frame \"" + name + "\" goes out; there are " + known);
  }

  /** Takes one frame that came in; a frame that is too short for its signals is left out. */
  private void take(int id, int length, long bits) {
    if ((id & ERROR) != 0) {
      if ((id & ERROR_BUS_OFF) != 0) {
        setUpDone();
      }
      return;
    }
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] == id && length >= needed[i] && length <= 8) {
        newest[i] = bits;
        newestNanos[i] = board.monotonicNanos();
        seen[i] = true;
      }
    }
  }

  private void open() throws HardwareFault {
    if (closed) {
      throw fault(Kind.REFUSED, "the device is closed");
    }
    int opened = libc.socket(PF_CAN, SOCK_RAW_NONBLOCK_CLOEXEC, CAN_RAW);
    if (opened < 0) {
      throw fault("opening", libc.lastError());
    }
    fd = opened;
    try (Memory request = new Memory(IFREQ_BYTES);
        Memory address = new Memory(ADDRESS_BYTES);
        Memory filters = new Memory(8L * Math.max(1, ids.length))) {
      request.clear();
      byte[] name = settings.network().getBytes(StandardCharsets.US_ASCII);
      request.write(0, name, 0, name.length);
      if (libc.ioctl(fd, SIOCGIFINDEX, request) < 0) {
        throw fault("looking up", libc.lastError());
      }
      for (int i = 0; i < ids.length; i++) {
        filters.setInt(8L * i, ids[i]);
        filters.setInt(8L * i + 4, (ids[i] & EXTENDED) != 0 ? EXACT_EXTENDED : EXACT_STANDARD);
      }
      // without filters of the kernel the frames are picked above
      libc.setsockopt(fd, SOL_CAN_RAW, CAN_RAW_FILTER, filters, 8 * ids.length);
      filters.setInt(0, ERROR_BUS_OFF);
      libc.setsockopt(fd, SOL_CAN_RAW, CAN_RAW_ERR_FILTER, filters, 4);
      address.clear();
      address.setShort(0, (short) PF_CAN);
      address.setInt(4, request.getInt(IFREQ_INDEX));
      if (libc.bind(fd, address, ADDRESS_BYTES) < 0) {
        throw fault("binding to", libc.lastError());
      }
    } catch (HardwareFault e) {
      drop();
      throw e;
    }
  }

  private void drop() {
    int open = fd;
    fd = CLOSED;
    if (open != CLOSED) {
      libc.close(open);
    }
  }

  private HardwareFault fault(String doing, int error) {
    return fault(
        Errno.kind(error), doing + " " + settings.network() + " failed with error " + error);
  }
}
