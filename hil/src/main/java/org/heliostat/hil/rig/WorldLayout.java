package org.heliostat.hil.rig;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;

/**
 * The layout of the world file, which the rig and the drop-in libraries share. It is declared here
 * and nowhere else: {@link #main} writes the C header.
 *
 * <p>Every field is one or more 64-bit words in the machine's byte order. A word is always read and
 * written whole and atomically, so no reader sees half a value. What belongs together (voltage and
 * current of one moment) is written under a sequence lock: {@link Header#SEQUENCE} is odd
 * meanwhile. The file is a header, then {@link #CHIPS} chips, {@link #STREAMS} streams and as many
 * cards as the world was made with.
 */
public final class WorldLayout {
  /** Places for parts on I2C buses. */
  public static final int CHIPS = 64;

  /**
   * Most compute cards that a board of the rig has: each with a rail, a switch and a plate sensor.
   */
  public static final int CARDS = 7;

  /** Most compute cards in a world; those beyond {@link #CARDS} have no rail: for benchmarks. */
  public static final int MOST_CARDS = 16_384;

  /** Places for devices that send by themselves. */
  public static final int STREAMS = 3;

  /** Bytes that a stream holds. */
  public static final int RING_BYTES = 8192;

  /** Buses {@code /dev/i2c-0} to {@code /dev/i2c-7}. */
  public static final int BUSES = 8;

  /** First word of a world file that is ready: "HELIOSTA". */
  public static final long MAGIC = 0x4845_4c49_4f53_5441L;

  /** What a part is: values of {@link Chip#KIND}. */
  enum Kind {
    INA226(1),
    LM75(2),
    TMP105(3),
    TMP102(4),
    TMP117(5),
    INA228(6),
    ADM1272(7),
    PMBUS_LINEAR(8),
    PCA9685(9),
    EMC2305(10),
    ADS1115(11),
    ADXL345(12);

    private final int number;

    Kind(int number) {
      this.number = number;
    }

    int number() {
      return number;
    }
  }

  /** What a hung bus needs, see {@link Header#BUS_HUNG}. */
  static final int HUNG_UNTIL_CLOCKED = 1;

  static final int HUNG_UNTIL_POWERED = 2;

  /** Numbers of the streams. */
  static final int STREAM_GNSS = 0;

  static final int STREAM_GNSS2 = 1;
  static final int STREAM_CAN = 2;

  private WorldLayout() {}

  /** A field of one of the three parts of the file. */
  interface Field {
    String name();

    /** Number of 64-bit words. */
    int words();

    /** What it holds, with the unit. */
    String meaning();
  }

