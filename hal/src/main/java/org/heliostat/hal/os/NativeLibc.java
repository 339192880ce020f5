package org.heliostat.hal.os;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.util.Set;
import org.heliostat.hal.HardwareFault;

/**
 * The C library, bound by direct mapping (about a tenth of a microsecond a call, no allocation).
 *
 * <p>{@code open} and {@code ioctl} are variadic in C; on x86-64 and aarch64 Linux integer and
 * pointer arguments travel alike either way. The native methods here are exactly what a drop-in
 * must export.
 */
public final class NativeLibc implements SystemLibrary {
  /** System property that names the library. */
  public static final String PROPERTY = "heliostat.libc";

  private static final String USUAL = "c";

  private static boolean bound;

  private final String origin;

  private NativeLibc(String origin) {
    this.origin = origin;
  }

  /** Binds the library once for the process. */
  public static synchronized NativeLibc load() throws HardwareFault {
    String named = System.getProperty(PROPERTY, USUAL);
    if (!bound) {
      NativeLibrary library = NamedLibrary.load(PROPERTY, USUAL, Calls.class);
      Native.register(Calls.class, library);
      bound = true;
    }
    return new NativeLibc(named);
  }

  /** The C names that the HAL calls: what a drop-in exports, no more and no less. */
  public static Set<String> symbols() {
    return NamedLibrary.symbols(Calls.class);
  }

  @Override
  public int open(Pointer path, int flags) {
    return Calls.open(path, flags);
  }

  @Override
  public int close(int fd) {
    return Calls.close(fd);
  }

  @Override
  public long read(int fd, Pointer buffer, long count) {
    return Calls.read(fd, buffer, count);
  }

  @Override
  public long pread(int fd, Pointer buffer, long count, long offset) {
    return Calls.pread(fd, buffer, count, offset);
  }

  @Override
  public long write(int fd, Pointer buffer, long count) {
    return Calls.write(fd, buffer, count);
  }

  @Override
  public int poll(Pointer fds, long count, int timeoutMillis) {
    return Calls.poll(fds, count, timeoutMillis);
  }

  @Override
  public int socket(int domain, int type, int protocol) {
    return Calls.socket(domain, type, protocol);
  }

  @Override
  public int bind(int fd, Pointer address, int length) {
    return Calls.bind(fd, address, length);
  }

  @Override
  public int setsockopt(int fd, int level, int name, Pointer value, int length) {
    return Calls.setsockopt(fd, level, name, value, length);
  }

  @Override
  public int ioctl(int fd, long request, Pointer argument) {
    return Calls.ioctl(fd, request, argument);
  }

  @Override
  public int clock_gettime(int clock, Pointer time) {
    return Calls.clock_gettime(clock, time);
  }

  @Override
  public int clock_nanosleep(int clock, int flags, Pointer request, Pointer remain) {
    return Calls.clock_nanosleep(clock, flags, request, remain);
  }

  @Override
  public int lastError() {
    return Native.getLastError();
  }

  @Override
  public String origin() {
    return origin;
  }

  private static final class Calls {
    static native int open(Pointer path, int flags);

    static native int close(int fd);

    static native long read(int fd, Pointer buffer, long count);

    static native long pread(int fd, Pointer buffer, long count, long offset);

    static native long write(int fd, Pointer buffer, long count);

    static native int poll(Pointer fds, long count, int timeoutMillis);

    static native int socket(int domain, int type, int protocol);

    static native int bind(int fd, Pointer address, int length);

    static native int setsockopt(int fd, int level, int name, Pointer value, int length);

    static native int ioctl(int fd, long request, Pointer argument);

    static native int clock_gettime(int clock, Pointer time);

    static native int clock_nanosleep(int clock, int flags, Pointer request, Pointer remain);
  }
}
