/* Mission time for CLOCK_MONOTONIC, and a wall clock for CLOCK_REALTIME that the rig can set wrong. */
#include "rig.h"

/* Whole numbers, the same arithmetic as MissionTime.java. */
static int64_t scaled(int64_t host, int64_t ppm) {
  return host / MILLION * ppm + host % MILLION * ppm / MILLION;
}

static int64_t unscaled(int64_t mission, int64_t ppm) {
  return (int64_t)(((__int128)mission * MILLION + ppm - 1) / ppm);
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *time) {
  struct world *world = the_world();
  if (world == NULL) {
    errno = ENODEV;
    return -1;
  }
  if (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME) {
    errno = EINVAL;
    return -1;
  }
  int64_t now = mission_now(world);
  if (clock == CLOCK_REALTIME) {
    now += world->header.utc_epoch_ns - world->header.mission_epoch_ns + load(&world->header.clock_offset_ns);
  }
  if (now < 0) {
    now = 0;
  }
  time->tv_sec = now / NANOS;
  time->tv_nsec = now % NANOS;
  return 0;
}

EXPORT int clock_nanosleep(clockid_t clock, int flags, const struct timespec *request, struct timespec *remain) {
  struct world *world = the_world();
  if (world == NULL) {
    return ENODEV;
  }
  if (clock != CLOCK_MONOTONIC || request->tv_nsec < 0 || request->tv_nsec >= NANOS) {
    return EINVAL;
  }
  int64_t wanted = (int64_t)request->tv_sec * NANOS + request->tv_nsec;
  int64_t ppm = world->header.speed_ppm;
  int64_t until = flags == TIMER_ABSTIME
                      ? world->header.host_epoch_ns + unscaled(wanted - world->header.mission_epoch_ns, ppm)
                      : host_now(CLOCK_MONOTONIC) + unscaled(wanted, ppm);
  if (until <= 0) {
    return 0;
  }
  struct timespec host = {.tv_sec = until / NANOS, .tv_nsec = until % NANOS};
  int error = syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &host, NULL) == 0 ? 0 : errno;
  if (error == EINTR && flags != TIMER_ABSTIME && remain != NULL) {
    int64_t left = until - host_now(CLOCK_MONOTONIC);
    left = left > 0 ? scaled(left, ppm) : 0;
    remain->tv_sec = left / NANOS;
    remain->tv_nsec = left % NANOS;
  }
  return error;
}