  /** The start of the file. */
  enum Header implements Field {
    MAGIC_WORD(1, "WORLD_MAGIC once the file is complete"),
    ABI(1, "WORLD_ABI of whoever made the file"),
    SEQUENCE(1, "odd while the rig writes a step"),
    HOST_EPOCH_NS(1, "CLOCK_MONOTONIC of the host at mission epoch, ns"),
    MISSION_EPOCH_NS(1, "mission time at that moment, ns"),
    UTC_EPOCH_NS(1, "UTC at that moment, ns since 1970"),
    SPEED_PPM(1, "mission time for host time, millionths"),
    CARD_ROOM(1, "cards that the file has room for"),
    CARD_COUNT(1, "cards in use"),
    CHIP_COUNT(1, "chips in use"),
    RIG_PID(1, "process id of the rig"),
    TICKS(1, "counts the rig's steps"),
    LAST_STEP_NS(1, "mission time of the last step, ns"),
    FAULTS_DONE(1, "bit n is set when fault n of the scenario has been played"),
    FAULTS_OVER(1, "bit n is set when what fault n started has ended before its time"),
    BATTERY_PPB(1, "state of charge, billionths"),
    RADIATOR_MICROCELSIUS(1, "radiator temperature"),
    BOARD_MICROCELSIUS(1, "board temperature"),
    BATTERY_MICROCELSIUS(1, "battery temperature"),
    DOSE_NANOGRAY(1, "dose since launch"),
    CLOCK_OFFSET_NS(1, "what CLOCK_REALTIME is wrong by"),
    RTC_OFFSET_NS(1, "what the real-time clock is wrong by"),
    NVML_DELAY_US(1, "host time that each NVML call about a card takes"),
    NVML_HANG(1, "1 while the cards n with n % 64 == 5 hang"),
    XIDS(1, "counts the critical events of all cards"),
    BUS_LOCK(BUSES, "process that transfers on bus N, 0 for none"),
    BUS_HUNG(BUSES, "0, HUNG_UNTIL_CLOCKED or HUNG_UNTIL_POWERED"),
    BUS_UNBOUND(BUSES, "1 while no driver is bound to bus N"),
    BUS_FREED(BUSES, "counts the times that clock pulses freed bus N"),
    WATCHDOG_PID(1, "process that opened the watchdog"),
    WATCHDOG_ARMED(1, "1 while it runs"),
    WATCHDOG_TIMEOUT_S(1, "timeout, s of host time"),
    WATCHDOG_KICKED_NS(1, "CLOCK_MONOTONIC of the host at the last kick, ns"),
    WATCHDOG_CAUSE(1, "boot status for the next process that opens it"),
    WATCHDOG_BOOT_STATUS(1, "boot status of the process that opened it"),
    ZONE_MICROCELSIUS(1, "board processor"),
    ZONE_SILENT(1, "1 while the thermal zone cannot be read"),
    EDAC_CORRECTED(1, "errors of the board's memory"),
    EDAC_UNCORRECTED(1, "those that could not be corrected"),
    COMMANDS(1, "counts the frames that were sent on the CAN bus"),
    COMMAND_ID(16, "identifier of frame n, at n % 16, 0 while it is written"),
    COMMAND_DATA(16, "its eight bytes, the first one lowest"),
    COMMAND_LENGTH(16, "how many of them"),
    SPARE(32, "0");

    private final int words;
    private final String meaning;

    Header(int words, String meaning) {
      this.words = words;
      this.meaning = meaning;
    }

    @Override
    public int words() {
      return words;
    }

    @Override
    public String meaning() {
      return meaning;
    }
  }

  /** One part on an I2C bus. */
  enum Chip implements Field {
    KIND(1, "0 none, else KIND_..."),
    BUS(1, "N of /dev/i2c-N"),
    ADDRESS(1, "7-bit address"),
    PRESENT(1, "1 while the part answers"),
    BUS_MICROVOLTS(1, "true voltage of the rail"),
    CURRENT_MICROAMPERES(1, "true current through the shunt"),
    SHUNT_NANOOHMS(1, "true resistance of the shunt"),
    MICROCELSIUS(1, "true temperature"),
    INPUT(8, "what else the part feels; the file of the part says what"),
    OUTPUT(16, "what the part does to the world; the file of the part says what"),
    FROZEN(1, "1 while it converts no more"),
    WRONG_PEC(1, "1 while it sends wrong check codes"),
    LATCHED(1, "a switch: 1 once an over-current has turned it off"),
    TRIPS(1, "a switch: counts the over-currents"),
    RESETS(1, "counts the resets that the rig asks for"),
    RESET_NS(1, "mission time of the last of them, 0 for when the part is next spoken to"),
    RESETS_DONE(1, "how many of them the part has gone through"),
    POINTER(1, "register pointer of the part"),
    STATE(16, "what the part keeps beside its registers"),
    REGISTERS(256, "by register number");

    private final int words;
    private final String meaning;

    Chip(int words, String meaning) {
      this.words = words;
      this.meaning = meaning;
    }

    @Override
    public int words() {
      return words;
    }

    @Override
    public String meaning() {
      return meaning;
    }
  }

