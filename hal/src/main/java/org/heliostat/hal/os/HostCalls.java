package org.heliostat.hal.os;

import com.sun.jna.Pointer;

/**
 * What the HAL needs of the computer that the flight process runs on, call for call, on 64-bit
 * Linux: scheduling and memory of the process itself. No board I/O: on a rig these are the host's
 * real calls, since the process is a real one.
 */
public interface HostCalls {
  /** {@code pid_t gettid(void)}. */
  int gettid();

  /** {@code int sched_setscheduler(pid_t thread, int policy, const struct sched_param *param)}. */
  int sched_setscheduler(int thread, int policy, Pointer param);

  /** {@code int sched_setaffinity(pid_t thread, size_t size, const cpu_set_t *processors)}. */
  int sched_setaffinity(int thread, long size, Pointer processors);

  /** {@code int mlockall(int flags)}. */
  int mlockall(int flags);

  /** {@code int clock_gettime(clockid_t clock, struct timespec *time)}. */
  int clock_gettime(int clock, Pointer time);

  /** {@code errno} of the calling thread's last call. */
  int lastError();
}
