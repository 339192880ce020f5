package org.heliostat.hal;

import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.heliostat.hal.os.SystemLibrary;

/**
 * Plays the C library: I2C buses with parts of plain registers, files, serial lines, a CAN
 * interface, and a clock that moves when someone sleeps.
 */
public final class FakeLibc implements SystemLibrary {
  public static final int FD = 7;

  /** One part on an I2C bus. */
  public static final class Part {
    /** Words as the part means them, and bytes. */
    public final Map<Integer, Integer> registers;

    /** What a block read of a register gives; without it, byte registers in a row. */
    public final Map<Integer, byte[]> blocks = new HashMap<>();

    /** Whether the low byte of a word comes first on the wire, as SMBus has it. */
    public boolean littleEndian;

    /** Error number of every transfer; 0 for none. */
    public int error;

    /** How many bytes less than wanted a block read of a given length gives. */
    public int missingBytes;

    /** What a write (or a sent byte, with value -1) does beside being stored. */
    public Written written = (register, value) -> {};

    Part(Map<Integer, Integer> registers) {
      this.registers = registers;
    }
  }

  /** Hears of writes. */
  public interface Written {
    void to(int register, int value);
  }

  /** Plays an ioctl: gives the error number, 0 for none. */
  public interface Control {
    int ioctl(long request, Pointer argument);
  }

  /**
   * Registers of every part that was not asked for by {@link #part}: words as the part means them
   * (high byte first on the wire), and bytes.
   */
  public final Map<Integer, Integer> registers = new HashMap<>();

  private final Part anyPart = new Part(registers);
  private final Map<Integer, Part> parts = new HashMap<>();

  /** Error numbers of the next transfers; 0 lets one through. */
  public final Deque<Integer> errors = new ArrayDeque<>();

  public final List<String> calls = new ArrayList<>();
  public int openError;
  public int selectError;
  public int functionsError;
  public long functions = 0x0078_0000L | 0x0506_0000L | 0x8;
  public int clockError;
  public int sleepError;

  /** How many of the next sleeps a signal interrupts at once. */
  public int interruptedSleeps;

  public long monotonicNanos = 1_000_000_000L;
  public long realtimeNanos = 5_000_000_007L;
  public long hostNanos;

  /** Host time that one transfer takes. */
  public long transferNanos = 1_000_000L;

  /** What happens after each transfer. */
  public Runnable after = () -> {};

  public int transfers;

  /** The register of the last transfer if that was a block read, else -1. */
  public int readBlock = -1;

  /** Files that can be opened; a value is what they hold. */
  public final Map<String, String> files = new TreeMap<>();

  /** Error numbers of reads of and writes to a path. */
  public final Map<String, Integer> fileErrors = new HashMap<>();

  /** What devices other than buses do with ioctl. */
  public final Map<String, Control> controls = new HashMap<>();

  /** What comes in on a serial line or a socket: one piece for each read. */
  public final Map<String, Deque<byte[]>> incoming = new HashMap<>();

  /** Writes to files, lines and sockets, as text. */
  public final List<String> written = new ArrayList<>();

  /** Frames that were sent. */
  public final List<byte[]> sent = new ArrayList<>();

  public int socketError;
  public int bindError;
  public int readError;
  public int writeError;
  public int pollError;
  public int pecError;

  /** How many bytes one write takes at most. */
  public int mostWritten = Integer.MAX_VALUE;

  /** What happens when a file is written. */
  public Runnable afterWrite = () -> {};

  private final Map<Integer, String> open = new HashMap<>();
  private final Map<Integer, Integer> selected = new HashMap<>();
  private int nextFd = FD;
  private int error;

  /** The part at an address, on whatever bus. */
  public Part part(int address) {
    return parts.computeIfAbsent(address, key -> new Part(new HashMap<>()));
  }

  /** How many descriptors are open. */
  public int openCount() {
    return open.size();
  }

  @Override
  public int open(Pointer path, int flags) {
    String name = path.getString(0);
    calls.add("open " + name);
    if (openError != 0) {
      return answer(openError, 0);
    }
    boolean there =
        name.startsWith("/dev/i2c-")
            || files.containsKey(name)
            || controls.containsKey(name)
            || incoming.containsKey(name);
    return there ? opened(name) : answer(2, 0);
  }

  @Override
  public int close(int fd) {
    calls.add("close " + fd);
    open.remove(fd);
    return 0;
  }

  @Override
  public long read(int fd, Pointer buffer, long count) {
    if (readError != 0) {
      return answer(readError, 0);
    }
    Deque<byte[]> pieces = incoming.get(open.getOrDefault(fd, ""));
    byte[] piece = pieces == null ? null : pieces.poll();
    if (piece == null) {
      return answer(11, 0);
    }
    int length = (int) Math.min(count, piece.length);
    buffer.write(0, piece, 0, length);
    if (length < piece.length && pieces != null) {
      byte[] rest = new byte[piece.length - length];
      System.arraycopy(piece, length, rest, 0, rest.length);
      pieces.addFirst(rest);
    }
    return answer(0, length);
  }

  @Override
  public long pread(int fd, Pointer buffer, long count, long offset) {
    String name = open.getOrDefault(fd, "");
    int wanted = fileErrors.getOrDefault(name, 0);
    if (wanted != 0) {
      return answer(wanted, 0);
    }
    byte[] bytes = files.getOrDefault(name, "").getBytes(StandardCharsets.UTF_8);
    int length = (int) Math.max(0, Math.min(count, bytes.length - offset));
    buffer.write(0, bytes, (int) offset, length);
    return answer(0, length);
  }

