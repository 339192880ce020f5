/*
 * What all I2C parts have in common: registers from a table, transfers byte for byte, packet error checking (SMBus 3.1,
 * 5.4: CRC-8, x^8 + x^2 + x + 1), power-on. The tables are the one place where power-on values stand.
 */
#include "rig.h"

#define STATUS_BAD_COMMAND 0x80
#define STATUS_BAD_DATA 0x40
#define STATUS_BAD_CHECK 0x20

static const struct part *const parts[] = {
    &part_ina226,  &part_lm75,         &part_tmp105,  &part_tmp102,  &part_tmp117,  &part_ina228,
    &part_adm1272, &part_pmbus_linear, &part_pca9685, &part_emc2305, &part_ads1115, &part_adxl345};

int64_t divided(int64_t value, int64_t by) {
  return value >= 0 ? (value + by / 2) / by : -((-value + by / 2) / by);
}

int64_t clamped(int64_t value, int64_t low, int64_t high) {
  return value < low ? low : value > high ? high : value;
}

/* splitmix64 */
uint64_t mixed(uint64_t seed, uint64_t number) {
  uint64_t z = seed + (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

void conversion_starts(struct world_chip *chip, int64_t now) {
  store(&chip->state[0], now);
}

int64_t conversions_ended(struct world_chip *chip, int64_t now, int64_t length_ns) {
  int64_t began = load(&chip->state[0]);
  if (now < began) {
    store(&chip->state[0], now);
    return 0;
  }
  int64_t ended = (now - began) / length_ns;
  store(&chip->state[0], began + ended * length_ns);
  return load(&chip->frozen) != 0 ? 0 : ended;
}

struct felt feel(struct world_chip *chip) {
  struct world *world = the_world();
  struct felt felt;
  struct look look = look_at(world);
  do {
    felt.microvolts = load(&chip->bus_microvolts);
    felt.microamperes = load(&chip->current_microamperes);
    felt.microcelsius = load(&chip->microcelsius);
    for (int i = 0; i < 8; i++) {
      felt.input[i] = load(&chip->input[i]);
    }
  } while (torn(&look));
  return felt;
}

static const struct part *part_of(struct world_chip *chip) {
  int64_t kind = load(&chip->kind);
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (parts[i]->kind == kind) {
      return parts[i];
    }
  }
  return NULL;
}

static void power_on(const struct part *part, struct world_chip *chip, int64_t now) {
  for (int i = 0; i < 256; i++) {
    reg_store(chip, i, 0);
  }
  for (size_t i = 0; i < part->count; i++) {
    reg_store(chip, part->registers[i].number, part->registers[i].power_on);
  }
  for (int i = 0; i < 16; i++) {
    store(&chip->state[i], 0);
  }
  store(&chip->pointer, 0);
  /* at the first power-on of a world the board has long been powered: something has been measured */
  conversion_starts(chip, load(&chip->resets) <= 1 ? now - 60 * NANOS : now);
  if (part->power_on != NULL) {
    part->power_on(chip, now);
  }
}

static const struct part_register *register_of(const struct part *part, int number) {
  for (size_t i = 0; i < part->count; i++) {
    if (part->registers[i].number == number) {
      return &part->registers[i];
    }
  }
  return NULL;
}

static uint64_t value_of(const struct part *part, struct world_chip *chip, const struct part_register *reg, int64_t now) {
  return part->read == NULL ? reg_load(chip, reg->number) : part->read(chip, reg, now);
}

static void take_value(const struct part *part, struct world_chip *chip, const struct part_register *reg,
                       uint64_t value, int64_t now) {
  uint64_t kept = (value & reg->writable) | (reg_load(chip, reg->number) & ~reg->writable);
  if (part->written == NULL) {
    reg_store(chip, reg->number, kept);
  } else {
    part->written(chip, reg, kept, now);
  }
}

static int refuse(const struct part *part, struct world_chip *chip, int command, int status) {
  if (part->refused != NULL) {
    part->refused(chip, command, status);
  }
  return (part->flags & PART_PMBUS) != 0 ? -EREMOTEIO : 0;
}

/* The master sends a command (a register) and data. */
static int written(const struct part *part, struct world_chip *chip, const unsigned char *data, size_t length,
                   int64_t now) {
  int number = data[0];
  store(&chip->pointer, number);
  if (length == 1) {
    return part->command == NULL ? 0 : part->command(chip, number, now);
  }
  size_t at = 1;
  while (at < length) {
    const struct part_register *reg = register_of(part, number);
    size_t bytes = reg == NULL ? 1 : reg->bytes;
    if (reg == NULL || (reg->writable == 0 && (part->flags & PART_PMBUS) != 0)) {
      int error = refuse(part, chip, number, STATUS_BAD_COMMAND);
      if (error != 0) {
        return error;
      }
    } else if (length - at >= bytes) {
      uint64_t value = 0;
      for (size_t i = 0; i < bytes; i++) {
        size_t place = (part->flags & PART_LOW_BYTE_FIRST) != 0 ? bytes - 1 - i : i;
        value = value << 8 | data[at + place];
      }
      take_value(part, chip, reg, value, now);
    } else if ((part->flags & PART_PMBUS) != 0) {
      return refuse(part, chip, number, STATUS_BAD_DATA);
    }
    at += bytes;
    if ((part->flags & PART_COUNTS_UP) == 0 || (part->next != NULL && !part->next(chip, number))) {
      if (at < length && (part->flags & PART_PMBUS) != 0) {
        return refuse(part, chip, number, STATUS_BAD_DATA);
      }
      return 0;
    }
    number = (number + 1) & 0xff;
    store(&chip->pointer, number);
  }
  return 0;
}

/* The master reads so many bytes, from where the pointer stands. */
static int read_bytes(const struct part *part, struct world_chip *chip, unsigned char *data, size_t length, int64_t now) {
  int number = (int)load(&chip->pointer) & 0xff;
  size_t at = 0;
  while (at < length) {
    const struct part_register *reg = register_of(part, number);
    if (reg == NULL && (part->flags & PART_PMBUS) != 0) {
      return refuse(part, chip, number, STATUS_BAD_COMMAND);
    }
    size_t bytes = reg == NULL ? 1 : reg->bytes;
    uint64_t value = reg == NULL ? 0 : value_of(part, chip, reg, now);
    for (size_t i = 0; i < bytes && at < length; i++) {
      size_t place = (part->flags & PART_LOW_BYTE_FIRST) != 0 ? i : bytes - 1 - i;
      data[at++] = (unsigned char)(value >> (8 * place));
    }
    if ((part->flags & PART_COUNTS_UP) != 0 && (part->next == NULL || part->next(chip, number))) {
      number = (number + 1) & 0xff;
      store(&chip->pointer, number);
    } else if ((part->flags & PART_PMBUS) != 0) {
      while (at < length) {
        data[at++] = 0xff;
      }
    }
  }
  return 0;
}

static unsigned char crc8(unsigned char crc, const unsigned char *data, size_t length) {
  for (size_t i = 0; i < length; i++) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; bit++) {
      crc = (unsigned char)((crc & 0x80) != 0 ? crc << 1 ^ 0x07 : crc << 1);
    }
  }
  return crc;
}

