/*
 * Two PMBus switches: ADM1272 (Analog Devices, hot-swap controller, direct format) and a part that speaks LINEAR11 and
 * LINEAR16 as the PMBus specification (part II, revision 1.3) has them.
 *
 * input 0: volts before the switch (microvolts), 1: behind it. current_microamperes: through it. microcelsius: of it.
 * output 0: 1 while it is told to conduct; output 1: the current at which it turns off, microamperes. The rig compares:
 * it sets `latched` and counts `trips`; the part forgets `latched` when OPERATION turns it off.
 */
#include "rig.h"

enum {
  PAGE = 0x00,
  OPERATION = 0x01,
  ON_OFF = 0x02,
  CLEAR_FAULTS = 0x03,
  CAPABILITY = 0x19,
  VOUT_MODE = 0x20,
  IOUT_FAULT_LIMIT = 0x46,
  IOUT_WARN_LIMIT = 0x4a,
  STATUS_BYTE = 0x78,
  STATUS_WORD = 0x79,
  STATUS_VOUT = 0x7a,
  STATUS_IOUT = 0x7b,
  STATUS_INPUT = 0x7c,
  STATUS_TEMPERATURE = 0x7d,
  STATUS_CML = 0x7e,
  STATUS_OTHER = 0x7f,
  STATUS_MFR = 0x80,
  READ_VIN = 0x88,
  READ_IIN = 0x89,
  READ_VOUT = 0x8b,
  READ_IOUT = 0x8c,
  READ_TEMPERATURE = 0x8d,
  READ_POUT = 0x96,
  READ_PIN = 0x97,
  REVISION = 0x98,
  MFR_ID = 0x99,
  MFR_MODEL = 0x9a,
  MFR_REVISION = 0x9b,
  PEAK_IOUT = 0xd0,
  PMON_CONTROL = 0xd3,
  PMON_CONFIG = 0xd4,
  POWER_CYCLE = 0xd9
};

#define ON 0x80
#define OC_FAULT 0x80
#define OC_WARN 0x20
#define CONDUCTS 0
#define LIMIT 1
#define TRIPS_SEEN 2
#define CYCLE_ENDS 3

/* state[TRIPS_SEEN], state[CYCLE_ENDS]; state[4..8] hold what the last conversion measured */
#define VIN 4
#define VOUT 5
#define IOUT 6
#define DEGREES 7

/* Below this the part has no input, and its switch is off until it has. */
#define LEAST_INPUT_MICROVOLTS 4000000

static int supplied(struct world_chip *chip) {
  return load(&chip->input[0]) >= LEAST_INPUT_MICROVOLTS;
}

static int conducts(struct world_chip *chip) {
  return supplied(chip) && (reg_load(chip, OPERATION) & ON) != 0 && load(&chip->latched) == 0 && load(&chip->state[CYCLE_ENDS]) == 0;
}

static void raise_bits(struct world_chip *chip, int status, uint64_t bits) {
  reg_store(chip, status, reg_load(chip, status) | bits);
}

static void common_update(struct world_chip *chip, int64_t now) {
  int64_t ends = load(&chip->state[CYCLE_ENDS]);
  if (ends != 0 && now >= ends) {
    store(&chip->state[CYCLE_ENDS], 0);
  }
  int64_t trips = load(&chip->trips);
  if (trips != load(&chip->state[TRIPS_SEEN])) {
    store(&chip->state[TRIPS_SEEN], trips);
    raise_bits(chip, STATUS_IOUT, OC_FAULT);
  }
  if (!supplied(chip)) {
    raise_bits(chip, STATUS_INPUT, 0x10);
  }
  store(&chip->output[CONDUCTS], (reg_load(chip, OPERATION) & ON) != 0 && load(&chip->state[CYCLE_ENDS]) == 0);
}

static int measure(struct world_chip *chip, int64_t now, int64_t length_ns) {
  if (conversions_ended(chip, now, length_ns) == 0) {
    return 0;
  }
  struct felt felt = feel(chip);
  store(&chip->state[VIN], felt.input[0]);
  store(&chip->state[VOUT], felt.input[1]);
  store(&chip->state[IOUT], felt.microamperes);
  store(&chip->state[DEGREES], felt.microcelsius);
  return 1;
}

