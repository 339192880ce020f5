/*
 * Stands in for the C library in the flight processes of a rig: I2C buses and the clock, nothing else.
 *
 * A path that is no I2C bus is refused, so that a flight on the rig cannot open real hardware; a bus is never a real file.
 * The parts answer as their data sheets say (INA226: SBOS547; LM75: SNIS153; TMP105: SBOS277) and as the kernel's i2c-dev does.
 */
#define _GNU_SOURCE
#include "world_map.h"

#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <stdarg.h>
#include <stdio.h>

EXPORT int64_t heliostat_rig_abi(void) { return WORLD_ABI; }

/* ---- the clock ---- */

#define NANOS INT64_C(1000000000)
#define MILLION INT64_C(1000000)

static int64_t host_now(clockid_t clock) {
  struct timespec now;
  syscall(SYS_clock_gettime, clock, &now);
  return (int64_t)now.tv_sec * NANOS + now.tv_nsec;
}

/* Mission nanoseconds for host nanoseconds, and back; whole numbers, the same arithmetic as MissionTime.java. */
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
  int64_t gone = scaled(host_now(CLOCK_MONOTONIC) - world->header.host_epoch_ns, world->header.speed_ppm);
  int64_t now = gone + (clock == CLOCK_MONOTONIC ? world->header.mission_epoch_ns : world->header.utc_epoch_ns);
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

/* ---- open files: a bus each ---- */

#define FIRST_FD 0x40000000
#define FILES 64

static struct {
  int used;
  int64_t bus;
  int address;
} files[FILES];
static pthread_mutex_t files_mutex = PTHREAD_MUTEX_INITIALIZER;

static int has_bus(struct world *world, int64_t bus) {
  int64_t count = load(&world->header.chip_count);
  for (int64_t i = 0; i < count && i < WORLD_CHIPS; i++) {
    if (load(&world->chips[i].kind) != 0 && load(&world->chips[i].bus) == bus) {
      return 1;
    }
  }
  return 0;
}

EXPORT int open(const char *path, int flags, ...) {
  (void)flags;
  char *end = NULL;
  static const char prefix[] = "/dev/i2c-";
  if (strncmp(path, prefix, sizeof prefix - 1) != 0) {
    errno = EACCES;
    return -1;
  }
  const char *number = path + sizeof prefix - 1;
  long bus = strtol(number, &end, 10);
  if (*number < '0' || *number > '9' || *end != 0) {
    errno = EACCES;
    return -1;
  }
  struct world *world = the_world();
  if (world == NULL) {
    errno = ENODEV;
    return -1;
  }
  if (!has_bus(world, bus)) {
    errno = ENOENT;
    return -1;
  }
  int fd = -1;
  pthread_mutex_lock(&files_mutex);
  for (int i = 0; i < FILES && fd < 0; i++) {
    if (!files[i].used) {
      files[i].used = 1;
      files[i].bus = bus;
      files[i].address = -1;
      fd = FIRST_FD + i;
    }
  }
  pthread_mutex_unlock(&files_mutex);
  if (fd < 0) {
    errno = EMFILE;
  }
  return fd;
}

EXPORT int close(int fd) {
  int index = fd - FIRST_FD;
  int answer = -1;
  pthread_mutex_lock(&files_mutex);
  if (fd >= FIRST_FD && index < FILES && files[index].used) {
    files[index].used = 0;
    answer = 0;
  }
  pthread_mutex_unlock(&files_mutex);
  if (answer < 0) {
    errno = EBADF;
  }
  return answer;
}

/* ---- the parts ---- */

#define INA_CONFIGURATION 0
#define INA_SHUNT 1
#define INA_BUS 2
#define INA_POWER 3
#define INA_CURRENT 4
#define INA_CALIBRATION 5
#define INA_MASK 6
#define INA_ALERT 7
#define INA_CONFIGURATION_DEFAULT 0x4127
#define INA_RESET 0x8000
#define INA_OVERFLOW 0x0004
#define INA_READY 0x0008

