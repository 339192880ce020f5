/*
 * Stands in for the C library in the flight processes of a rig: the calls of contract, the files of the rig's board, and
 * nothing else. What is not on the board is refused with EACCES, so that a flight on the rig cannot open real hardware;
 * behind a descriptor is never a real file.
 */
#include "rig.h"

#include <stdarg.h>
#include <sys/socket.h>

EXPORT int64_t heliostat_rig_abi(void) { return WORLD_ABI; }

#define FIRST_FD 0x40000000
#define FILES 128

static struct slot {
  int used; /* 0 free, 1 open, 2 being opened or closed */
  struct open_file file;
} slots[FILES];
static pthread_mutex_t slots_mutex = PTHREAD_MUTEX_INITIALIZER;

static ssize_t answer(ssize_t result) {
  if (result < 0) {
    errno = (int)-result;
    return -1;
  }
  return result;
}

static struct open_file *file_of(int fd) {
  int index = fd - FIRST_FD;
  if (fd < FIRST_FD || index >= FILES || __atomic_load_n(&slots[index].used, __ATOMIC_ACQUIRE) != 1) {
    return NULL;
  }
  return &slots[index].file;
}

static int reserve(void) {
  int found = -EMFILE;
  pthread_mutex_lock(&slots_mutex);
  for (int i = 0; i < FILES && found < 0; i++) {
    if (slots[i].used == 0) {
      slots[i].used = 2;
      memset(&slots[i].file, 0, sizeof slots[i].file);
      found = i;
    }
  }
  pthread_mutex_unlock(&slots_mutex);
  return found;
}

static int opened(int index, int error) {
  __atomic_store_n(&slots[index].used, error == 0 ? 1 : 0, __ATOMIC_RELEASE);
  return error == 0 ? FIRST_FD + index : error;
}

int64_t number_after(const char *text, const char *prefix, const char *after) {
  size_t length = strlen(prefix);
  if (strncmp(text, prefix, length) != 0 || text[length] < '0' || text[length] > '9') {
    return -1;
  }
  char *end = NULL;
  errno = 0;
  long number = strtol(text + length, &end, 10);
  return errno == 0 && strcmp(end, after) == 0 ? number : -1;
}

static int on_board(const char *path) {
  static int (*const openers[])(struct open_file *, const char *) = {open_bus, open_sysfs, open_serial, open_watchdog,
                                                                    open_rtc};
  int index = reserve();
  if (index < 0) {
    return index;
  }
  struct open_file *file = &slots[index].file;
  file->world = the_world();
  int error = NOT_MINE;
  for (size_t i = 0; i < sizeof openers / sizeof *openers && error == NOT_MINE; i++) {
    error = openers[i](file, path);
  }
  return opened(index, error == NOT_MINE ? -EACCES : error);
}

EXPORT int open(const char *path, int flags, ...) {
  int fd = on_board(path);
  if (fd >= 0) {
    slots[fd - FIRST_FD].file.flags = flags;
  }
  return (int)answer(fd);
}

EXPORT int close(int fd) {
  struct open_file *file = file_of(fd);
  if (file == NULL) {
    return (int)answer(-EBADF);
  }
  if (file->kind->close != NULL) {
    file->kind->close(file);
  }
  __atomic_store_n(&slots[fd - FIRST_FD].used, 0, __ATOMIC_RELEASE);
  return 0;
}

EXPORT ssize_t read(int fd, void *buffer, size_t count) {
  struct open_file *file = file_of(fd);
  if (file == NULL) {
    return answer(-EBADF);
  }
  return answer(file->kind->read == NULL ? -EINVAL : file->kind->read(file, buffer, count, -1));
}

EXPORT ssize_t pread(int fd, void *buffer, size_t count, off_t offset) {
  struct open_file *file = file_of(fd);
  if (file == NULL) {
    return answer(-EBADF);
  }
  if (offset < 0) {
    return answer(-EINVAL);
  }
  return answer(file->kind->read == NULL ? -EINVAL : file->kind->read(file, buffer, count, offset));
}

EXPORT ssize_t write(int fd, const void *buffer, size_t count) {
  struct open_file *file = file_of(fd);
  if (file == NULL) {
    return answer(-EBADF);
  }
  return answer(file->kind->write == NULL ? -EINVAL : file->kind->write(file, buffer, count));
}

static int look(struct pollfd *fds, nfds_t count) {
  int found = 0;
  for (nfds_t i = 0; i < count; i++) {
    fds[i].revents = 0;
    if (fds[i].fd < 0) {
      continue;
    }
    struct open_file *file = file_of(fds[i].fd);
    if (file == NULL) {
      fds[i].revents = POLLNVAL;
    } else {
      short ready = file->kind->ready == NULL ? POLLIN | POLLOUT : file->kind->ready(file);
      fds[i].revents = (short)(ready & (fds[i].events | POLLERR | POLLHUP));
    }
    found += fds[i].revents != 0;
  }
  return found;
}

EXPORT int poll(struct pollfd *fds, nfds_t count, int timeout) {
  int64_t until = host_now(CLOCK_MONOTONIC) + timeout * MILLION;
  for (;;) {
    int found = look(fds, count);
    int64_t left = until - host_now(CLOCK_MONOTONIC);
    if (found > 0 || (timeout >= 0 && left <= 0)) {
      return found;
    }
    host_sleep(timeout >= 0 && left < 2 * MILLION ? left : 2 * MILLION);
  }
}

EXPORT int socket(int domain, int type, int protocol) {
  int index = reserve();
  if (index < 0) {
    return (int)answer(index);
  }
  slots[index].file.world = the_world();
  return (int)answer(opened(index, open_can(&slots[index].file, domain, type, protocol)));
}

EXPORT int bind(int fd, const struct sockaddr *address, socklen_t length) {
  struct open_file *file = file_of(fd);
  if (file == NULL) {
    return (int)answer(-EBADF);
  }
  return (int)answer(file->kind->bind == NULL ? -ENOTSOCK : file->kind->bind(file, address, length));
}

EXPORT int setsockopt(int fd, int level, int name, const void *value, socklen_t length) {
  struct open_file *file = file_of(fd);
  if (file == NULL) {
    return (int)answer(-EBADF);
  }
  return (int)answer(file->kind->option == NULL ? -ENOTSOCK : file->kind->option(file, level, name, value, length));
}

EXPORT int ioctl(int fd, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  struct open_file *file = file_of(fd);
  if (file == NULL) {
    return (int)answer(-EBADF);
  }
  return (int)answer(file->kind->ioctl == NULL ? -ENOTTY : file->kind->ioctl(file, request, argument));
}