/* What the two ends have put on the wire so far. */
struct wire {
  unsigned char crc;
};

static void heard(struct wire *wire, const unsigned char *data, size_t length) {
  wire->crc = crc8(wire->crc, data, length);
}

static void addressed(struct wire *wire, struct world_chip *chip, int reading) {
  unsigned char byte = (unsigned char)(load(&chip->address) << 1 | reading);
  heard(wire, &byte, 1);
}

/* The check code that follows what was read. A part without check codes sends whatever comes next: ones. */
static int checked(const struct part *part, struct world_chip *chip, const struct wire *wire) {
  unsigned char sent = (part->flags & PART_CHECKS) != 0 ? wire->crc : 0xff;
  if (load(&chip->wrong_pec) != 0) {
    sent ^= 0x55;
  }
  return sent == wire->crc ? 0 : -EBADMSG;
}

static int master_writes(const struct part *part, struct world_chip *chip, const unsigned char *data, size_t length,
                         int checks, int64_t now) {
  if (checks && (part->flags & PART_CHECKS) != 0 && load(&chip->wrong_pec) != 0) {
    /* what arrives does not fit its code, and the part throws it away */
    if (part->refused != NULL) {
      part->refused(chip, data[0], STATUS_BAD_CHECK);
    }
    return -EREMOTEIO;
  }
  return written(part, chip, data, length, now);
}

