/*
 * EMC2305, five fan drivers that drive pumps here (SMSC/Microchip EMC2305 rev. 1.3). Only direct drive is played: the
 * closed loop (ENAGx) is refused by keeping its bit 0.
 *
 * input N: true speed of pump N, revolutions a minute. output N: duty of driver N, millionths. After power-on the part
 * drives nothing for four seconds; unless a driver is set in that time its watchdog then drives all fans fully.
 */
#include "rig.h"

enum {
  CONFIGURATION = 0x20,
  STATUS = 0x24,
  STALLED = 0x25,
  SPIN_FAILED = 0x26,
  DRIVE_FAILED = 0x27,
  LOCK = 0xef
};

#define FANS 5
#define SETTING(fan) (0x30 + 0x10 * (fan))
#define WATCHDOG_ENABLED 0x20
#define WATCHDOG_NS (4 * NANOS)
#define COUNT_AT_ONE_RPM 3932160 /* two poles, five edges, 32.768 kHz */
#define MOST_COUNT 0x1fff
#define UPDATE_NS (100 * MILLION)

#define FAN(n)                                                                                                         \
  {SETTING(n), 1, 0x00, 0xff, "setting"}, {SETTING(n) + 1, 1, 0x01, 0xff, "divider"},                                  \
      {SETTING(n) + 2, 1, 0x2b, 0x7f, "configuration 1"}, {SETTING(n) + 3, 1, 0x28, 0x7e, "configuration 2"},          \
      {SETTING(n) + 5, 1, 0x2a, 0x3f, "gain"}, {SETTING(n) + 6, 1, 0x19, 0xff, "spin-up"},                             \
      {SETTING(n) + 7, 1, 0x10, 0x3f, "step"}, {SETTING(n) + 8, 1, 0x66, 0xff, "least drive"},                         \
      {SETTING(n) + 9, 1, 0xf5, 0xff, "valid count"}, {SETTING(n) + 10, 1, 0x00, 0xff, "fail band, low"},              \
      {SETTING(n) + 11, 1, 0x00, 0xff, "fail band, high"}, {SETTING(n) + 12, 1, 0xf8, 0xf8, "target, low"},            \
      {SETTING(n) + 13, 1, 0xff, 0xff, "target, high"}, {SETTING(n) + 14, 1, 0xff, 0x00, "reading, high"}, {           \
    SETTING(n) + 15, 1, 0xf8, 0x00, "reading, low"                                                                     \
  }

static const struct part_register registers[] = {
    {CONFIGURATION, 1, 0x40, 0xe3, "configuration"},
    {STATUS, 1, 0, 0, "fan status"},
    {STALLED, 1, 0, 0, "stall status"},
    {SPIN_FAILED, 1, 0, 0, "spin status"},
    {DRIVE_FAILED, 1, 0, 0, "drive fail status"},
    {0x29, 1, 0, 0x1f, "interrupt enable"},
    {0x2a, 1, 0, 0x1f, "PWM polarity"},
    {0x2b, 1, 0, 0x1f, "PWM output"},
    {0x2c, 1, 0, 0x0f, "PWM frequency of 4 and 5"},
    {0x2d, 1, 0, 0x3f, "PWM frequency of 1 to 3"},
    FAN(0),
    FAN(1),
    FAN(2),
    FAN(3),
    FAN(4),
    {LOCK, 1, 0, 0x01, "software lock"},
    {0xfc, 1, 0x00, 0, "product features"},
    {0xfd, 1, 0x34, 0, "product"},
    {0xfe, 1, 0x5d, 0, "manufacturer"},
    {0xff, 1, 0x80, 0, "revision"},
};

/* state[1]: when a setting was last written, 0 for never; state[2]: 1 once the watchdog has run out */
static void drive(struct world_chip *chip) {
  for (int fan = 0; fan < FANS; fan++) {
    store(&chip->output[fan], (int64_t)reg_load(chip, SETTING(fan)) * MILLION / 255);
  }
}

