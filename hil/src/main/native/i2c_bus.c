/*
 * The I2C buses, as the kernel's i2c-dev shows them (Documentation/i2c/dev-interface.rst, fault-codes.rst).
 *
 * Transfers of two processes on one bus follow each other: a word in the world holds the process that transfers; the
 * lock of a process that has died is taken over.
 */
#include "rig.h"

#define USUAL_TIMEOUT_NS (100 * MILLION)
#define LONGEST_TIMEOUT_NS NANOS
#define LONGEST_WAIT_NS (2 * NANOS)
#define ADDRESS 0
#define CHECKS 1
#define TIMEOUT 2

static pthread_mutex_t bus_mutex[WORLD_BUSES] = {
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};

static struct world_chip *chip_at(struct world *world, int64_t bus, int64_t address) {
  int64_t count = load(&world->header.chip_count);
  for (int64_t i = 0; i < count && i < WORLD_CHIPS; i++) {
    struct world_chip *chip = &world->chips[i];
    if (load(&chip->kind) != 0 && load(&chip->bus) == bus && (address < 0 || load(&chip->address) == address)) {
      return chip;
    }
  }
  return NULL;
}

static int take(struct world *world, int64_t bus) {
  pthread_mutex_lock(&bus_mutex[bus]);
  int64_t *lock = &world->header.bus_lock[bus];
  int64_t self = (int64_t)getpid();
  int64_t started = host_now(CLOCK_MONOTONIC);
  for (int spins = 0;; spins++) {
    int64_t holder = load(lock);
    /* this process cannot hold it: the mutex is taken; so an earlier one of the same id died with it */
    int free = holder == 0 || holder == self || !process_lives(holder);
    if (free && exchanged(lock, holder, self)) {
      return 0;
    }
    if (host_now(CLOCK_MONOTONIC) - started > LONGEST_WAIT_NS) {
      pthread_mutex_unlock(&bus_mutex[bus]);
      return -EAGAIN;
    }
    host_sleep(spins < 10 ? 2000 : 50000);
  }
}

static void give(struct world *world, int64_t bus) {
  exchanged(&world->header.bus_lock[bus], (int64_t)getpid(), 0);
  pthread_mutex_unlock(&bus_mutex[bus]);
}

static int transfer(struct open_file *file, struct i2c_smbus_ioctl_data *request) {
  struct world *world = file->world;
  int64_t bus = file->number;
  if (load(&world->header.bus_unbound[bus]) != 0) {
    return -ENODEV;
  }
  if (load(&world->header.bus_hung[bus]) != 0) {
    host_sleep(file->state[TIMEOUT] > 0 ? file->state[TIMEOUT] : USUAL_TIMEOUT_NS);
    return -ETIMEDOUT;
  }
  int error = take(world, bus);
  if (error != 0) {
    return error;
  }
  struct world_chip *chip = chip_at(world, bus, file->state[ADDRESS]);
  if (chip == NULL || file->state[ADDRESS] < 0 || load(&chip->present) == 0) {
    error = -EREMOTEIO;
  } else {
    error = part_transfer(world, chip, request, file->state[CHECKS] != 0);
  }
  give(world, bus);
  return error;
}

static int bus_ioctl(struct open_file *file, unsigned long request, void *argument) {
  uintptr_t number = (uintptr_t)argument;
  switch (request) {
  case I2C_FUNCS:
    *(unsigned long *)argument = I2C_FUNC_SMBUS_QUICK | I2C_FUNC_SMBUS_BYTE | I2C_FUNC_SMBUS_BYTE_DATA |
                                 I2C_FUNC_SMBUS_WORD_DATA | I2C_FUNC_SMBUS_I2C_BLOCK | I2C_FUNC_SMBUS_BLOCK_DATA |
                                 I2C_FUNC_SMBUS_PEC;
    return 0;
  case I2C_SLAVE:
  case I2C_SLAVE_FORCE:
    if (number > 0x7f) {
      return -EINVAL;
    }
    file->state[ADDRESS] = (int64_t)number;
    return 0;
  case I2C_PEC:
    file->state[CHECKS] = number != 0;
    return 0;
  case I2C_TIMEOUT:
    if (number > INT32_MAX) {
      return -EINVAL;
    }
    file->state[TIMEOUT] = clamped((int64_t)number * 10 * MILLION, MILLION, LONGEST_TIMEOUT_NS);
    return 0;
  case I2C_RETRIES:
    return number > INT32_MAX ? -EINVAL : 0;
  case I2C_SMBUS:
    return transfer(file, argument);
  default:
    return -ENOTTY;
  }
}

static const struct file_kind bus_kind = {.ioctl = bus_ioctl};

int open_bus(struct open_file *file, const char *path) {
  int64_t bus = number_after(path, "/dev/i2c-", "");
  if (bus < 0) {
    return NOT_MINE;
  }
  if (file->world == NULL) {
    return -ENODEV;
  }
  if (bus >= WORLD_BUSES || chip_at(file->world, bus, -1) == NULL || load(&file->world->header.bus_unbound[bus]) != 0) {
    return -ENOENT;
  }
  file->kind = &bus_kind;
  file->number = bus;
  file->state[ADDRESS] = -1;
  return 0;
}
