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

  /** {@code ssize_t read(int fd, void *buffer, size_t count)}. */
  long read(int fd, Pointer buffer, long count);

  /** {@code ssize_t pread(int fd, void *buffer, size_t count, off_t offset)}. */
  long pread(int fd, Pointer buffer, long count, long offset);

  /** {@code ssize_t write(int fd, const void *buffer, size_t count)}. */
  long write(int fd, Pointer buffer, long count);

  /** {@code int poll(struct pollfd *fds, nfds_t count, int timeout_ms)}. */
  int poll(Pointer fds, long count, int timeoutMillis);

  /** {@code int socket(int domain, int type, int protocol)}. */
  int socket(int domain, int type, int protocol);

  /** {@code int bind(int fd, const struct sockaddr *address, socklen_t length)}. */
  int bind(int fd, Pointer address, int length);

  /** {@code int setsockopt(int fd, int level, int name, const void *value, socklen_t length)}. */
  int setsockopt(int fd, int level, int name, Pointer value, int length);

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