  /** One compute card. */
  enum Card implements Field {
    PRESENT(1, "1 while the card is powered and on its bus"),
    HANGS(1, "1 while it does not answer"),
    SHUT_DOWN(1, "1 since it got too hot, until its rail is turned off"),
    DEAD(1, "1 since a latch-up killed it"),
    MICROCELSIUS(1, "temperature of the die"),
    MILLIWATTS(1, "power of the card"),
    LIMIT_MILLIWATTS(1, "power limit"),
    LIMIT_LEAST_MILLIWATTS(1, "least power limit that can be set"),
    LIMIT_MOST_MILLIWATTS(1, "greatest one"),
    UTILISATION_PERMILLE(1, "share of the last quarter of a second in which the holder computed"),
    CLOCK_MEGAHERTZ(1, "clock of the streaming multiprocessors"),
    MEMORY_CLOCK_MEGAHERTZ(1, "clock of the memory"),
    THROTTLE(1, "reasons, as nvmlClocksThrottleReasons..."),
    MEMORY_USED_BYTES(1, "memory in use"),
    MEMORY_TOTAL_BYTES(1, "memory on the card"),
    ECC_CORRECTED(1, "since the card was powered"),
    ECC_UNCORRECTED(1, "since the card was powered"),
    ECC_CORRECTED_EVER(1, "in the life of the card"),
    ECC_UNCORRECTED_EVER(1, "in the life of the card"),
    ROWS_CORRECTABLE(1, "rows remapped for correctable errors"),
    ROWS_UNCORRECTABLE(1, "rows remapped for uncorrectable errors"),
    ROWS_PENDING(1, "1 when a remapping waits for a reset"),
    XIDS(1, "counts critical events"),
    XID(8, "number of event n, at n % 8"),
    POWER_UPS(1, "counts the times that the card was powered or reset"),
    RESET_REQUESTS(1, "counts the resets that flight asks for"),
    ANSWER(1, "0, or the NVML error that every reading gives"),
    CLAIMS(1, "counts claims"),
    HOLDERS(8, "process ids that have claimed the card, 0 is free; the rig clears dead ones");

    private final int words;
    private final String meaning;

    Card(int words, String meaning) {
      this.words = words;
      this.meaning = meaning;
    }

    @Override
    public int words() {
      return words;
    }

    @Override
    public String meaning() {
      return meaning;
    }
  }

  /** A device that sends by itself: a serial line, a CAN bus. */
  enum Stream implements Field {
    HEAD(1, "bytes sent so far"),
    RING(RING_BYTES / 8, "the last of them; byte n of the stream at n % RING_BYTES");

    private final int words;
    private final String meaning;

    Stream(int words, String meaning) {
      this.words = words;
      this.meaning = meaning;
    }

    @Override
    public int words() {
      return words;
    }

    @Override
    public String meaning() {
      return meaning;
    }
  }

  /** Bytes of a part of the file. */
  static int bytes(Field[] fields) {
    int words = 0;
    for (Field field : fields) {
      words += field.words();
    }
    return words * 8;
  }

  /** Offset of a field in its part, bytes. */
  static int offset(Field[] fields, Field wanted) {
    int words = 0;
    for (Field field : fields) {
      if (field == wanted) {
        return words * 8;
      }
      words += field.words();
    }
    throw new IllegalArgumentException(wanted.name());
  }

  static int headerOffset(Header field) {
    return offset(Header.values(), field);
  }

  static int chipOffset(int chip, Chip field) {
    return bytes(Header.values()) + chip * bytes(Chip.values()) + offset(Chip.values(), field);
  }

  static int streamOffset(int stream, Stream field) {
    return chipOffset(CHIPS, Chip.KIND)
        + stream * bytes(Stream.values())
        + offset(Stream.values(), field);
  }

  static int cardOffset(int card, Card field) {
    return streamOffset(STREAMS, Stream.HEAD)
        + card * bytes(Card.values())
        + offset(Card.values(), field);
  }

  /** Size of a world file with room for so many cards, bytes. */
  public static int fileBytes(int cards) {
    return cardOffset(cards, Card.PRESENT);
  }

