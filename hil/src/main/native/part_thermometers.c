/* LM75 (SNIS153), TMP105 (SBOS277), TMP102 (SBOS397), TMP117 (SNOSD82): thermometers that differ in little. */
#include "rig.h"

enum { TEMPERATURE, CONFIGURATION, LOW, HIGH };

#define MS MILLION

/* 1/256 of a degree a step, cut to so many bits of sixteen. */
static uint64_t steps(int64_t microcelsius, int bits, int64_t highest) {
  int64_t value = clamped(divided(microcelsius * 256, MILLION), -55 * 256, highest * 256 - 16);
  int unused = 16 - bits;
  return (uint64_t)(value >> unused << unused) & 0xffff;
}

/* ---- LM75 ---- */

static const struct part_register lm75_registers[] = {
    {TEMPERATURE, 2, 0, 0, "temperature"},
    {CONFIGURATION, 1, 0, 0x1f, "configuration"},
    {LOW, 2, 0x4b00, 0xff80, "hysteresis"},
    {HIGH, 2, 0x5000, 0xff80, "overtemperature"},
};

static void lm75_update(struct world_chip *chip, int64_t now) {
  if ((reg_load(chip, CONFIGURATION) & 1) != 0) {
    conversion_starts(chip, now);
  } else if (conversions_ended(chip, now, 100 * MS) > 0) {
    reg_store(chip, TEMPERATURE, steps(feel(chip).microcelsius, 9, 128));
  }
}

const struct part part_lm75 = {.kind = KIND_LM75,
                               .name = "LM75",
                               .registers = lm75_registers,
                               .count = sizeof lm75_registers / sizeof *lm75_registers,
                               .update = lm75_update};

/* ---- TMP105 ---- */

static const struct part_register tmp105_registers[] = {
    {TEMPERATURE, 2, 0, 0, "temperature"},
    {CONFIGURATION, 1, 0, 0xff, "configuration"},
    {LOW, 2, 0x4b00, 0xfff0, "low limit"},
    {HIGH, 2, 0x5000, 0xfff0, "high limit"},
};

/* One conversion after a one-shot, or one after the other; state[1] tells that a one-shot is done. */
static void tmp105_update(struct world_chip *chip, int64_t now) {
  int configuration = (int)reg_load(chip, CONFIGURATION);
  int bits = 9 + (configuration >> 5 & 3);
  int64_t length = 27500000LL << (bits - 9);
  int shut_down = (configuration & 1) != 0;
  if (shut_down && load(&chip->state[1]) != 1) {
    conversion_starts(chip, now);
  } else if (conversions_ended(chip, now, length) > 0) {
    reg_store(chip, TEMPERATURE, steps(feel(chip).microcelsius, bits, 128));
    store(&chip->state[1], 0);
  }
}

static void tmp105_set(struct world_chip *chip, const struct part_register *reg, uint64_t value, int64_t now) {
  if (reg->number == CONFIGURATION) {
    int one_shot = (value & 0x81) == 0x81;
    if (one_shot || ((value ^ reg_load(chip, CONFIGURATION)) & 0x61) != 0) {
      conversion_starts(chip, now);
      store(&chip->state[1], one_shot);
    }
    value &= 0x7f;
  }
  reg_store(chip, reg->number, value);
}

const struct part part_tmp105 = {.kind = KIND_TMP105,
                                 .name = "TMP105",
                                 .registers = tmp105_registers,
                                 .count = sizeof tmp105_registers / sizeof *tmp105_registers,
                                 .update = tmp105_update,
                                 .written = tmp105_set};

/* ---- TMP102 ---- */

static const struct part_register tmp102_registers[] = {
    {TEMPERATURE, 2, 0, 0, "temperature"},
    {CONFIGURATION, 2, 0x60a0, 0x9fd0, "configuration"},
    {LOW, 2, 0x4b00, 0xfff8, "low limit"},
    {HIGH, 2, 0x5000, 0xfff8, "high limit"},
};

static void tmp102_update(struct world_chip *chip, int64_t now) {
  static const int64_t period_ms[] = {4000, 1000, 250, 125};
  uint64_t configuration = reg_load(chip, CONFIGURATION);
  int shut_down = (configuration & 0x0100) != 0;
  int extended = (configuration & 0x0010) != 0;
  if (shut_down && load(&chip->state[1]) != 1) {
    conversion_starts(chip, now);
  } else if (conversions_ended(chip, now, (shut_down ? 26 : period_ms[configuration >> 6 & 3]) * MS) > 0) {
    uint64_t value = steps(feel(chip).microcelsius, 12, extended ? 150 : 128);
    reg_store(chip, TEMPERATURE, extended ? value >> 1 | (value & 0x8000) | 1 : value);
    store(&chip->state[1], 0);
    reg_store(chip, CONFIGURATION, shut_down ? configuration | 0x8000 : configuration);
  }
}

static void tmp102_set(struct world_chip *chip, const struct part_register *reg, uint64_t value, int64_t now) {
  if (reg->number == CONFIGURATION) {
    int one_shot = (value & 0x8100) == 0x8100;
    conversion_starts(chip, now);
    store(&chip->state[1], one_shot);
    value &= 0x7fff;
  }
  reg_store(chip, reg->number, value);
}

