/*
 * /dev/watchdog0, as Documentation/watchdog/watchdog-api.rst has it. Opening starts it; the rig looks at it and kills
 * the process that opened it when it has not been kicked in time. It counts host time, as the hang of a process does. It
 * stops only on a magic close, or when it is told to.
 */
#include "rig.h"

#include <linux/watchdog.h>

#define USUAL_TIMEOUT_S 60
#define LONGEST_TIMEOUT_S 3600
#define MAGIC_SEEN 0

static void kick(struct world_header *header) {
  store(&header->watchdog_kicked_ns, host_now(CLOCK_MONOTONIC));
}

static ssize_t watchdog_write(struct open_file *file, const void *buffer, size_t count) {
  file->state[MAGIC_SEEN] = count > 0 && memchr(buffer, 'V', count) != NULL;
  if (count > 0) {
    kick(&file->world->header);
  }
  return (ssize_t)count;
}

static void watchdog_close(struct open_file *file) {
  struct world_header *header = &file->world->header;
  if (file->state[MAGIC_SEEN]) {
    store(&header->watchdog_armed, 0);
  } else {
    kick(header); /* the kernel pings once more, and says that the watchdog did not stop */
  }
  store(&header->watchdog_pid, -load(&header->watchdog_pid));
}

static int watchdog_ioctl(struct open_file *file, unsigned long request, void *argument) {
  struct world_header *header = &file->world->header;
  switch (request) {
  case WDIOC_GETSUPPORT: {
    struct watchdog_info info = {.options = WDIOF_SETTIMEOUT | WDIOF_MAGICCLOSE | WDIOF_KEEPALIVEPING | WDIOF_CARDRESET,
                                 .firmware_version = 1,
                                 .identity = "Heliostat rig watchdog"};
    memcpy(argument, &info, sizeof info);
    return 0;
  }
  case WDIOC_GETSTATUS:
    *(int *)argument = 0;
    return 0;
  case WDIOC_GETBOOTSTATUS:
    *(int *)argument = (int)load(&header->watchdog_boot_status);
    return 0;
  case WDIOC_KEEPALIVE:
    kick(header);
    return 0;
  case WDIOC_SETTIMEOUT: {
    int wanted = *(int *)argument;
    if (wanted < 1 || wanted > LONGEST_TIMEOUT_S) {
      return -EINVAL;
    }
    store(&header->watchdog_timeout_s, wanted);
    kick(header);
    return 0;
  }
  case WDIOC_GETTIMEOUT:
    *(int *)argument = (int)load(&header->watchdog_timeout_s);
    return 0;
  case WDIOC_GETTIMELEFT: {
    int64_t gone = host_now(CLOCK_MONOTONIC) - load(&header->watchdog_kicked_ns);
    int64_t left = load(&header->watchdog_timeout_s) - gone / NANOS;
    *(int *)argument = (int)(left < 0 ? 0 : left);
    return 0;
  }
  case WDIOC_SETOPTIONS: {
    int options = *(int *)argument;
    if ((options & (WDIOS_DISABLECARD | WDIOS_ENABLECARD)) == 0) {
      return -EINVAL;
    }
    kick(header);
    store(&header->watchdog_armed, (options & WDIOS_ENABLECARD) != 0);
    return 0;
  }
  default:
    return -ENOTTY;
  }
}

static const struct file_kind watchdog_kind = {
    .close = watchdog_close, .write = watchdog_write, .ioctl = watchdog_ioctl};

/* watchdog_pid is negative while the process that had it open last has closed it. */
int open_watchdog(struct open_file *file, const char *path) {
  if (strcmp(path, "/dev/watchdog0") != 0 && strcmp(path, "/dev/watchdog") != 0) {
    return NOT_MINE;
  }
  if (file->world == NULL) {
    return -ENODEV;
  }
  struct world_header *header = &file->world->header;
  int64_t self = (int64_t)getpid();
  for (;;) {
    int64_t before = load(&header->watchdog_pid);
    if (before == self || (before > 0 && process_lives(before))) {
      return -EBUSY;
    }
    if (!exchanged(&header->watchdog_pid, before, self)) {
      continue;
    }
    if (before != -self) {
      /* another process than before: what ended that one is this one's boot status */
      store(&header->watchdog_boot_status, __atomic_exchange_n(&header->watchdog_cause, 0, __ATOMIC_ACQ_REL));
      store(&header->watchdog_timeout_s, USUAL_TIMEOUT_S);
    }
    break;
  }
  kick(header);
  store(&header->watchdog_armed, 1);
  file->kind = &watchdog_kind;
  return 0;
}
