package org.heliostat.hal;

import com.sun.jna.Pointer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.heliostat.hal.os.SystemLibrary;

/**
 * Plays the C library: one I2C bus with one part of plain registers, and a clock that moves when
 * someone sleeps.
 */
public final class FakeLibc implements SystemLibrary {
  public static final int FD = 7;

  /**
   * The part's registers: words as the part means them (high byte first on the wire), and bytes.
   */
  public final Map<Integer, Integer> registers = new HashMap<>();

  /** Error numbers of the next transfers; 0 lets one through. */
  public final Deque<Integer> errors = new ArrayDeque<>();

  public final List<String> calls = new ArrayList<>();
  public int openError;
  public int selectError;
  public int functionsError;
  public long functions = 0x0078_0000L;
  public int clockError;
  public int sleepError;
  public long monotonicNanos = 1_000_000_000L;
  public long realtimeNanos = 5_000_000_007L;
  public long hostNanos;

  /** Host time that one transfer takes. */
  public long transferNanos = 1_000_000L;

  /** What happens after each transfer. */
  public Runnable after = () -> {};

  public int transfers;
  private int error;

  @Override
  public int open(Pointer path, int flags) {
    calls.add("open " + path.getString(0));
    return answer(openError, FD);
  }

  @Override
  public int close(int fd) {
    calls.add("close " + fd);
    return 0;
  }

  @Override
  public int ioctl(int fd, long request, Pointer argument) {
    if (request == 0x0705) {
      argument.setLong(0, functions);
      return answer(functionsError, 0);
    }
    if (request == 0x0703) {
      calls.add("select " + Pointer.nativeValue(argument));
      return answer(selectError, 0);
    }
    transfers++;
    hostNanos += transferNanos;
    Integer scripted = errors.poll();
    if (scripted != null && scripted != 0) {
      return answer(scripted, 0);
    }
    int register = argument.getByte(1) & 0xff;
    boolean word = argument.getInt(4) == 3;
    Pointer data = argument.getPointer(8);
    if (argument.getByte(0) == 1) {
      int value = registers.getOrDefault(register, 0);
      if (word) {
        data.setByte(0, (byte) (value >> 8));
        data.setByte(1, (byte) value);
      } else {
        data.setByte(0, (byte) value);
      }
    } else {
      int value = data.getByte(0) & 0xff;
      if (word) {
        value = value << 8 | (data.getByte(1) & 0xff);
      }
      calls.add("write " + register + " " + value);
      registers.put(register, value);
    }
    after.run();
    return 0;
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

  private int answer(int wanted, int fine) {
    error = wanted;
    return wanted == 0 ? fine : -1;
  }
}
