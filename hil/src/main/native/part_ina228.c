/* INA228, 20-bit power monitor (Texas Instruments SLYS021). Energy and charge are not accumulated. */
#include "rig.h"

enum {
  CONFIGURATION = 0x00,
  ADC = 0x01,
  CALIBRATION = 0x02,
  SHUNT = 0x04,
  BUS = 0x05,
  DIE = 0x06,
  CURRENT = 0x07,
  POWER = 0x08,
  DIAGNOSIS = 0x0b
};

#define READY 0x0002

static const struct part_register registers[] = {
    {CONFIGURATION, 2, 0x0000, 0xfff0, "configuration"},
    {ADC, 2, 0xfb68, 0xffff, "converter configuration"},
    {CALIBRATION, 2, 0x1000, 0x7fff, "shunt calibration"},
    {0x03, 2, 0x0000, 0x3fff, "shunt temperature coefficient"},
    {SHUNT, 3, 0, 0, "shunt voltage"},
    {BUS, 3, 0, 0, "bus voltage"},
    {DIE, 2, 0, 0, "die temperature"},
    {CURRENT, 3, 0, 0, "current"},
    {POWER, 3, 0, 0, "power"},
    {0x09, 5, 0, 0, "energy"},
    {0x0a, 5, 0, 0, "charge"},
    {DIAGNOSIS, 2, 0x0001, 0xf000, "diagnosis and alert"},
    {0x0c, 2, 0x7fff, 0xffff, "shunt over-voltage limit"},
    {0x0d, 2, 0x8000, 0xffff, "shunt under-voltage limit"},
    {0x0e, 2, 0x7fff, 0x7fff, "bus over-voltage limit"},
    {0x0f, 2, 0x0000, 0x7fff, "bus under-voltage limit"},
    {0x10, 2, 0x7fff, 0xffff, "temperature limit"},
    {0x11, 2, 0xffff, 0xffff, "power limit"},
    {0x3e, 2, 0x5449, 0, "manufacturer"},
    {0x3f, 2, 0x2281, 0, "device"},
};

static const int64_t averages[] = {1, 4, 16, 64, 128, 256, 512, 1024};
static const int64_t times_us[] = {50, 84, 150, 280, 540, 1052, 2074, 4120};

static int64_t conversion_ns(uint64_t adc) {
  int64_t time = 0;
  time += (adc & 0x1000) != 0 ? times_us[adc >> 9 & 7] : 0;
  time += (adc & 0x2000) != 0 ? times_us[adc >> 6 & 7] : 0;
  time += (adc & 0x4000) != 0 ? times_us[adc >> 3 & 7] : 0;
  return time * averages[adc & 7] * 1000;
}

static int64_t twenty_bits(uint64_t value) {
  int64_t number = (int64_t)(value >> 4 & 0xfffff);
  return number >= 0x80000 ? number - 0x100000 : number;
}

static void convert(struct world_chip *chip) {
  struct felt felt = feel(chip);
  uint64_t adc = reg_load(chip, ADC);
  int fine = (reg_load(chip, CONFIGURATION) & 0x10) != 0;
  if ((adc & 0x2000) != 0) {
    /* 312.5 nV a step, or 78.125 nV; microamperes times nanoohms are femtovolts */
    __int128 femtovolts = (__int128)felt.microamperes * load(&chip->shunt_nanoohms);
    int64_t steps = divided((int64_t)(femtovolts / 1000), fine ? 78125 : 312500);
    reg_store(chip, SHUNT, (uint64_t)(clamped(steps, -0x80000, 0x7ffff) & 0xfffff) << 4);
  }
  if ((adc & 0x1000) != 0) {
    /* 195.3125 uV a step */
    reg_store(chip, BUS, (uint64_t)clamped(divided(felt.microvolts * 10000, 1953125), 0, 0x7ffff) << 4);
  }
  if ((adc & 0x4000) != 0) {
    reg_store(chip, DIE, (uint64_t)clamped(divided(felt.microcelsius * 10, 78125), -32768, 32767) & 0xffff);
  }
  int64_t calibration = (int64_t)reg_load(chip, CALIBRATION);
  int64_t shunt = twenty_bits(reg_load(chip, SHUNT));
  int64_t current = calibration == 0 ? 0 : shunt * 4096 / calibration;
  int64_t bounded = clamped(current, -0x80000, 0x7ffff);
  int64_t power = (bounded < 0 ? -bounded : bounded) * twenty_bits(reg_load(chip, BUS)) / 16384;
  reg_store(chip, CURRENT, (uint64_t)(bounded & 0xfffff) << 4);
  reg_store(chip, POWER, (uint64_t)clamped(power, 0, 0xffffff));
  uint64_t diagnosis = reg_load(chip, DIAGNOSIS) | READY;
  diagnosis = current != bounded ? diagnosis | 0x0200 : diagnosis & ~UINT64_C(0x0200);
  reg_store(chip, DIAGNOSIS, diagnosis);
}

static void update(struct world_chip *chip, int64_t now) {
  uint64_t adc = reg_load(chip, ADC);
  if ((adc & 0x7000) == 0 || ((adc & 0x8000) == 0 && load(&chip->state[1]) != 0)) {
    return;
  }
  if (conversions_ended(chip, now, conversion_ns(adc)) > 0) {
    convert(chip);
    store(&chip->state[1], 1);
  }
}

static uint64_t value(struct world_chip *chip, const struct part_register *reg, int64_t now) {
  (void)now;
  uint64_t held = reg_load(chip, reg->number);
  if (reg->number == DIAGNOSIS) {
    reg_store(chip, DIAGNOSIS, held & ~(uint64_t)READY);
  }
  return held;
}

static void set(struct world_chip *chip, const struct part_register *reg, uint64_t value, int64_t now) {
  if (reg->number == CONFIGURATION && (value & 0x8000) != 0) {
    for (size_t i = 0; i < sizeof registers / sizeof *registers; i++) {
      reg_store(chip, registers[i].number, registers[i].power_on);
    }
    store(&chip->state[1], 0);
    conversion_starts(chip, now);
    return;
  }
  reg_store(chip, reg->number, reg->number == CONFIGURATION ? value & ~UINT64_C(0x4000) : value);
  if (reg->number == ADC) {
    reg_store(chip, DIAGNOSIS, reg_load(chip, DIAGNOSIS) & ~(uint64_t)READY);
    store(&chip->state[1], 0);
    conversion_starts(chip, now);
  }
}

const struct part part_ina228 = {.kind = KIND_INA228,
                                 .name = "INA228",
                                 .registers = registers,
                                 .count = sizeof registers / sizeof *registers,
                                 .update = update,
                                 .read = value,
                                 .written = set};