static int64_t divided(int64_t value, int64_t by) {
  return value >= 0 ? (value + by / 2) / by : -((-value + by / 2) / by);
}

static int64_t clamped(int64_t value, int64_t low, int64_t high) {
  return value < low ? low : value > high ? high : value;
}

/* 2.5 uV a step; the product is in femtovolts. */
static int64_t ina_shunt(struct world_chip *chip) {
  __int128 femtovolts = (__int128)load(&chip->current_microamperes) * load(&chip->shunt_nanoohms);
  return clamped(divided((int64_t)(femtovolts / 1000000), 2500), -32768, 32767);
}

/* 1.25 mV a step; the register has 15 bits. */
static int64_t ina_bus(struct world_chip *chip) {
  return clamped(divided(load(&chip->bus_microvolts), 1250), 0, 0x7fff);
}

static int64_t ina_current_unbounded(struct world_chip *chip) {
  return ina_shunt(chip) * load(&chip->registers[INA_CALIBRATION]) / 2048;
}

static int64_t ina_power_unbounded(struct world_chip *chip) {
  int64_t current = clamped(ina_current_unbounded(chip), -32768, 32767);
  return (current < 0 ? -current : current) * ina_bus(chip) / 20000;
}

static int ina_read(struct world_chip *chip, int reg) {
  switch (reg) {
  case INA_SHUNT:
    return (int)ina_shunt(chip) & 0xffff;
  case INA_BUS:
    return (int)ina_bus(chip);
  case INA_POWER:
    return (int)clamped(ina_power_unbounded(chip), 0, 0xffff);
  case INA_CURRENT:
    return (int)clamped(ina_current_unbounded(chip), -32768, 32767) & 0xffff;
  case INA_MASK: {
    int64_t current = ina_current_unbounded(chip);
    int over = current < -32768 || current > 32767 || ina_power_unbounded(chip) > 0xffff;
    return ((int)load(&chip->registers[INA_MASK]) & 0xffe3) | INA_READY | (over ? INA_OVERFLOW : 0);
  }
  case INA_CONFIGURATION:
  case INA_CALIBRATION:
  case INA_ALERT:
    return (int)load(&chip->registers[reg]) & 0xffff;
  case 0xfe:
    return 0x5449;
  case 0xff:
    return 0x2260;
  default:
    return 0;
  }
}

static void ina_write(struct world_chip *chip, int reg, int value) {
  switch (reg) {
  case INA_CONFIGURATION:
    if ((value & INA_RESET) != 0) {
      for (int i = 0; i < 8; i++) {
        store(&chip->registers[i], i == INA_CONFIGURATION ? INA_CONFIGURATION_DEFAULT : 0);
      }
      return;
    }
    /* bits 14 to 12 read as 100 */
    store(&chip->registers[reg], (value & 0x0fff) | 0x4000);
    return;
  case INA_CALIBRATION:
    store(&chip->registers[reg], value & 0x7fff);
    return;
  case INA_MASK:
  case INA_ALERT:
    store(&chip->registers[reg], value);
    return;
  default:
    return;
  }
}

#define LM75_TEMPERATURE 0
#define LM75_CONFIGURATION 1

static int lm75_bits(struct world_chip *chip) {
  if (load(&chip->kind) != KIND_TMP105) {
    return 9;
  }
  return 9 + (int)(load(&chip->registers[LM75_CONFIGURATION]) >> 5 & 3);
}

static int lm75_read(struct world_chip *chip, int reg) {
  if (reg == LM75_TEMPERATURE) {
    int unused = 16 - lm75_bits(chip);
    int64_t steps = clamped(divided(load(&chip->microcelsius) * 256, MILLION), -55 * 256, 128 * 256 - 16);
    return (int)(steps >> unused << unused) & 0xffff;
  }
  return (int)load(&chip->registers[reg & 3]) & 0xffff;
}

