/* PCA9685, sixteen PWM channels (NXP PCA9685 rev. 4). output N: duty of channel N, millionths. */
#include "rig.h"

enum { MODE1 = 0x00, MODE2 = 0x01, FIRST = 0x06, ALL = 0xfa, PRESCALE = 0xfe };

#define SLEEPS 0x10
#define INCREMENTS 0x20
#define FULL 0x10

#define CHANNEL(n)                                                                                                     \
  {FIRST + 4 * (n), 1, 0x00, 0xff, "on, low"}, {FIRST + 4 * (n) + 1, 1, 0x00, 0x1f, "on, high"},                       \
      {FIRST + 4 * (n) + 2, 1, 0x00, 0xff, "off, low"}, {                                                              \
    FIRST + 4 * (n) + 3, 1, FULL, 0x1f, "off, high"                                                                    \
  }

static const struct part_register registers[] = {
    {MODE1, 1, 0x11, 0xff, "mode 1"},
    {MODE2, 1, 0x04, 0x1f, "mode 2"},
    {0x02, 1, 0xe2, 0xfe, "sub-address 1"},
    {0x03, 1, 0xe4, 0xfe, "sub-address 2"},
    {0x04, 1, 0xe8, 0xfe, "sub-address 3"},
    {0x05, 1, 0xe0, 0xfe, "all-call address"},
    CHANNEL(0),
    CHANNEL(1),
    CHANNEL(2),
    CHANNEL(3),
    CHANNEL(4),
    CHANNEL(5),
    CHANNEL(6),
    CHANNEL(7),
    CHANNEL(8),
    CHANNEL(9),
    CHANNEL(10),
    CHANNEL(11),
    CHANNEL(12),
    CHANNEL(13),
    CHANNEL(14),
    CHANNEL(15),
    {ALL, 1, 0, 0xff, "all on, low"},
    {ALL + 1, 1, 0, 0x1f, "all on, high"},
    {ALL + 2, 1, 0, 0xff, "all off, low"},
    {ALL + 3, 1, 0, 0x1f, "all off, high"},
    {PRESCALE, 1, 0x1e, 0xff, "prescale"},
};

static int64_t duty(struct world_chip *chip, int channel) {
  int base = FIRST + 4 * channel;
  int on = (int)(reg_load(chip, base) | reg_load(chip, base + 1) << 8);
  int off = (int)(reg_load(chip, base + 2) | reg_load(chip, base + 3) << 8);
  if ((reg_load(chip, MODE1) & SLEEPS) != 0 || (off & 0x1000) != 0) {
    return 0;
  }
  return (on & 0x1000) != 0 ? MILLION : ((off - on) & 0xfff) * MILLION / 4096;
}

static void drive(struct world_chip *chip) {
  for (int channel = 0; channel < 16; channel++) {
    store(&chip->output[channel], duty(chip, channel));
  }
}

static void set(struct world_chip *chip, const struct part_register *reg, uint64_t value, int64_t now) {
  (void)now;
  if (reg->number == PRESCALE) {
    /* only while the oscillator is off, and not below 3 */
    if ((reg_load(chip, MODE1) & SLEEPS) != 0) {
      reg_store(chip, PRESCALE, value < 3 ? 3 : value);
    }
  } else if (reg->number >= ALL) {
    for (int channel = 0; channel < 16; channel++) {
      reg_store(chip, FIRST + 4 * channel + reg->number - ALL, value);
    }
  } else if (reg->number == MODE1) {
    /* RESTART is cleared by a one */
    reg_store(chip, MODE1, value & 0x7f);
  } else {
    reg_store(chip, reg->number, value);
  }
  drive(chip);
}

static uint64_t value(struct world_chip *chip, const struct part_register *reg, int64_t now) {
  (void)now;
  return reg->number >= ALL && reg->number < PRESCALE ? 0 : reg_load(chip, reg->number);
}

static void power_on(struct world_chip *chip, int64_t now) {
  (void)now;
  drive(chip);
}

static int next(struct world_chip *chip, int reg) {
  (void)reg;
  return (reg_load(chip, MODE1) & INCREMENTS) != 0;
}

const struct part part_pca9685 = {.kind = KIND_PCA9685,
                                  .name = "PCA9685",
                                  .flags = PART_COUNTS_UP,
                                  .registers = registers,
                                  .count = sizeof registers / sizeof *registers,
                                  .power_on = power_on,
                                  .read = value,
                                  .written = set,
                                  .next = next};
