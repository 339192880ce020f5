/* INA226, power monitor (Texas Instruments SBOS547). The true voltage, current and shunt come from the world. */
#include "rig.h"

enum { CONFIGURATION, SHUNT, BUS, POWER, CURRENT, CALIBRATION, MASK, LIMIT };

#define RESET 0x8000
#define OVERFLOWED 0x0004
#define READY 0x0008
#define ALERTED 0x0010
#define LATCHING 0x0001
#define MASK_SET_BY_MASTER 0xfc03

static const struct part_register registers[] = {
    {CONFIGURATION, 2, 0x4127, 0x8fff, "configuration"},
    {SHUNT, 2, 0, 0, "shunt voltage"},
    {BUS, 2, 0, 0, "bus voltage"},
    {POWER, 2, 0, 0, "power"},
    {CURRENT, 2, 0, 0, "current"},
    {CALIBRATION, 2, 0, 0x7fff, "calibration"},
    {MASK, 2, 0, MASK_SET_BY_MASTER, "mask/enable"},
    {LIMIT, 2, 0, 0xffff, "alert limit"},
    {0xfe, 2, 0x5449, 0, "manufacturer"},
    {0xff, 2, 0x2260, 0, "die"},
};

static const int64_t averages[] = {1, 4, 16, 64, 128, 256, 512, 1024};
static const int64_t times_us[] = {140, 204, 332, 588, 1100, 2116, 4156, 8244};

static int mode(struct world_chip *chip) {
  return (int)reg_load(chip, CONFIGURATION) & 7;
}

static int64_t conversion_ns(struct world_chip *chip) {
  int configuration = (int)reg_load(chip, CONFIGURATION);
  int64_t time = 0;
  if ((configuration & 1) != 0) {
    time += times_us[configuration >> 3 & 7];
  }
  if ((configuration & 2) != 0) {
    time += times_us[configuration >> 6 & 7];
  }
  return time * averages[configuration >> 9 & 7] * 1000;
}

static int64_t signed_word(struct world_chip *chip, int number) {
  return (int16_t)reg_load(chip, number);
}

static int over_limit(struct world_chip *chip, uint64_t mask) {
  int64_t limit = signed_word(chip, LIMIT);
  return ((mask & 0x8000) != 0 && signed_word(chip, SHUNT) > limit) ||
         ((mask & 0x4000) != 0 && signed_word(chip, SHUNT) < limit) ||
         ((mask & 0x2000) != 0 && reg_load(chip, BUS) > reg_load(chip, LIMIT)) ||
         ((mask & 0x1000) != 0 && reg_load(chip, BUS) < reg_load(chip, LIMIT)) ||
         ((mask & 0x0800) != 0 && reg_load(chip, POWER) > reg_load(chip, LIMIT));
}

static void convert(struct world_chip *chip) {
  struct felt felt = feel(chip);
  int which = mode(chip);
  if ((which & 1) != 0) {
    /* 2.5 uV a step; the product is in femtovolts */
    __int128 femtovolts = (__int128)felt.microamperes * load(&chip->shunt_nanoohms);
    reg_store(chip, SHUNT, (uint64_t)clamped(divided((int64_t)(femtovolts / 1000000), 2500), -32768, 32767) & 0xffff);
  }
  if ((which & 2) != 0) {
    /* 1.25 mV a step, 15 bits */
    reg_store(chip, BUS, (uint64_t)clamped(divided(felt.microvolts, 1250), 0, 0x7fff));
  }
  int64_t calibration = (int64_t)reg_load(chip, CALIBRATION);
  int64_t current = signed_word(chip, SHUNT) * calibration / 2048;
  int64_t bounded = clamped(current, -32768, 32767);
  int64_t power = (bounded < 0 ? -bounded : bounded) * (int64_t)reg_load(chip, BUS) / 20000;
  reg_store(chip, CURRENT, (uint64_t)bounded & 0xffff);
  reg_store(chip, POWER, (uint64_t)clamped(power, 0, 0xffff));
  uint64_t mask = reg_load(chip, MASK) & ~(uint64_t)OVERFLOWED;
  mask |= READY | (current != bounded || power > 0xffff ? OVERFLOWED : 0);
  if (over_limit(chip, mask)) {
    mask |= ALERTED;
  } else if ((mask & LATCHING) == 0) {
    mask &= ~(uint64_t)ALERTED;
  }
  reg_store(chip, MASK, mask);
}

static void update(struct world_chip *chip, int64_t now) {
  int which = mode(chip);
  if ((which & 3) == 0) {
    return;
  }
  if ((which & 4) == 0 && load(&chip->state[1]) != 0) {
    return; /* the one conversion that was asked for is done */
  }
  if (conversions_ended(chip, now, conversion_ns(chip)) > 0) {
    convert(chip);
    store(&chip->state[1], 1);
  }
}

static uint64_t value(struct world_chip *chip, const struct part_register *reg, int64_t now) {
  (void)now;
  uint64_t held = reg_load(chip, reg->number);
  if (reg->number == MASK) {
    reg_store(chip, MASK, held & ~(uint64_t)(READY | ((held & LATCHING) != 0 ? ALERTED : 0)));
  }
  return held;
}

static void set(struct world_chip *chip, const struct part_register *reg, uint64_t value, int64_t now) {
  if (reg->number == CONFIGURATION) {
    if ((value & RESET) != 0) {
      for (size_t i = 0; i < sizeof registers / sizeof *registers; i++) {
        reg_store(chip, registers[i].number, registers[i].power_on);
      }
    } else {
      reg_store(chip, CONFIGURATION, value);
    }
    reg_store(chip, MASK, reg_load(chip, MASK) & ~(uint64_t)READY);
    store(&chip->state[1], 0);
    conversion_starts(chip, now);
    return;
  }
  reg_store(chip, reg->number, value);
}

const struct part part_ina226 = {.kind = KIND_INA226,
                                 .name = "INA226",
                                 .registers = registers,
                                 .count = sizeof registers / sizeof *registers,
                                 .update = update,
                                 .read = value,
                                 .written = set};