/* STATUS_WORD from what stands behind it (PMBus part II, 17.1). */
static uint64_t status_word(struct world_chip *chip) {
  uint64_t iout = reg_load(chip, STATUS_IOUT);
  uint64_t status = 0;
  int on = conducts(chip);
  int good = on && load(&chip->input[1]) * 10 > load(&chip->input[0]) * 9;
  status |= on ? 0 : 0x0040;
  status |= good ? 0 : 0x0800;
  status |= (iout & OC_FAULT) != 0 ? 0x0010 : 0;
  status |= iout != 0 ? 0x4000 : 0;
  status |= reg_load(chip, STATUS_VOUT) != 0 ? 0x8000 : 0;
  status |= (reg_load(chip, STATUS_VOUT) & 0x80) != 0 ? 0x0020 : 0;
  status |= reg_load(chip, STATUS_INPUT) != 0 ? 0x2000 : 0;
  status |= (reg_load(chip, STATUS_INPUT) & 0x10) != 0 ? 0x0008 : 0;
  status |= reg_load(chip, STATUS_TEMPERATURE) != 0 ? 0x0004 : 0;
  status |= reg_load(chip, STATUS_CML) != 0 ? 0x0002 : 0;
  status |= reg_load(chip, STATUS_MFR) != 0 ? 0x1000 : 0;
  return status | ((status & 0xff00) != 0 && (status & 0x00fe) == 0 ? 1 : 0);
}

static void clear_faults(struct world_chip *chip) {
  for (int status = STATUS_VOUT; status <= STATUS_MFR; status++) {
    reg_store(chip, status, 0);
  }
}

static void set_operation(struct world_chip *chip, uint64_t value) {
  if ((value & ON) == 0) {
    store(&chip->latched, 0);
  } else if ((reg_load(chip, OPERATION) & ON) == 0) {
    /* turned on again: what turned it off is forgotten (PMBus part II, 10.2) */
    clear_faults(chip);
  }
  reg_store(chip, OPERATION, value);
  store(&chip->output[CONDUCTS], (value & ON) != 0);
}

/* Status bits are cleared by ones (PMBus part II, 17). */
static int clears_by_ones(int number) {
  return number >= STATUS_VOUT && number <= STATUS_MFR;
}

static void refused(struct world_chip *chip, int command, int status) {
  (void)command;
  raise_bits(chip, STATUS_CML, (uint64_t)status);
}

static int text(unsigned char *data, const char *what) {
  size_t length = strlen(what);
  memcpy(data, what, length);
  return (int)length;
}

/* ---- ADM1272 ---- */

#define ADM_OFF_NS (5 * NANOS)
#define ADM_FULL_MICROAMPERES_AT_15MV 15000000
#define ADM_CONVERSION_NS (30 * MILLION)

