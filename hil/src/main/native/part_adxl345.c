/*
 * ADXL345, accelerometer with a FIFO (Analog Devices ADXL345 rev. G). What it feels is made of the numbers that the
 * world gives, sample by sample in mission time, so that it does not depend on when it is read.
 *
 * input 0: frequency of the pumps' tone, millihertz; 1: its amplitude, micro-g; 2: noise, micro-g root mean square;
 * 3: seed; 4: 1 while every sample stands at 5: micro-g.
 */
#include "rig.h"

#include <math.h>

enum {
  DEVICE = 0x00,
  RATE = 0x2c,
  POWER = 0x2d,
  ENABLE = 0x2e,
  SOURCE = 0x30,
  FORMAT = 0x31,
  DATA = 0x32,
  FIFO = 0x38,
  FIFO_STATUS = 0x39
};

#define MEASURES 0x08
#define DEPTH 32

static const struct part_register registers[] = {
    {DEVICE, 1, 0xe5, 0, "device"},
    {0x1d, 1, 0, 0xff, "tap threshold"},
    {0x1e, 1, 0, 0xff, "offset x"},
    {0x1f, 1, 0, 0xff, "offset y"},
    {0x20, 1, 0, 0xff, "offset z"},
    {0x21, 1, 0, 0xff, "tap duration"},
    {0x22, 1, 0, 0xff, "tap latency"},
    {0x23, 1, 0, 0xff, "tap window"},
    {0x24, 1, 0, 0xff, "activity threshold"},
    {0x25, 1, 0, 0xff, "inactivity threshold"},
    {0x26, 1, 0, 0xff, "inactivity time"},
    {0x27, 1, 0, 0xff, "activity control"},
    {0x28, 1, 0, 0xff, "free-fall threshold"},
    {0x29, 1, 0, 0xff, "free-fall time"},
    {0x2a, 1, 0, 0x0f, "tap axes"},
    {0x2b, 1, 0, 0, "activity status"},
    {RATE, 1, 0x0a, 0x1f, "rate"},
    {POWER, 1, 0, 0x3f, "power control"},
    {ENABLE, 1, 0, 0xff, "interrupt enable"},
    {0x2f, 1, 0, 0xff, "interrupt map"},
    {SOURCE, 1, 0x02, 0, "interrupt source"},
    {FORMAT, 1, 0, 0xef, "data format"},
    {DATA, 1, 0, 0, "x, low"},
    {DATA + 1, 1, 0, 0, "x, high"},
    {DATA + 2, 1, 0, 0, "y, low"},
    {DATA + 3, 1, 0, 0, "y, high"},
    {DATA + 4, 1, 0, 0, "z, low"},
    {DATA + 5, 1, 0, 0, "z, high"},
    {FIFO, 1, 0, 0xff, "FIFO control"},
    {FIFO_STATUS, 1, 0, 0, "FIFO status"},
};

/* state[0]: when the first sample began; 1: samples taken; 2: samples read; 3: 1 after an overrun; 4: time of the last
   update; 5: fractions of a sample, millionths */

static int64_t rate_millihertz(struct world_chip *chip) {
  return 3200000LL >> (15 - (reg_load(chip, RATE) & 15));
}

static int fifo_mode(struct world_chip *chip) {
  return (int)(reg_load(chip, FIFO) >> 6);
}

static int64_t held(struct world_chip *chip) {
  return load(&chip->state[1]) - load(&chip->state[2]);
}

static void restart(struct world_chip *chip, int64_t now) {
  store(&chip->state[0], now);
  store(&chip->state[1], 0);
  store(&chip->state[2], 0);
  store(&chip->state[3], 0);
}

static void update(struct world_chip *chip, int64_t now) {
  if ((reg_load(chip, POWER) & MEASURES) == 0) {
    return;
  }
  int64_t began = load(&chip->state[0]);
  int64_t room = fifo_mode(chip) == 0 ? 1 : DEPTH;
  int64_t taken = now <= began ? 0 : (int64_t)((__int128)(now - began) * rate_millihertz(chip) / (1000 * NANOS));
  if (load(&chip->frozen) != 0) {
    return;
  }
  int64_t first = load(&chip->state[2]);
  if (taken - first > room) {
    store(&chip->state[3], 1);
    if (fifo_mode(chip) == 1) {
      /* a full FIFO keeps what it has: time goes on without samples */
      int64_t lost = taken - first - room;
      store(&chip->state[0], began + (int64_t)((__int128)lost * 1000 * NANOS / rate_millihertz(chip)));
      taken = first + room;
    } else {
      store(&chip->state[2], taken - room);
    }
  }
  store(&chip->state[1], taken);
}