  /** A number that changes with the layout: both sides refuse a file made to another one. */
  public static long abi() {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest(structures().getBytes(StandardCharsets.UTF_8));
      long abi = 0;
      for (int i = 0; i < 8; i++) {
        abi = abi << 8 | (hash[i] & 0xff);
      }
      return abi & Long.MAX_VALUE;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** The C header. */
  static String header() {
    return """
        /* Generated by org.heliostat.hil.rig.WorldLayout; do not edit. */
        #ifndef HELIOSTAT_WORLD_H
        #define HELIOSTAT_WORLD_H

        #include <stddef.h>
        #include <stdint.h>

        #define WORLD_ABI INT64_C(0x%x)
        %s
        #endif
        """
        .formatted(abi(), structures());
  }

  private static String structures() {
    StringBuilder out = new StringBuilder();
    out.append("#define WORLD_MAGIC INT64_C(0x%x)%n".formatted(MAGIC).replace("\r", ""));
    define(out, "WORLD_CHIPS", CHIPS);
    define(out, "WORLD_MOST_CARDS", MOST_CARDS);
    define(out, "WORLD_STREAMS", STREAMS);
    define(out, "WORLD_BUSES", BUSES);
    define(out, "RING_BYTES", RING_BYTES);
    define(out, "HUNG_UNTIL_CLOCKED", HUNG_UNTIL_CLOCKED);
    define(out, "HUNG_UNTIL_POWERED", HUNG_UNTIL_POWERED);
    define(out, "STREAM_GNSS", STREAM_GNSS);
    define(out, "STREAM_GNSS2", STREAM_GNSS2);
    define(out, "STREAM_CAN", STREAM_CAN);
    for (Kind kind : Kind.values()) {
      define(out, "KIND_" + kind, kind.number());
    }
    structure(out, "world_header", Header.values());
    structure(out, "world_chip", Chip.values());
    structure(out, "world_stream", Stream.values());
    structure(out, "world_card", Card.values());
    out.append("\nstruct world {\n")
        .append("  struct world_header header;\n")
        .append("  struct world_chip chips[WORLD_CHIPS];\n")
        .append("  struct world_stream streams[WORLD_STREAMS];\n")
        .append("  struct world_card cards[]; /* header.card_room of them */\n")
        .append("};\n\n");
    for (Header field : Header.values()) {
      place(out, "header." + lower(field), headerOffset(field));
    }
    for (Chip field : Chip.values()) {
      place(out, "chips[1]." + lower(field), chipOffset(1, field));
    }
    for (Stream field : Stream.values()) {
      place(out, "streams[1]." + lower(field), streamOffset(1, field));
    }
    for (Card field : Card.values()) {
      place(out, "cards[1]." + lower(field), cardOffset(1, field));
    }
    out.append(
        "_Static_assert(sizeof(struct world) == %d, \"size of a world without cards\");\n"
            .formatted(fileBytes(0)));
    return out.toString();
  }

  private static void define(StringBuilder out, String name, int value) {
    out.append("#define ").append(name).append(' ').append(value).append('\n');
  }

  private static void structure(StringBuilder out, String name, Field[] fields) {
    out.append("\nstruct ").append(name).append(" {\n");
    for (Field field : fields) {
      String count = field.words() == 1 ? "" : "[" + field.words() + "]";
      out.append("  int64_t ")
          .append(lower(field))
          .append(count)
          .append("; /* ")
          .append(field.meaning())
          .append(" */\n");
    }
    out.append("};\n");
  }

  private static void place(StringBuilder out, String member, int offset) {
    out.append(
        "_Static_assert(offsetof(struct world, %s) == %d, \"place of %s\");\n"
            .formatted(member, offset, member));
  }

  private static String lower(Field field) {
    return field.name().toLowerCase(Locale.ROOT);
  }

  /** Writes the C header to the file that is named by the one argument. */
  public static void main(String[] arguments) throws IOException {
    Path file = Path.of(arguments[0]).toAbsolutePath();
    Path folder = file.getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    Files.writeString(file, header());
  }
}