static const struct part_register adm1272_registers[] = {
    {OPERATION, 1, 0x80, 0x80, "OPERATION"},
    {CAPABILITY, 1, 0xb0, 0, "CAPABILITY"},
    {0x42, 2, 0x0fff, 0x0fff, "VOUT_OV_WARN_LIMIT"},
    {0x43, 2, 0x0000, 0x0fff, "VOUT_UV_WARN_LIMIT"},
    {IOUT_WARN_LIMIT, 2, 0x0fff, 0x0fff, "IOUT_OC_WARN_LIMIT"},
    {0x4f, 2, 0x0fff, 0x0fff, "OT_FAULT_LIMIT"},
    {0x51, 2, 0x0fff, 0x0fff, "OT_WARN_LIMIT"},
    {0x57, 2, 0x0fff, 0x0fff, "VIN_OV_WARN_LIMIT"},
    {0x58, 2, 0x0000, 0x0fff, "VIN_UV_WARN_LIMIT"},
    {0x6b, 2, 0x7fff, 0x7fff, "PIN_OP_WARN_LIMIT"},
    {STATUS_BYTE, 1, 0, 0, "STATUS_BYTE"},
    {STATUS_WORD, 2, 0, 0, "STATUS_WORD"},
    {STATUS_VOUT, 1, 0, 0, "STATUS_VOUT"},
    {STATUS_IOUT, 1, 0, 0, "STATUS_IOUT"},
    {STATUS_INPUT, 1, 0, 0, "STATUS_INPUT"},
    {STATUS_TEMPERATURE, 1, 0, 0, "STATUS_TEMPERATURE"},
    {STATUS_CML, 1, 0, 0, "STATUS_CML"},
    {STATUS_OTHER, 1, 0, 0, "STATUS_OTHER"},
    {STATUS_MFR, 1, 0, 0, "STATUS_MFR_SPECIFIC"},
    {READ_VIN, 2, 0, 0, "READ_VIN"},
    {READ_VOUT, 2, 0, 0, "READ_VOUT"},
    {READ_IOUT, 2, 0, 0, "READ_IOUT"},
    {READ_TEMPERATURE, 2, 0, 0, "READ_TEMPERATURE_1"},
    {READ_PIN, 2, 0, 0, "READ_PIN"},
    {REVISION, 1, 0x22, 0, "PMBUS_REVISION"},
    {PEAK_IOUT, 2, 0, 0xffff, "PEAK_IOUT"},
    {0xd1, 2, 0, 0xffff, "PEAK_VIN"},
    {0xd2, 2, 0, 0xffff, "PEAK_VOUT"},
    {PMON_CONTROL, 1, 0x01, 0x01, "PMON_CONTROL"},
    {PMON_CONFIG, 2, 0x0714, 0xffff, "PMON_CONFIG"},
    {0xd5, 2, 0x8000, 0xffff, "ALERT1_CONFIG"},
    {0xd6, 2, 0x8000, 0xffff, "ALERT2_CONFIG"},
    {0xd7, 2, 0, 0xffff, "PEAK_TEMPERATURE"},
    {0xd8, 2, 0, 0xffff, "DEVICE_CONFIG"},
    {0xda, 2, 0, 0xffff, "PEAK_PIN"},
    {0xf2, 2, 0x0000, 0xffff, "HYSTERESIS_LOW"},
    {0xf3, 2, 0xffff, 0xffff, "HYSTERESIS_HIGH"},
    {0xf6, 2, 0x000f, 0x000f, "STRT_UP_IOUT_LIM"},
};

/*
 * Direct format, Y = (m X + b) 10^R (data sheet, table 9). Voltage: m 6770 or 4062 (range 60 or 100 V), b 0, R -2.
 * Current: m 1326 or 663 (15 or 30 mV), b 20480, R -1, with a sense resistor of one milliohm. Power: m as below.
 * Temperature: m 42, b 31871, R -1.
 */
static int64_t adm_volts(uint64_t config, int64_t microvolts) {
  return clamped(divided(microvolts * ((config & 0x20) != 0 ? 4062 : 6770), 100 * MILLION), 0, 0xfff);
}

static int64_t adm_current_m(uint64_t config) {
  return (config & 1) != 0 ? 663 : 1326;
}

/* What the sense resistor makes of the current, as if it were one milliohm. */
static int64_t adm_sensed(struct world_chip *chip, int64_t microamperes) {
  return (int64_t)((__int128)microamperes * load(&chip->shunt_nanoohms) / 1000000);
}

static int64_t adm_amperes(uint64_t config, int64_t sensed) {
  return clamped(divided(sensed * adm_current_m(config) / 1000 + INT64_C(20480) * 1000, 10 * 1000), 0, 0xfff);
}

static int64_t adm_watts(uint64_t config, int64_t microvolts, int64_t sensed) {
  static const int64_t m[] = {3512, 2107, 1756, 1054}; /* R -2; 60 V 15 mV, 100 V 15 mV, 60 V 30 mV, 100 V 30 mV */
  int64_t milliwatts = (int64_t)((__int128)microvolts * (sensed > 0 ? sensed : 0) / 1000000000);
  return clamped(divided(milliwatts * m[(config & 1) * 2 + ((config & 0x20) != 0)], 100 * 1000), 0, 0xffff);
}

/*
 * The current at which the part turns off, microamperes: 15 mV over the true resistor, as its ISET pin is strapped on this
 * board. No register changes it; IOUT_OC_WARN_LIMIT warns and does no more.
 */
static int64_t adm_limit(struct world_chip *chip) {
  int64_t shunt = load(&chip->shunt_nanoohms);
  return shunt <= 0 ? INT64_MAX : (int64_t)((__int128)ADM_FULL_MICROAMPERES_AT_15MV * 1000000 / shunt);
}

static void keep_peak(struct world_chip *chip, int number, uint64_t value) {
  if (value > reg_load(chip, number)) {
    reg_store(chip, number, value);
  }
}