static void count(struct world_chip *chip) {
  struct felt felt = feel(chip);
  uint64_t stalled = 0;
  for (int fan = 0; fan < FANS; fan++) {
    int64_t multiplier = 1LL << (reg_load(chip, SETTING(fan) + 2) >> 5 & 3);
    int64_t rpm = felt.input[fan];
    int64_t reading = rpm <= 0 ? MOST_COUNT : clamped(COUNT_AT_ONE_RPM * multiplier / rpm, 0, MOST_COUNT);
    reg_store(chip, SETTING(fan) + 14, (uint64_t)reading >> 5);
    reg_store(chip, SETTING(fan) + 15, (uint64_t)(reading & 0x1f) << 3);
    int driven = reg_load(chip, SETTING(fan)) >= reg_load(chip, SETTING(fan) + 8);
    if (driven && reading >> 5 > (int64_t)reg_load(chip, SETTING(fan) + 9)) {
      stalled |= 1u << fan;
    }
  }
  reg_store(chip, STALLED, reg_load(chip, STALLED) | stalled);
  reg_store(chip, STATUS, reg_load(chip, STATUS) | (stalled != 0 ? 0x01 : 0));
}

static void update(struct world_chip *chip, int64_t now) {
  int64_t fed = load(&chip->state[1]);
  int runs = load(&chip->state[3]) != 0 || (reg_load(chip, CONFIGURATION) & WATCHDOG_ENABLED) != 0;
  if (runs && load(&chip->state[2]) == 0 && now - fed > WATCHDOG_NS) {
    store(&chip->state[2], 1);
    for (int fan = 0; fan < FANS; fan++) {
      reg_store(chip, SETTING(fan), 0xff);
    }
    reg_store(chip, STATUS, reg_load(chip, STATUS) | 0x80);
    drive(chip);
  }
  if (conversions_ended(chip, now, UPDATE_NS) > 0) {
    count(chip);
  }
}

static void power_on(struct world_chip *chip, int64_t now) {
  /* state[3]: the watchdog of power-on runs. The board has long been powered when a flight starts: at the first
     power-on of a world it has run out. */
  store(&chip->state[3], 1);
  store(&chip->state[1], load(&chip->resets) <= 1 ? now - 2 * WATCHDOG_NS : now);
  drive(chip);
}

static uint64_t value(struct world_chip *chip, const struct part_register *reg, int64_t now) {
  (void)now;
  uint64_t held = reg_load(chip, reg->number);
  if (reg->number >= STATUS && reg->number <= DRIVE_FAILED) {
    /* cleared by reading; what goes on is set again by the next measurement */
    reg_store(chip, reg->number, 0);
  }
  return held;
}

static void set(struct world_chip *chip, const struct part_register *reg, uint64_t value, int64_t now) {
  int locked = (reg_load(chip, LOCK) & 1) != 0;
  int fan_register = reg->number >= 0x30 && reg->number < 0x80;
  int is_setting = fan_register && (reg->number & 0x0f) == 0;
  int is_target = fan_register && (reg->number & 0x0f) >= 0x0c;
  if (locked && !is_setting && !is_target && (reg->number == LOCK || reg->number == CONFIGURATION || fan_register)) {
    return;
  }
  reg_store(chip, reg->number, value);
  if (is_setting) {
    store(&chip->state[1], now);
    store(&chip->state[2], 0);
    store(&chip->state[3], 0);
    drive(chip);
  }
  if (reg->number == CONFIGURATION) {
    store(&chip->state[1], now);
  }
}

const struct part part_emc2305 = {.kind = KIND_EMC2305,
                                  .name = "EMC2305",
                                  .registers = registers,
                                  .count = sizeof registers / sizeof *registers,
                                  .power_on = power_on,
                                  .update = update,
                                  .read = value,
                                  .written = set};
