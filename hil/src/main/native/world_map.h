/* The world file, mapped into a flight process, and mission time. Shared by the two drop-ins. */
#ifndef HELIOSTAT_WORLD_MAP_H
#define HELIOSTAT_WORLD_MAP_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "world.h"

#define EXPORT __attribute__((visibility("default")))
#define NANOS INT64_C(1000000000)
#define MILLION INT64_C(1000000)

static inline int64_t load(const int64_t *word) {
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline void store(int64_t *word, int64_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static inline int64_t added(int64_t *word, int64_t value) {
  return __atomic_add_fetch(word, value, __ATOMIC_ACQ_REL);
}

static inline int exchanged(int64_t *word, int64_t from, int64_t to) {
  return __atomic_compare_exchange_n(word, &from, to, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* The world, or NULL while there is none (not yet made, or made to another layout). */
struct world *the_world(void);

/* A clock of the host, ns, whatever this library is called instead of. */
int64_t host_now(clockid_t clock);

/* Mission time, ns. */
int64_t mission_now(const struct world *world);

/* Sleeps in host time. */
void host_sleep(int64_t nanos);

/* Whether a process of this id lives. */
int process_lives(int64_t pid);

/*
 * Reads what belongs together: begin, read, and again while `torn` says so. A reader waits at most about two
 * milliseconds for a writer and then goes on: the rig may have died in the middle of a step.
 */
struct look {
  const struct world *world;
  int64_t sequence;
  int tries;
};

struct look look_at(const struct world *world);
int torn(struct look *look);

#endif