static void adm1272_update(struct world_chip *chip, int64_t now) {
  common_update(chip, now);
  store(&chip->output[LIMIT], adm_limit(chip));
  if ((reg_load(chip, PMON_CONTROL) & 1) == 0) {
    conversion_starts(chip, now);
    return;
  }
  if (!measure(chip, now, ADM_CONVERSION_NS)) {
    return;
  }
  uint64_t config = reg_load(chip, PMON_CONFIG);
  int64_t sensed = adm_sensed(chip, load(&chip->state[IOUT]));
  uint64_t amperes = (uint64_t)adm_amperes(config, sensed);
  uint64_t vin = (uint64_t)adm_volts(config, load(&chip->state[VIN]));
  reg_store(chip, READ_IOUT, amperes);
  reg_store(chip, READ_VIN, vin);
  reg_store(chip, READ_PIN, (uint64_t)adm_watts(config, load(&chip->state[VIN]), sensed));
  uint64_t vout = (uint64_t)adm_volts(config, load(&chip->state[VOUT]));
  reg_store(chip, READ_VOUT, vout);
  int64_t degrees = divided(load(&chip->state[DEGREES]) * 42 + INT64_C(31871) * MILLION, 10 * MILLION);
  reg_store(chip, READ_TEMPERATURE, (uint64_t)clamped(degrees, 0, 0xfff));
  keep_peak(chip, PEAK_IOUT, amperes);
  keep_peak(chip, 0xd1, vin);
  keep_peak(chip, 0xd2, vout);
  if (amperes > reg_load(chip, IOUT_WARN_LIMIT)) {
    raise_bits(chip, STATUS_IOUT, OC_WARN);
  }
  if (vin < reg_load(chip, 0x58)) {
    raise_bits(chip, STATUS_INPUT, 0x20);
  }
  if ((config & 0x02) != 0 && conducts(chip) && vout < reg_load(chip, 0x43)) {
    raise_bits(chip, STATUS_VOUT, 0x20);
  }
  if ((config & 0x08) != 0 && degrees > (int64_t)reg_load(chip, 0x51)) {
    raise_bits(chip, STATUS_TEMPERATURE, 0x40);
  }
}

static void switch_power_on(struct world_chip *chip, int64_t now) {
  (void)now;
  store(&chip->latched, 0);
  store(&chip->state[TRIPS_SEEN], load(&chip->trips));
  store(&chip->output[CONDUCTS], 1);
}

static uint64_t switch_value(struct world_chip *chip, const struct part_register *reg, int64_t now) {
  (void)now;
  switch (reg->number) {
  case STATUS_BYTE:
    return status_word(chip) & 0xff;
  case STATUS_WORD:
    return status_word(chip);
  case READ_VOUT:
  case READ_TEMPERATURE:
    /* the ADM1272 shows these two only while they are enabled */
    if (load(&chip->kind) == KIND_ADM1272 &&
        (reg_load(chip, PMON_CONFIG) & (reg->number == READ_VOUT ? 0x02 : 0x08)) == 0) {
      return 0;
    }
    return reg_load(chip, reg->number);
  default:
    return reg_load(chip, reg->number);
  }
}

static void adm1272_set(struct world_chip *chip, const struct part_register *reg, uint64_t value, int64_t now) {
  (void)now;
  if (reg->number == OPERATION) {
    set_operation(chip, value);
  } else if (reg->number == PEAK_IOUT || (reg->number >= 0xd1 && reg->number <= 0xd2)) {
    reg_store(chip, reg->number, 0);
  } else {
    reg_store(chip, reg->number, value);
  }
  store(&chip->output[LIMIT], adm_limit(chip));
}

static int adm1272_command(struct world_chip *chip, int command, int64_t now) {
  switch (command) {
  case CLEAR_FAULTS:
    clear_faults(chip);
    return 0;
  case POWER_CYCLE:
    store(&chip->latched, 0);
    clear_faults(chip);
    store(&chip->state[CYCLE_ENDS], now + ADM_OFF_NS);
    store(&chip->output[CONDUCTS], 0);
    reg_store(chip, OPERATION, ON);
    return 0;
  default:
    refused(chip, command, 0x80);
    return -EREMOTEIO;
  }
}

