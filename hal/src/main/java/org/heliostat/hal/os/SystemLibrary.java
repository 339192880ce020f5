package org.heliostat.hal.os;

import com.sun.jna.Pointer;

/**
 * What the HAL needs of the C library, call for call, on 64-bit Linux. All board I/O passes through
 * here.
 *
 * <p>Calls return what the C functions return; after a failed one {@link #lastError} gives the
 * thread's {@code errno}.
 */
public interface SystemLibrary {
  /** {@code int open(const char *path, int flags)}. */
  int open(Pointer path, int flags);

  /** {@code int close(int fd)}. */
  int close(int fd);

  /** {@code int ioctl(int fd, unsigned long request, void *argument)}. */
  int ioctl(int fd, long request, Pointer argument);

  /** {@code int clock_gettime(clockid_t clock, struct timespec *time)}. */
  int clock_gettime(int clock, Pointer time);

  /**
   * {@code int clock_nanosleep(...)}: returns the error number instead of setting {@code errno}.
   */
  int clock_nanosleep(int clock, int flags, Pointer request, Pointer remain);

  /** {@code errno} of the calling thread's last call. */
  int lastError();

  /** The file or name that the calls come from, for messages. */
  String origin();
}
