/* What the files of the C library's drop-in know of each other. */
#ifndef HELIOSTAT_RIG_H
#define HELIOSTAT_RIG_H

#include "world_map.h"

#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <poll.h>
#include <stdio.h>

/* ---- open files (files.c) ---- */

struct open_file;

/*
 * A kind of file. Calls answer as the kernel does: 0 or more, or a negated error number. A call that is NULL is not
 * supported by the kind.
 */
struct file_kind {
  void (*close)(struct open_file *file);
  ssize_t (*read)(struct open_file *file, void *buffer, size_t count, int64_t offset); /* offset -1: go on */
  ssize_t (*write)(struct open_file *file, const void *buffer, size_t count);
  int (*ioctl)(struct open_file *file, unsigned long request, void *argument);
  short (*ready)(struct open_file *file); /* POLLIN, POLLOUT, POLLERR; NULL: always readable and writable */
  int (*bind)(struct open_file *file, const void *address, unsigned int length);
  int (*option)(struct open_file *file, int level, int name, const void *value, unsigned int length);
};

/* What is kept for one descriptor; the kind gives `number` and `state` their meaning. */
struct open_file {
  const struct file_kind *kind;
  struct world *world;
  int flags;
  int64_t offset;
  int64_t number;
  int64_t state[40];
  unsigned char bytes[64];
};

/*
 * Each tries to open a path. Returns 0 and fills kind, number and state, a negated error number when the path is its
 * own and cannot be opened, or NOT_MINE.
 */
#define NOT_MINE 1
int open_bus(struct open_file *file, const char *path);
int open_sysfs(struct open_file *file, const char *path);
int open_serial(struct open_file *file, const char *path);
int open_watchdog(struct open_file *file, const char *path);
int open_rtc(struct open_file *file, const char *path);
int open_can(struct open_file *file, int domain, int type, int protocol);

/* The number that follows a prefix and ends the text, or ends before `after`; -1 when it is not so. */
int64_t number_after(const char *text, const char *prefix, const char *after);

/* ---- parts (part.c and part_*.c) ---- */

/* A register: how wide, what it holds after power-on, which bits a write changes; the others keep what they hold. */
struct part_register {
  unsigned char number;
  unsigned char bytes;
  uint64_t power_on;
  uint64_t writable;
  const char *name;
};

#define PART_LOW_BYTE_FIRST 1u /* as PMBus; other parts send the high byte first */
#define PART_CHECKS 2u         /* takes part in packet error checking */
#define PART_COUNTS_UP 4u      /* a longer transfer goes on with the next register */
#define PART_PMBUS 8u          /* an unknown command is not acknowledged */

struct part {
  int64_t kind;
  unsigned int flags;
  const char *name;
  const struct part_register *registers;
  size_t count;
  /* after the registers hold their power-on values */
  void (*power_on)(struct world_chip *chip, int64_t now);
  /* what has happened in the part until now: conversions that have ended, watchdogs, over-currents */
  void (*update)(struct world_chip *chip, int64_t now);
  /* NULL: what the register holds */
  uint64_t (*read)(struct world_chip *chip, const struct part_register *reg, int64_t now);
  /* after reserved bits are out; NULL: it is stored */
  void (*written)(struct world_chip *chip, const struct part_register *reg, uint64_t value, int64_t now);
  /* a command without data (PMBus); 0, or a negated error number */
  int (*command)(struct world_chip *chip, int command, int64_t now);
  /* a block that begins with its length; its length, or a negated error number */
  int (*block)(struct world_chip *chip, int command, unsigned char *data);
  /* whether a register follows the last one in the same transfer (PART_COUNTS_UP); NULL: it does */
  int (*next)(struct world_chip *chip, int reg);
  /* a command or a value that the part does not take */
  void (*refused)(struct world_chip *chip, int command, int status);
};

extern const struct part part_ina226, part_ina228, part_lm75, part_tmp105, part_tmp102, part_tmp117, part_adm1272,
    part_pmbus_linear, part_pca9685, part_emc2305, part_ads1115, part_adxl345;

/* One transfer; 0, or a negated error number. `checks` when the master asks for packet error checking. */
int part_transfer(struct world *world, struct world_chip *chip, struct i2c_smbus_ioctl_data *request, int checks);

static inline uint64_t reg_load(struct world_chip *chip, int number) {
  return (uint64_t)load(&chip->registers[number]);
}

static inline void reg_store(struct world_chip *chip, int number, uint64_t value) {
  store(&chip->registers[number], (int64_t)value);
}

int64_t divided(int64_t value, int64_t by);
int64_t clamped(int64_t value, int64_t low, int64_t high);

/*
 * The clockwork of a converter: state[0] holds when the running conversion began. Answers how many conversions of a
 * length have ended since it was last asked, and restarts the clock there; 0 while the part is frozen.
 */
int64_t conversions_ended(struct world_chip *chip, int64_t now, int64_t length_ns);

/* Starts a conversion. */
void conversion_starts(struct world_chip *chip, int64_t now);

/* What belongs together, read in one moment of the world. */
struct felt {
  int64_t microvolts;
  int64_t microamperes;
  int64_t microcelsius;
  int64_t input[8];
};

struct felt feel(struct world_chip *chip);

/* A number in -2^31..2^31 that depends on nothing but what it is made of. */
uint64_t mixed(uint64_t seed, uint64_t number);

#endif