static int64_t acceleration(struct world_chip *chip, struct felt *felt, int64_t sample, int axis) {
  if (felt->input[4] != 0) {
    return felt->input[5];
  }
  double seconds = (double)load(&chip->state[0]) / 1e9 + (double)sample * 1e3 / (double)rate_millihertz(chip);
  double turns = seconds * (double)felt->input[0] / 1e3;
  double tone = (double)felt->input[1] * sin(2 * M_PI * (turns - floor(turns)) + axis) * (axis == 0 ? 1 : 0.4);
  /* twelve uniform numbers, less six: near enough to normal */
  double noise = -6;
  uint64_t at = (uint64_t)(seconds * 1e6) * 3 + (uint64_t)axis;
  for (int i = 0; i < 3; i++) {
    uint64_t four = mixed((uint64_t)felt->input[3] + (uint64_t)i, at);
    noise += (double)((four & 0xffff) + (four >> 16 & 0xffff) + (four >> 32 & 0xffff) + (four >> 48)) / 65536;
  }
  return (int64_t)(tone + noise * (double)felt->input[2]);
}

static void take_sample(struct world_chip *chip, int64_t sample) {
  struct felt felt = feel(chip);
  int format = (int)reg_load(chip, FORMAT);
  int range = format & 3;
  /* full resolution: 1/256 g a step and 10 to 13 bits; else 10 bits for the range */
  int64_t steps_per_g = (format & 0x08) != 0 ? 256 : 256 >> range;
  int64_t most = (format & 0x08) != 0 ? 512LL << range : 512;
  for (int axis = 0; axis < 3; axis++) {
    int64_t offset = (int8_t)reg_load(chip, 0x1e + axis) * INT64_C(15600);
    int64_t value = divided((acceleration(chip, &felt, sample, axis) + offset) * steps_per_g, MILLION);
    value = clamped(value, -most, most - 1);
    if ((format & 0x04) != 0) {
      value *= 32768 / most;
    }
    reg_store(chip, DATA + 2 * axis, (uint64_t)value & 0xff);
    reg_store(chip, DATA + 2 * axis + 1, (uint64_t)value >> 8 & 0xff);
  }
}

static uint64_t value(struct world_chip *chip, const struct part_register *reg, int64_t now) {
  (void)now;
  if (reg->number == DATA && held(chip) > 0) {
    int64_t sample = load(&chip->state[2]);
    take_sample(chip, sample);
    store(&chip->state[2], sample + 1);
    store(&chip->state[3], 0);
  }
  if (reg->number == FIFO_STATUS) {
    return (uint64_t)clamped(held(chip), 0, DEPTH);
  }
  if (reg->number == SOURCE) {
    int64_t entries = held(chip);
    int64_t mark = (int64_t)(reg_load(chip, FIFO) & 0x1f);
    uint64_t source = entries > 0 ? 0x80 : 0;
    source |= fifo_mode(chip) != 0 && mark > 0 && entries >= mark ? 0x02 : 0;
    return source | (load(&chip->state[3]) != 0 ? 0x01 : 0);
  }
  return reg_load(chip, reg->number);
}

static void set(struct world_chip *chip, const struct part_register *reg, uint64_t value, int64_t now) {
  uint64_t before = reg_load(chip, reg->number);
  reg_store(chip, reg->number, value);
  int wakes = reg->number == POWER && ((value ^ before) & MEASURES) != 0;
  int empties = reg->number == FIFO && value >> 6 != before >> 6;
  if (wakes || empties || (reg->number == RATE && value != before)) {
    restart(chip, now);
  }
}

/* A burst over the data registers is one sample: only its first byte takes it from the FIFO. */
const struct part part_adxl345 = {.kind = KIND_ADXL345,
                                  .name = "ADXL345",
                                  .flags = PART_COUNTS_UP,
                                  .registers = registers,
                                  .count = sizeof registers / sizeof *registers,
                                  .update = update,
                                  .read = value,
                                  .written = set};
