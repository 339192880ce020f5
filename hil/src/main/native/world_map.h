/* The world file, mapped into a flight process, and mission time. Shared by the two drop-ins. */
#ifndef HELIOSTAT_WORLD_MAP_H
#define HELIOSTAT_WORLD_MAP_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "world.h"

#define EXPORT __attribute__((visibility("default")))

static inline int64_t load(const int64_t *word) {
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline void store(int64_t *word, int64_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static struct world *world_mapped;
static pthread_mutex_t world_mutex = PTHREAD_MUTEX_INITIALIZER;

/* Calls go straight to the kernel: the C library's names may be this very library's. */
static struct world *map_world(void) {
  const char *path = getenv("HELIOSTAT_RIG_WORLD");
  if (path == NULL || *path == 0) {
    return NULL;
  }
  int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
  if (fd < 0) {
    return NULL;
  }
  struct stat info;
  void *mapped = MAP_FAILED;
  if (fstat(fd, &info) == 0 && info.st_size == (off_t)sizeof(struct world)) {
    mapped = mmap(NULL, sizeof(struct world), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  }
  syscall(SYS_close, fd);
  if (mapped == MAP_FAILED) {
    return NULL;
  }
  struct world *world = mapped;
  if (load(&world->header.magic_word) != WORLD_MAGIC || load(&world->header.abi) != WORLD_ABI) {
    munmap(mapped, sizeof(struct world));
    return NULL;
  }
  return world;
}

/* The world, or NULL while there is none (not yet made, or made to another layout). */
static struct world *the_world(void) {
  struct world *world = __atomic_load_n(&world_mapped, __ATOMIC_ACQUIRE);
  if (world != NULL) {
    return world;
  }
  pthread_mutex_lock(&world_mutex);
  world = world_mapped;
  if (world == NULL) {
    int saved = errno;
    world = map_world();
    errno = saved;
    __atomic_store_n(&world_mapped, world, __ATOMIC_RELEASE);
  }
  pthread_mutex_unlock(&world_mutex);
  return world;
}

#endif