const struct part part_tmp102 = {.kind = KIND_TMP102,
                                 .name = "TMP102",
                                 .registers = tmp102_registers,
                                 .count = sizeof tmp102_registers / sizeof *tmp102_registers,
                                 .update = tmp102_update,
                                 .written = tmp102_set};

/* ---- TMP117 ---- */

#define TMP117_READY 0x2000
#define TMP117_HIGH 0x8000
#define TMP117_LOW 0x4000

static const struct part_register tmp117_registers[] = {
    {TEMPERATURE, 2, 0x8000, 0, "temperature"},
    {CONFIGURATION, 2, 0x0220, 0x0ffe, "configuration"},
    {LOW, 2, 0x6000, 0xffff, "high limit"},
    {HIGH, 2, 0x8000, 0xffff, "low limit"},
    {0x04, 2, 0x0000, 0x8000, "memory unlock"},
    {0x05, 2, 0x0000, 0xffff, "memory 1"},
    {0x06, 2, 0x0000, 0xffff, "memory 2"},
    {0x07, 2, 0x0000, 0xffff, "offset"},
    {0x08, 2, 0x0000, 0xffff, "memory 3"},
    {0x0f, 2, 0x0117, 0, "device"},
};

static int64_t tmp117_period(uint64_t configuration) {
  static const int64_t averaged_us[] = {15500, 124000, 496000, 992000};
  static const int64_t cycle_us[] = {15500, 125000, 250000, 500000, 1000000, 4000000, 8000000, 16000000};
  int64_t averaged = averaged_us[configuration >> 5 & 3];
  int64_t cycle = cycle_us[configuration >> 7 & 7];
  return (averaged > cycle || (configuration & 0x0c00) == 0x0c00 ? averaged : cycle) * 1000;
}

static void tmp117_update(struct world_chip *chip, int64_t now) {
  uint64_t configuration = reg_load(chip, CONFIGURATION);
  int mode = (int)(configuration >> 10 & 3);
  if (mode == 1) {
    conversion_starts(chip, now);
    return;
  }
  /* the first value is there after the averaging, the next ones after the cycle; state[1] tells of the first */
  int first = load(&chip->state[1]) == 0;
  uint64_t timing = first ? (configuration & ~UINT64_C(0x0380)) : configuration;
  if (conversions_ended(chip, now, tmp117_period(timing)) == 0) {
    return;
  }
  store(&chip->state[1], 1);
  /* 1/128 of a degree a step */
  int64_t value = divided(feel(chip).microcelsius * 128, MILLION) + (int16_t)reg_load(chip, 0x07);
  value = clamped(value, -256 * 128 + 1, 256 * 128 - 1);
  reg_store(chip, TEMPERATURE, (uint64_t)value & 0xffff);
  configuration |= TMP117_READY;
  configuration |= value > (int16_t)reg_load(chip, LOW) ? TMP117_HIGH : 0;
  configuration |= value < (int16_t)reg_load(chip, HIGH) ? TMP117_LOW : 0;
  reg_store(chip, CONFIGURATION, mode == 3 ? (configuration & ~UINT64_C(0x0c00)) | 0x0400 : configuration);
}

static uint64_t tmp117_value(struct world_chip *chip, const struct part_register *reg, int64_t now) {
  (void)now;
  uint64_t held = reg_load(chip, reg->number);
  uint64_t configuration = reg_load(chip, CONFIGURATION);
  if (reg->number == TEMPERATURE) {
    reg_store(chip, CONFIGURATION, configuration & ~(uint64_t)TMP117_READY);
  } else if (reg->number == CONFIGURATION) {
    reg_store(chip, CONFIGURATION, configuration & ~(uint64_t)(TMP117_READY | TMP117_HIGH | TMP117_LOW));
  }
  return held;
}

static void tmp117_set(struct world_chip *chip, const struct part_register *reg, uint64_t value, int64_t now) {
  if (reg->number == CONFIGURATION) {
    if ((value & 2) != 0) {
      for (size_t i = 0; i < sizeof tmp117_registers / sizeof *tmp117_registers; i++) {
        reg_store(chip, tmp117_registers[i].number, tmp117_registers[i].power_on);
      }
      conversion_starts(chip, now);
      store(&chip->state[1], 0);
      return;
    }
    if (((value ^ reg_load(chip, CONFIGURATION)) & 0x0fe0) != 0) {
      conversion_starts(chip, now);
      store(&chip->state[1], 0);
    }
    /* the part takes mode 2 for mode 0 */
    value = (value & 0x0c00) == 0x0800 ? value & ~UINT64_C(0x0800) : value;
    value &= ~(uint64_t)TMP117_READY;
  }
  reg_store(chip, reg->number, value);
}

const struct part part_tmp117 = {.kind = KIND_TMP117,
                                 .name = "TMP117",
                                 .registers = tmp117_registers,
                                 .count = sizeof tmp117_registers / sizeof *tmp117_registers,
                                 .update = tmp117_update,
                                 .read = tmp117_value,
                                 .written = tmp117_set};
