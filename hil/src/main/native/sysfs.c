/*
 * The files of sysfs that the rig's board has: a thermal zone, the memory controller's error counts, the hwmon folders of
 * the cards, the reset files of the cards on PCI, the watchdog's boot status, and the binding of the I2C drivers.
 *
 * The contents are made when they are read. A card that is gone answers ENODEV, one that hangs ETIMEDOUT.
 */
#include "rig.h"

enum {
  ZONE_TYPE,
  ZONE_TEMP,
  EDAC_CE,
  EDAC_UE,
  HWMON_NAME,
  HWMON_TEMP,
  HWMON_POWER,
  PCI_RESET,
  BOOT_STATUS,
  DRIVER_UNBIND,
  DRIVER_BIND
};

#define WHAT 0
#define HWMONS 64

static struct world_card *card_of(struct open_file *file) {
  return &file->world->cards[file->number];
}

static int64_t cards(struct world *world) {
  return clamped(load(&world->header.card_count), 0, load(&world->header.card_room));
}

static int contents(struct open_file *file, char *text, size_t room) {
  struct world_header *header = &file->world->header;
  int64_t what = file->state[WHAT];
  if (what == HWMON_NAME || what == HWMON_TEMP || what == HWMON_POWER) {
    struct world_card *card = card_of(file);
    if (load(&card->present) == 0) {
      return -ENODEV;
    }
    if (what != HWMON_NAME && load(&card->hangs) != 0) {
      return -ETIMEDOUT;
    }
  }
  switch (what) {
  case ZONE_TYPE:
    return snprintf(text, room, "board-thermal\n");
  case ZONE_TEMP:
    return load(&header->zone_silent) != 0
               ? -EIO
               : snprintf(text, room, "%lld\n", (long long)divided(load(&header->zone_microcelsius), 1000));
  case EDAC_CE:
    return snprintf(text, room, "%lld\n", (long long)load(&header->edac_corrected));
  case EDAC_UE:
    return snprintf(text, room, "%lld\n", (long long)load(&header->edac_uncorrected));
  case HWMON_NAME:
    return snprintf(text, room, "rig_card%lld\n", (long long)file->number);
  case HWMON_TEMP:
    return snprintf(text, room, "%lld\n", (long long)divided(load(&card_of(file)->microcelsius), 1000));
  case HWMON_POWER:
    return snprintf(text, room, "%lld\n", (long long)load(&card_of(file)->milliwatts) * 1000);
  case BOOT_STATUS: {
    /* before this process has opened the watchdog: what is kept for whoever opens it next */
    int64_t opened = load(&header->watchdog_pid);
    int64_t self = (int64_t)getpid();
    const int64_t *status =
        opened == self || opened == -self ? &header->watchdog_boot_status : &header->watchdog_cause;
    return snprintf(text, room, "%lld\n", (long long)load(status));
  }
  default:
    return -EACCES;
  }
}

static ssize_t sysfs_read(struct open_file *file, void *buffer, size_t count, int64_t offset) {
  char text[64];
  int length = contents(file, text, sizeof text);
  if (length < 0) {
    return length;
  }
  int64_t from = offset < 0 ? file->offset : offset;
  if (from >= length) {
    return 0;
  }
  size_t given = count < (size_t)(length - from) ? count : (size_t)(length - from);
  memcpy(buffer, text + from, given);
  if (offset < 0) {
    file->offset = from + (int64_t)given;
  }
  return (ssize_t)given;
}

/* The bus that a text such as "rig-i2c.1" names, with or without a line feed; -1 for none. */
static int64_t named_bus(struct world *world, const void *buffer, size_t count) {
  char text[32];
  if (count == 0 || count >= sizeof text) {
    return -1;
  }
  memcpy(text, buffer, count);
  text[count] = 0;
  if (text[count - 1] == '\n') {
    text[count - 1] = 0;
  }
  int64_t bus = number_after(text, "rig-i2c.", "");
  if (bus < 0 || bus >= WORLD_BUSES) {
    return -1;
  }
  for (int64_t i = 0; i < load(&world->header.chip_count) && i < WORLD_CHIPS; i++) {
    if (load(&world->chips[i].kind) != 0 && load(&world->chips[i].bus) == bus) {
      return bus;
    }
  }
  return -1;
}