static int master_reads(const struct part *part, struct world_chip *chip, struct i2c_smbus_ioctl_data *request,
                        int checks, int64_t now) {
  struct wire wire = {0};
  unsigned char command = request->command;
  if (request->size != I2C_SMBUS_BYTE) {
    addressed(&wire, chip, 0);
    heard(&wire, &command, 1);
    store(&chip->pointer, command);
  }
  addressed(&wire, chip, 1);
  unsigned char data[I2C_SMBUS_BLOCK_MAX + 1];
  size_t length = 1;
  int error = 0;
  switch (request->size) {
  case I2C_SMBUS_BYTE:
  case I2C_SMBUS_BYTE_DATA:
    error = read_bytes(part, chip, data, length, now);
    break;
  case I2C_SMBUS_WORD_DATA:
    length = 2;
    error = read_bytes(part, chip, data, length, now);
    break;
  case I2C_SMBUS_I2C_BLOCK_DATA:
    length = request->data->block[0];
    error = read_bytes(part, chip, data, length, now);
    break;
  default: {
    int filled = part->block == NULL ? -EREMOTEIO : part->block(chip, command, data + 1);
    if (filled < 0 && part->block == NULL) {
      /* the first byte that a part without blocks sends is taken for a length */
      error = read_bytes(part, chip, data, 1, now);
      return error != 0 ? error : -EPROTO;
    }
    if (filled < 0) {
      refuse(part, chip, command, STATUS_BAD_COMMAND);
      return filled;
    }
    data[0] = (unsigned char)filled;
    length = (size_t)filled + 1;
  }
  }
  if (error != 0) {
    return error;
  }
  heard(&wire, data, length);
  /* the kernel does not check I2C blocks */
  if (checks && request->size != I2C_SMBUS_I2C_BLOCK_DATA && (error = checked(part, chip, &wire)) != 0) {
    return error;
  }
  switch (request->size) {
  case I2C_SMBUS_BYTE:
  case I2C_SMBUS_BYTE_DATA:
    request->data->byte = data[0];
    break;
  case I2C_SMBUS_WORD_DATA:
    request->data->word = (__u16)(data[0] | data[1] << 8);
    break;
  case I2C_SMBUS_I2C_BLOCK_DATA:
    memcpy(request->data->block + 1, data, length);
    break;
  default:
    memcpy(request->data->block, data, length);
  }
  return 0;
}

int part_transfer(struct world *world, struct world_chip *chip, struct i2c_smbus_ioctl_data *request, int checks) {
  const struct part *part = part_of(chip);
  if (part == NULL) {
    return -EREMOTEIO;
  }
  int64_t now = mission_now(world);
  int64_t resets = load(&chip->resets);
  if (load(&chip->resets_done) != resets) {
    int64_t reset = load(&chip->reset_ns);
    power_on(part, chip, reset > 0 && reset < now ? reset : now);
    store(&chip->resets_done, resets);
  }
  if (part->update != NULL) {
    part->update(chip, now);
  }
  int reading = request->read_write == I2C_SMBUS_READ;
  if (request->size != I2C_SMBUS_QUICK && request->data == NULL && (reading || request->size != I2C_SMBUS_BYTE)) {
    return -EINVAL;
  }
  unsigned char data[I2C_SMBUS_BLOCK_MAX + 2] = {request->command};
  size_t length = 1;
  switch (request->size) {
  case I2C_SMBUS_QUICK:
    return 0;
  case I2C_SMBUS_BYTE:
    break;
  case I2C_SMBUS_BYTE_DATA:
    if (!reading) {
      data[length++] = request->data->byte;
    }
    break;
  case I2C_SMBUS_WORD_DATA:
    if (!reading) {
      data[length++] = (unsigned char)request->data->word;
      data[length++] = (unsigned char)(request->data->word >> 8);
    }
    break;
  case I2C_SMBUS_I2C_BLOCK_DATA:
  case I2C_SMBUS_BLOCK_DATA: {
    size_t bytes = request->data->block[0];
    if ((!reading || request->size == I2C_SMBUS_I2C_BLOCK_DATA) && (bytes == 0 || bytes > I2C_SMBUS_BLOCK_MAX)) {
      return -EINVAL;
    }
    if (!reading) {
      int first = request->size == I2C_SMBUS_BLOCK_DATA ? 0 : 1;
      memcpy(data + 1, request->data->block + first, bytes + 1 - (size_t)first);
      length += bytes + 1 - (size_t)first;
    }
    break;
  }
  default:
    return -EOPNOTSUPP;
  }
  return reading ? master_reads(part, chip, request, checks, now)
                 : master_writes(part, chip, data, length, checks, now);
}
