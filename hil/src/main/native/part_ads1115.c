/* ADS1115, 16-bit converter (Texas Instruments SBAS444). input 0 to 3: volts at AIN0 to AIN3, microvolts. */
#include "rig.h"

enum { CONVERSION, CONFIGURATION, LOW, HIGH };

#define IDLE 0x8000

static const struct part_register registers[] = {
    {CONVERSION, 2, 0, 0, "conversion"},
    {CONFIGURATION, 2, 0x8583, 0xffff, "configuration"},
    {LOW, 2, 0x8000, 0xffff, "low threshold"},
    {HIGH, 2, 0x7fff, 0xffff, "high threshold"},
};

static int single(uint64_t configuration) {
  return (configuration & 0x0100) != 0;
}

static int64_t difference(struct felt *felt, int mux) {
  static const signed char plus[] = {0, 0, 1, 2, 0, 1, 2, 3};
  static const signed char minus[] = {1, 3, 3, 3, -1, -1, -1, -1};
  return felt->input[plus[mux]] - (minus[mux] < 0 ? 0 : felt->input[minus[mux]]);
}

static void update(struct world_chip *chip, int64_t now) {
  static const int64_t rates[] = {8, 16, 32, 64, 128, 250, 475, 860};
  static const int64_t full_scale_uv[] = {6144000, 4096000, 2048000, 1024000, 512000, 256000, 256000, 256000};
  uint64_t configuration = reg_load(chip, CONFIGURATION);
  /* state[1]: a single conversion runs */
  if (single(configuration) && load(&chip->state[1]) == 0) {
    conversion_starts(chip, now);
    return;
  }
  if (conversions_ended(chip, now, NANOS / rates[configuration >> 5 & 7]) == 0) {
    return;
  }
  store(&chip->state[1], 0);
  struct felt felt = feel(chip);
  int64_t steps = divided(difference(&felt, (int)(configuration >> 12 & 7)) * 32768, full_scale_uv[configuration >> 9 & 7]);
  reg_store(chip, CONVERSION, (uint64_t)clamped(steps, -32768, 32767) & 0xffff);
}

static uint64_t value(struct world_chip *chip, const struct part_register *reg, int64_t now) {
  (void)now;
  uint64_t held = reg_load(chip, reg->number);
  if (reg->number == CONFIGURATION) {
    return single(held) && load(&chip->state[1]) == 0 ? held | IDLE : held & ~(uint64_t)IDLE;
  }
  return held;
}

static void set(struct world_chip *chip, const struct part_register *reg, uint64_t value, int64_t now) {
  if (reg->number == CONFIGURATION) {
    int starts = !single(value) || (value & IDLE) != 0;
    store(&chip->state[1], single(value) && starts);
    if (starts) {
      conversion_starts(chip, now);
    }
  }
  reg_store(chip, reg->number, value);
}

const struct part part_ads1115 = {.kind = KIND_ADS1115,
                                  .name = "ADS1115",
                                  .registers = registers,
                                  .count = sizeof registers / sizeof *registers,
                                  .update = update,
                                  .read = value,
                                  .written = set};
