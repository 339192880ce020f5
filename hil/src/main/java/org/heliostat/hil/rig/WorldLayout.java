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
 * written whole and atomically, so no reader sees half a value. The file is a header, then {@link
 * #CHIPS} chips, then {@link #CARDS} cards.
 */
public final class WorldLayout {
  /** Places for parts on I2C buses. */
  public static final int CHIPS = 24;

  /** Places for compute cards; each has a rail monitor and a base-plate sensor among the chips. */
  public static final int CARDS = 7;

  /** First word of a world file that is ready: "HELIOSTA". */
  public static final long MAGIC = 0x4845_4c49_4f53_5441L;

  /** Values of {@link Chip#KIND}. */
  public static final int KIND_INA226 = 1;

  /** An LM75: 9 bits. */
  public static final int KIND_LM75 = 2;

  /** A TMP105: 9 to 12 bits by its configuration register. */
  public static final int KIND_TMP105 = 3;

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
    HOST_EPOCH_NS(1, "CLOCK_MONOTONIC of the host at mission epoch, ns"),
    MISSION_EPOCH_NS(1, "mission time at that moment, ns"),
    UTC_EPOCH_NS(1, "UTC at that moment, ns since 1970"),
    SPEED_PPM(1, "mission time for host time, millionths"),
    CARD_COUNT(1, "cards in use"),
    CHIP_COUNT(1, "chips in use"),
    RIG_PID(1, "process id of the rig"),
    TICKS(1, "counts the rig's steps"),
    LAST_STEP_NS(1, "mission time of the last step, ns"),
    FAULTS_DONE(1, "bit n is set when fault n of the scenario has been played"),
    BATTERY_PPB(1, "state of charge, billionths"),
    RADIATOR_MICROCELSIUS(1, "radiator temperature"),
    BOARD_MICROCELSIUS(1, "board temperature"),
    SPARE(17, "0");

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
    POINTER(1, "register pointer of the part"),
    REGISTERS(
        8,
        "what the flight side has written into the part, by register number; the rig rewrites them for a reset"),
    RESETS(1, "counts resets of the part");

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
    PRESENT(1, "1 while the card is powered and answers"),
    MICROCELSIUS(1, "temperature of the die"),
    MILLIWATTS(1, "power of the card"),
    LIMIT_MILLIWATTS(1, "power limit"),
    UTILISATION_PERMILLE(1, "share of the last quarter of a second in which the holder computed"),
    MEMORY_USED_BYTES(1, "memory in use"),
    MEMORY_TOTAL_BYTES(1, "memory on the card"),
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

  static int cardOffset(int card, Card field) {
    return bytes(Header.values())
        + CHIPS * bytes(Chip.values())
        + card * bytes(Card.values())
        + offset(Card.values(), field);
  }

  /** Size of a world file, bytes. */
  public static int fileBytes() {
    return cardOffset(CARDS, Card.PRESENT);
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
    define(out, "WORLD_CARDS", CARDS);
    define(out, "KIND_INA226", KIND_INA226);
    define(out, "KIND_LM75", KIND_LM75);
    define(out, "KIND_TMP105", KIND_TMP105);
    structure(out, "world_header", Header.values());
    structure(out, "world_chip", Chip.values());
    structure(out, "world_card", Card.values());
    out.append("\nstruct world {\n")
        .append("  struct world_header header;\n")
        .append("  struct world_chip chips[WORLD_CHIPS];\n")
        .append("  struct world_card cards[WORLD_CARDS];\n")
        .append("};\n\n");
    for (Header field : Header.values()) {
      place(out, "header." + lower(field), headerOffset(field));
    }
    for (Chip field : Chip.values()) {
      place(out, "chips[1]." + lower(field), chipOffset(1, field));
    }
    for (Card field : Card.values()) {
      place(out, "cards[1]." + lower(field), cardOffset(1, field));
    }
    out.append(
        "_Static_assert(sizeof(struct world) == %d, \"size of the world file\");\n"
            .formatted(fileBytes()));
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