  @Override
  public long write(int fd, Pointer buffer, long count) {
    String name = open.getOrDefault(fd, "");
    int wanted = fileErrors.getOrDefault(name, writeError);
    if (wanted != 0) {
      return answer(wanted, 0);
    }
    byte[] bytes = buffer.getByteArray(0, (int) count);
    written.add(name + " " + new String(bytes, StandardCharsets.ISO_8859_1));
    if (name.equals("socket")) {
      sent.add(bytes);
    }
    afterWrite.run();
    return answer(0, (int) Math.min(count, mostWritten));
  }

  @Override
  public int poll(Pointer fds, long count, int timeoutMillis) {
    Deque<byte[]> pieces = incoming.get(open.getOrDefault(fds.getInt(0), ""));
    if (pollError != 0) {
      return answer(pollError, 0);
    }
    boolean ready = readError != 0 || (pieces != null && !pieces.isEmpty());
    fds.setShort(6, (short) (ready ? 1 : 0));
    return answer(0, ready ? 1 : 0);
  }

  @Override
  public int socket(int domain, int type, int protocol) {
    calls.add("socket " + domain + " " + type + " " + protocol);
    return socketError != 0 ? answer(socketError, 0) : opened("socket");
  }

  @Override
  public int bind(int fd, Pointer address, int length) {
    calls.add("bind " + address.getShort(0) + " " + address.getInt(4));
    return answer(bindError, 0);
  }

  @Override
  public int setsockopt(int fd, int level, int name, Pointer value, int length) {
    calls.add("setsockopt " + level + " " + name);
    return answer(0, 0);
  }

  @Override
  public int ioctl(int fd, long request, Pointer argument) {
    Control control = controls.get(open.getOrDefault(fd, ""));
    if (control != null) {
      return answer(control.ioctl(request, argument), 0);
    }
    if (request == 0x0705) {
      argument.setLong(0, functions);
      return answer(functionsError, 0);
    }
    if (request == 0x0703 || request == 0x0706) {
      int address = (int) Pointer.nativeValue(argument);
      calls.add((request == 0x0703 ? "select " : "force ") + address);
      selected.put(fd, address);
      return answer(selectError, 0);
    }
    if (request == 0x0708) {
      calls.add("pec");
      return answer(pecError, 0);
    }
    if (request == 0x0701 || request == 0x0702) {
      return answer(25, 0);
    }
    transfers++;
    hostNanos += transferNanos;
    Part part = parts.getOrDefault(selected.getOrDefault(fd, 0), anyPart);
    Integer scripted = errors.poll();
    if (scripted != null && scripted != 0) {
      return answer(scripted, 0);
    }
    if (part.error != 0) {
      return answer(part.error, 0);
    }
    transfer(
        part,
        argument.getByte(0) == 1,
        argument.getByte(1) & 0xff,
        argument.getInt(4),
        argument.getPointer(8));
    after.run();
    return answer(0, 0);
  }

  private void transfer(Part part, boolean read, int register, int size, Pointer data) {
    boolean word = size == 3;
    readBlock = size == 5 || size == 8 ? register : -1;
    if (size == 5 || size == 8) {
      byte[] block = part.blocks.get(register);
      int length =
          size == 8 ? data.getByte(0) - part.missingBytes : block == null ? 0 : block.length;
      data.setByte(0, (byte) length);
      for (int i = 0; i < Math.min(length, 32); i++) {
        int value = block != null ? block[i] : part.registers.getOrDefault(register + i, 0);
        data.setByte(1 + i, (byte) value);
      }
    } else if (read) {
      int value = part.registers.getOrDefault(register, 0);
      if (word && !part.littleEndian) {
        value = Short.toUnsignedInt(Short.reverseBytes((short) value));
      }
      data.setByte(0, (byte) value);
      if (word) {
        data.setByte(1, (byte) (value >> 8));
      }
    } else if (size == 1) {
      calls.add("send " + register);
      part.written.to(register, -1);
    } else {
      int value = data.getByte(0) & 0xff;
      if (word) {
        value |= (data.getByte(1) & 0xff) << 8;
        if (!part.littleEndian) {
          value = Short.toUnsignedInt(Short.reverseBytes((short) value));
        }
      }
      calls.add("write " + register + " " + value);
      part.registers.put(register, value);
      part.written.to(register, value);
    }
  }

  @Override
  public int clock_gettime(int clock, Pointer time) {
    long now = clock == 1 ? monotonicNanos : realtimeNanos;
    time.setLong(0, now / 1_000_000_000L);
    time.setLong(8, now % 1_000_000_000L);
    return answer(clockError, 0);
  }

  @Override
  public int clock_nanosleep(int clock, int flags, Pointer request, Pointer remain) {
    if (sleepError != 0) {
      return sleepError;
    }
    if (interruptedSleeps > 0) {
      interruptedSleeps--;
      return 4;
    }
    long until = request.getLong(0) * 1_000_000_000L + request.getLong(8);
    hostNanos += until - monotonicNanos;
    monotonicNanos = until;
    calls.add("sleep");
    return 0;
  }

  @Override
  public int lastError() {
    return error;
  }

  @Override
  public String origin() {
    return "fake";
  }

  public Board board() throws HardwareFault {
    return Board.over(this, () -> hostNanos);
  }

  private int opened(String name) {
    open.put(nextFd, name);
    return answer(0, nextFd++);
  }

  private int answer(int wanted, int fine) {
    error = wanted;
    return wanted == 0 ? fine : -1;
  }
}