static ssize_t bind_driver(struct open_file *file, const void *buffer, size_t count, int binds) {
  struct world_header *header = &file->world->header;
  int64_t bus = named_bus(file->world, buffer, count);
  if (bus < 0 || (!binds && load(&header->bus_unbound[bus]) != 0)) {
    return -ENODEV;
  }
  if (binds && load(&header->bus_unbound[bus]) == 0) {
    return -EBUSY;
  }
  if (binds && exchanged(&header->bus_hung[bus], HUNG_UNTIL_CLOCKED, 0)) {
    /* the adapter sends nine clock pulses when it is set up */
    added(&header->bus_freed[bus], 1);
  }
  store(&header->bus_unbound[bus], !binds);
  return (ssize_t)count;
}

static ssize_t sysfs_write(struct open_file *file, const void *buffer, size_t count) {
  const char *text = buffer;
  switch (file->state[WHAT]) {
  case PCI_RESET:
    if (count == 0 || text[0] != '1' || (count > 1 && text[1] != '\n')) {
      return -EINVAL;
    }
    if (load(&card_of(file)->present) == 0) {
      return -ENODEV;
    }
    added(&card_of(file)->reset_requests, 1);
    return (ssize_t)count;
  case DRIVER_UNBIND:
    return bind_driver(file, buffer, count, 0);
  case DRIVER_BIND:
    return bind_driver(file, buffer, count, 1);
  default:
    return -EACCES;
  }
}

static const struct file_kind sysfs_kind = {.read = sysfs_read, .write = sysfs_write};

static int opens(struct open_file *file, int64_t what, int64_t number) {
  if (file->world == NULL) {
    return -ENODEV;
  }
  file->kind = &sysfs_kind;
  file->state[WHAT] = what;
  file->number = number;
  return 0;
}

static int open_hwmon(struct open_file *file, const char *path) {
  static const char *const names[] = {"/name", "/temp1_input", "/power1_input"};
  for (int i = 0; i < 3; i++) {
    int64_t number = number_after(path, "/sys/class/hwmon/hwmon", names[i]);
    if (number < 0) {
      continue;
    }
    if (file->world == NULL) {
      return -ENODEV;
    }
    return number < HWMONS && number < cards(file->world) && load(&file->world->cards[number].present) != 0
               ? opens(file, HWMON_NAME + i, number)
               : -ENOENT;
  }
  return NOT_MINE;
}

/* Card n sits at bus n + 1, two hexadecimal digits, of domain 0000; see rig_nvml.c. */
static int open_reset(struct open_file *file, const char *path) {
  unsigned int domain;
  unsigned int bus;
  int end = 0;
  if (sscanf(path, "/sys/bus/pci/devices/%4x:%2x:00.0/reset%n", &domain, &bus, &end) != 2 || end == 0 || path[end] != 0) {
    return NOT_MINE;
  }
  if (file->world == NULL) {
    return -ENODEV;
  }
  char exact[64];
  snprintf(exact, sizeof exact, "/sys/bus/pci/devices/%04x:%02x:00.0/reset", domain, bus);
  int64_t number = (int64_t)domain * 256 + bus - 1;
  if (strcmp(exact, path) != 0 || number < 0 || number >= cards(file->world)) {
    return -ENOENT;
  }
  return opens(file, PCI_RESET, number);
}

int open_sysfs(struct open_file *file, const char *path) {
  static const struct {
    const char *path;
    int64_t what;
  } fixed[] = {{"/sys/class/thermal/thermal_zone0/type", ZONE_TYPE},
               {"/sys/class/thermal/thermal_zone0/temp", ZONE_TEMP},
               {"/sys/devices/system/edac/mc/mc0/ce_count", EDAC_CE},
               {"/sys/devices/system/edac/mc/mc0/ue_count", EDAC_UE},
               {"/sys/class/watchdog/watchdog0/bootstatus", BOOT_STATUS},
               {"/sys/bus/platform/drivers/rig-i2c/unbind", DRIVER_UNBIND},
               {"/sys/bus/platform/drivers/rig-i2c/bind", DRIVER_BIND}};
  for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
    if (strcmp(path, fixed[i].path) == 0) {
      return opens(file, fixed[i].what, 0);
    }
  }
  int error = open_hwmon(file, path);
  return error != NOT_MINE ? error : open_reset(file, path);
}