static int adm1272_block(struct world_chip *chip, int command, unsigned char *data) {
  (void)chip;
  switch (command) {
  case MFR_ID:
    return text(data, "ADI");
  case MFR_MODEL:
    return text(data, "ADM1272-1A");
  case MFR_REVISION:
    return text(data, "2");
  default:
    return -EREMOTEIO;
  }
}

const struct part part_adm1272 = {.kind = KIND_ADM1272,
                                  .name = "ADM1272",
                                  .flags = PART_LOW_BYTE_FIRST | PART_CHECKS | PART_PMBUS,
                                  .registers = adm1272_registers,
                                  .count = sizeof adm1272_registers / sizeof *adm1272_registers,
                                  .power_on = switch_power_on,
                                  .update = adm1272_update,
                                  .read = switch_value,
                                  .written = adm1272_set,
                                  .command = adm1272_command,
                                  .block = adm1272_block,
                                  .refused = refused};

/* ---- LINEAR11 and LINEAR16 ---- */

#define LINEAR_CONVERSION_NS (20 * MILLION)
#define VOUT_EXPONENT 9 /* 2^-9 V a step */

static const struct part_register linear_registers[] = {
    {PAGE, 1, 0x00, 0x00, "PAGE"},
    {OPERATION, 1, 0x80, 0xfc, "OPERATION"},
    {ON_OFF, 1, 0x1a, 0x1f, "ON_OFF_CONFIG"},
    {0x10, 1, 0x00, 0xe0, "WRITE_PROTECT"},
    {CAPABILITY, 1, 0xb0, 0, "CAPABILITY"},
    {VOUT_MODE, 1, 0x20 - VOUT_EXPONENT, 0, "VOUT_MODE"},
    {0x21, 2, 5 << VOUT_EXPONENT, 0xffff, "VOUT_COMMAND"},
    {0x40, 2, 6 << VOUT_EXPONENT, 0xffff, "VOUT_OV_FAULT_LIMIT"},
    {0x44, 2, 4 << VOUT_EXPONENT, 0xffff, "VOUT_UV_FAULT_LIMIT"},
    {IOUT_FAULT_LIMIT, 2, 0xd200, 0xffff, "IOUT_OC_FAULT_LIMIT"}, /* 8 A */
    {0x47, 1, 0xc0, 0xff, "IOUT_OC_FAULT_RESPONSE"},
    {IOUT_WARN_LIMIT, 2, 0xd1c0, 0xffff, "IOUT_OC_WARN_LIMIT"}, /* 7 A */
    {0x4f, 2, 0xebe8, 0xffff, "OT_FAULT_LIMIT"},                /* 125 degrees */
    {0x51, 2, 0xeb20, 0xffff, "OT_WARN_LIMIT"},                 /* 100 degrees */
    {STATUS_BYTE, 1, 0, 0, "STATUS_BYTE"},
    {STATUS_WORD, 2, 0, 0, "STATUS_WORD"},
    {STATUS_VOUT, 1, 0, 0xff, "STATUS_VOUT"},
    {STATUS_IOUT, 1, 0, 0xff, "STATUS_IOUT"},
    {STATUS_INPUT, 1, 0, 0xff, "STATUS_INPUT"},
    {STATUS_TEMPERATURE, 1, 0, 0xff, "STATUS_TEMPERATURE"},
    {STATUS_CML, 1, 0, 0xff, "STATUS_CML"},
    {STATUS_OTHER, 1, 0, 0xff, "STATUS_OTHER"},
    {STATUS_MFR, 1, 0, 0xff, "STATUS_MFR_SPECIFIC"},
    {READ_VIN, 2, 0, 0, "READ_VIN"},
    {READ_IIN, 2, 0, 0, "READ_IIN"},
    {READ_VOUT, 2, 0, 0, "READ_VOUT"},
    {READ_IOUT, 2, 0, 0, "READ_IOUT"},
    {READ_TEMPERATURE, 2, 0, 0, "READ_TEMPERATURE_1"},
    {READ_POUT, 2, 0, 0, "READ_POUT"},
    {READ_PIN, 2, 0, 0, "READ_PIN"},
    {REVISION, 1, 0x33, 0, "PMBUS_REVISION"},
};

/* LINEAR11: 5 bits of exponent, 11 of mantissa; the finest that fits. */
static uint64_t linear11(int64_t micro) {
  for (int exponent = -16; exponent < 16; exponent++) {
    int64_t mantissa =
        exponent < 0 ? divided((int64_t)((__int128)micro << -exponent), MILLION) : divided(micro >> exponent, MILLION);
    if (mantissa >= -1024 && mantissa <= 1023) {
      return (uint64_t)((exponent & 0x1f) << 11 | (mantissa & 0x7ff));
    }
  }
  return 0x7bff;
}

