package org.heliostat.hal.os;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;

/** The host's own C library, bound by direct mapping, whatever a rig puts in its place for I/O. */
public final class NativeHost implements HostCalls {
  private static boolean bound;

  private NativeHost() {}

  /** Binds the calls once for the process. */
  public static synchronized NativeHost load() {
    if (!bound) {
      Native.register(Calls.class, NativeLibrary.getInstance("c"));
      bound = true;
    }
    return new NativeHost();
  }

  @Override
  public int gettid() {
    return Calls.gettid();
  }

  @Override
  public int sched_setscheduler(int thread, int policy, Pointer param) {
    return Calls.sched_setscheduler(thread, policy, param);
  }

  @Override
  public int sched_setaffinity(int thread, long size, Pointer processors) {
    return Calls.sched_setaffinity(thread, size, processors);
  }

  @Override
  public int mlockall(int flags) {
    return Calls.mlockall(flags);
  }

  @Override
  public int clock_gettime(int clock, Pointer time) {
    return Calls.clock_gettime(clock, time);
  }

  @Override
  public int lastError() {
    return Native.getLastError();
  }

  private static final class Calls {
    static native int gettid();

    static native int sched_setscheduler(int thread, int policy, Pointer param);

    static native int sched_setaffinity(int thread, long size, Pointer processors);

    static native int mlockall(int flags);

    static native int clock_gettime(int clock, Pointer time);
  }
}