static int is_byte(struct world_chip *chip, int reg) {
  return load(&chip->kind) != KIND_INA226 && (reg & 3) == LM75_CONFIGURATION;
}

static int read_register(struct world_chip *chip, int reg) {
  return load(&chip->kind) == KIND_INA226 ? ina_read(chip, reg) : lm75_read(chip, reg);
}

static void write_register(struct world_chip *chip, int reg, int value) {
  if (load(&chip->kind) == KIND_INA226) {
    ina_write(chip, reg, value);
  } else if ((reg & 3) != LM75_TEMPERATURE) {
    store(&chip->registers[reg & 3], is_byte(chip, reg) ? value & 0xff : value & 0xff80);
  }
}

static struct world_chip *chip_at(struct world *world, int64_t bus, int address) {
  int64_t count = load(&world->header.chip_count);
  for (int64_t i = 0; i < count && i < WORLD_CHIPS; i++) {
    struct world_chip *chip = &world->chips[i];
    if (load(&chip->kind) != 0 && load(&chip->bus) == bus && load(&chip->address) == address &&
        load(&chip->present) != 0) {
      return chip;
    }
  }
  return NULL;
}

/* A part sends the high byte first; an SMBus word has the low byte first. */
static int transfer(struct world_chip *chip, struct i2c_smbus_ioctl_data *request) {
  int reading = request->read_write == I2C_SMBUS_READ;
  int reg = request->command;
  switch (request->size) {
  case I2C_SMBUS_QUICK:
    return 0;
  case I2C_SMBUS_BYTE:
    if (reading) {
      reg = (int)load(&chip->pointer);
      int value = read_register(chip, reg);
      request->data->byte = (__u8)(is_byte(chip, reg) ? value : value >> 8);
    } else {
      store(&chip->pointer, reg);
    }
    return 0;
  case I2C_SMBUS_BYTE_DATA:
    store(&chip->pointer, reg);
    if (reading) {
      int value = read_register(chip, reg);
      request->data->byte = (__u8)(is_byte(chip, reg) ? value : value >> 8);
    } else if (is_byte(chip, reg)) {
      write_register(chip, reg, request->data->byte);
    }
    return 0;
  case I2C_SMBUS_WORD_DATA:
    store(&chip->pointer, reg);
    if (reading) {
      int value = read_register(chip, reg);
      if (is_byte(chip, reg)) {
        value = value << 8 | value;
      }
      request->data->word = (__u16)((value & 0xff) << 8 | (value >> 8 & 0xff));
    } else {
      int value = (request->data->word & 0xff) << 8 | request->data->word >> 8;
      write_register(chip, reg, is_byte(chip, reg) ? value >> 8 : value);
    }
    return 0;
  default:
    errno = EOPNOTSUPP;
    return -1;
  }
}

EXPORT int ioctl(int fd, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  int index = fd - FIRST_FD;
  if (fd < FIRST_FD || index >= FILES || !files[index].used) {
    errno = EBADF;
    return -1;
  }
  struct world *world = the_world();
  if (world == NULL) {
    errno = ENODEV;
    return -1;
  }
  switch (request) {
  case I2C_FUNCS:
    *(unsigned long *)argument =
        I2C_FUNC_SMBUS_QUICK | I2C_FUNC_SMBUS_BYTE | I2C_FUNC_SMBUS_BYTE_DATA | I2C_FUNC_SMBUS_WORD_DATA;
    return 0;
  case I2C_SLAVE:
    if ((uintptr_t)argument > 0x7f) {
      errno = EINVAL;
      return -1;
    }
    files[index].address = (int)(uintptr_t)argument;
    return 0;
  case I2C_SMBUS: {
    struct world_chip *chip = chip_at(world, files[index].bus, files[index].address);
    if (chip == NULL) {
      errno = EREMOTEIO;
      return -1;
    }
    return transfer(chip, argument);
  }
  default:
    errno = ENOTTY;
    return -1;
  }
}
