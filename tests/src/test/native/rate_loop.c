/*
 * The peer of a rate group: a loop on clock_nanosleep, at the priority given where the host allows it.
 * rate_loop HERTZ SECONDS PRIORITY [CLOCK] prints, as lines "name value": cycles, missed, p999_us, worst_us, fifo.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static long long nanos(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int by_size(const void *one, const void *other) {
  long long a = *(const long long *)one, b = *(const long long *)other;
  return a < b ? -1 : a > b;
}

int main(int count, char **arguments) {
  if (count < 4) return 2;
  long long period = (long long)(1e9 / atof(arguments[1]));
  long cycles = (long)(atof(arguments[2]) * 1e9 / period);
  struct sched_param param = {.sched_priority = atoi(arguments[3])};
  int fifo = param.sched_priority > 0 && sched_setscheduler(0, SCHED_FIFO, &param) == 0;
  long long *late = malloc(sizeof *late * (cycles + 1));
  if (!late || cycles < 1) return 2;
  long missed = 0, taken = 0;
  long long beat = nanos() + period;
  for (; taken < cycles; taken++) {
    struct timespec until = {beat / 1000000000LL, beat % 1000000000LL};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0) {
    }
    late[taken] = nanos() - beat;
    beat += period;
    while (nanos() - beat >= 0) {
      beat += period;
      missed++;
    }
  }
  qsort(late, taken, sizeof *late, by_size);
  printf("cycles %ld\nmissed %ld\np999_us %.1f\nworst_us %.1f\nfifo %d\n", taken, missed,
         late[(long)(taken * 0.999)] / 1e3, late[taken - 1] / 1e3, fifo);
  return 0;
}