static int64_t from_linear11(uint64_t word) {
  int64_t mantissa = (int64_t)(word & 0x7ff);
  mantissa -= mantissa >= 0x400 ? 0x800 : 0;
  int exponent = (int)(word >> 11 & 0x1f);
  exponent -= exponent >= 16 ? 32 : 0;
  return exponent >= 0 ? mantissa * MILLION * (1LL << exponent) : mantissa * MILLION / (1LL << -exponent);
}

static void linear_update(struct world_chip *chip, int64_t now) {
  common_update(chip, now);
  store(&chip->output[LIMIT], from_linear11(reg_load(chip, IOUT_FAULT_LIMIT)));
  if (!measure(chip, now, LINEAR_CONVERSION_NS)) {
    return;
  }
  int64_t vin = load(&chip->state[VIN]);
  int64_t vout = load(&chip->state[VOUT]);
  int64_t iout = load(&chip->state[IOUT]);
  int64_t pout = (int64_t)((__int128)vout * iout / MILLION);
  reg_store(chip, READ_VIN, linear11(vin));
  reg_store(chip, READ_VOUT, (uint64_t)clamped(divided(vout << VOUT_EXPONENT, MILLION), 0, 0xffff));
  reg_store(chip, READ_IOUT, linear11(iout));
  reg_store(chip, READ_POUT, linear11(pout));
  reg_store(chip, READ_PIN, linear11(pout));
  reg_store(chip, READ_IIN, linear11(vin <= 0 ? 0 : (int64_t)((__int128)pout * MILLION / vin)));
  reg_store(chip, READ_TEMPERATURE, linear11(load(&chip->state[DEGREES])));
  if (iout > from_linear11(reg_load(chip, IOUT_WARN_LIMIT))) {
    raise_bits(chip, STATUS_IOUT, OC_WARN);
  }
  if (load(&chip->state[DEGREES]) > from_linear11(reg_load(chip, 0x51))) {
    raise_bits(chip, STATUS_TEMPERATURE, 0x40);
  }
}

static void linear_set(struct world_chip *chip, const struct part_register *reg, uint64_t value, int64_t now) {
  (void)now;
  uint64_t protect = reg_load(chip, 0x10);
  int is_protected = ((protect & 0x80) != 0 && reg->number != 0x10) ||
                     ((protect & 0x40) != 0 && reg->number != 0x10 && reg->number != OPERATION && reg->number != PAGE);
  if (is_protected) {
    refused(chip, reg->number, 0x40);
  } else if (reg->number == OPERATION) {
    set_operation(chip, value);
  } else if (clears_by_ones(reg->number)) {
    reg_store(chip, reg->number, reg_load(chip, reg->number) & ~value);
  } else {
    reg_store(chip, reg->number, value);
    store(&chip->output[LIMIT], from_linear11(reg_load(chip, IOUT_FAULT_LIMIT)));
  }
}

static int linear_command(struct world_chip *chip, int command, int64_t now) {
  (void)now;
  if (command == CLEAR_FAULTS) {
    clear_faults(chip);
    return 0;
  }
  refused(chip, command, 0x80);
  return -EREMOTEIO;
}

static int linear_block(struct world_chip *chip, int command, unsigned char *data) {
  (void)chip;
  switch (command) {
  case MFR_ID:
    return text(data, "HELIOSTAT");
  case MFR_MODEL:
    return text(data, "RIG-SWITCH");
  case MFR_REVISION:
    return text(data, "1");
  default:
    return -EREMOTEIO;
  }
}

const struct part part_pmbus_linear = {.kind = KIND_PMBUS_LINEAR,
                                       .name = "PMBus LINEAR",
                                       .flags = PART_LOW_BYTE_FIRST | PART_CHECKS | PART_PMBUS,
                                       .registers = linear_registers,
                                       .count = sizeof linear_registers / sizeof *linear_registers,
                                       .power_on = switch_power_on,
                                       .update = linear_update,
                                       .read = switch_value,
                                       .written = linear_set,
                                       .command = linear_command,
                                       .block = linear_block,
                                       .refused = refused};
