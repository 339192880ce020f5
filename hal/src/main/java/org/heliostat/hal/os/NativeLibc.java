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

    static native int ioctl(int fd, long request, Pointer argument);

    static native int clock_gettime(int clock, Pointer time);

    static native int clock_nanosleep(int clock, int flags, Pointer request, Pointer remain);
  }
}
