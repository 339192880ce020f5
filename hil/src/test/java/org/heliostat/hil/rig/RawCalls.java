package org.heliostat.hil.rig;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import org.heliostat.hal.os.NativeLibc;

/**
 * The drop-in's calls one by one, as text: the flight side of tests of part models and files. An
 * answer is {@code ok} and hexadecimal bytes or a number, or {@code errno N}.
 */
final class RawCalls {
  private static final int I2C_SLAVE = 0x0703;
  private static final int I2C_PEC = 0x0708;
  private static final int I2C_SMBUS = 0x0720;
  private static final int OPEN = 2;
  private static final HexFormat HEX = HexFormat.of();

  private final NativeLibc libc;
  private final Map<String, Integer> buses = new HashMap<>();

  RawCalls(NativeLibc libc) {
    this.libc = libc;
  }

  /** One command; see the branches. Numbers are decimal or 0x..., bytes are hexadecimal. */
  String obey(String[] words) {
    return switch (words[0]) {
      // bus address pec r|w size command data: one SMBus transfer; size as I2C_SMBUS_...
      case "xfer" ->
          transfer(
              words[1],
              number(words[2]),
              number(words[3]) != 0,
              words[4].equals("r"),
              number(words[5]),
              number(words[6]),
              words.length > 7 ? HEX.parseHex(words[7]) : new byte[0]);
      case "fopen" -> {
        int fd = open(words[1], words.length > 2 ? number(words[2]) : OPEN);
        yield fd < 0 ? error() : "ok " + fd;
      }
      case "fclose" -> libc.close(number(words[1])) == 0 ? "ok" : error();
      case "fread" -> read(number(words[1]), number(words[2]), -1);
      case "fpread" -> read(number(words[1]), number(words[2]), number(words[3]));
      case "fwrite" -> {
        try (Memory buffer = bytes(words[2])) {
          long count = libc.write(number(words[1]), buffer, HEX.parseHex(words[2]).length);
          yield count < 0 ? error() : "ok " + count;
        }
      }
      case "fioctl" -> {
        try (Memory buffer = bytes(words[3])) {
          int answer = libc.ioctl(number(words[1]), Long.decode(words[2]), buffer);
          yield answer < 0 ? error() : "ok " + hex(buffer, words[3].length() / 2);
        }
      }
      case "fpoll" -> {
        try (Memory buffer = new Memory(8)) {
          buffer.setInt(0, number(words[1]));
          buffer.setShort(4, (short) 1);
          buffer.setShort(6, (short) 0);
          int count = libc.poll(buffer, 1, number(words[2]));
          yield "ok " + count + " " + buffer.getShort(6);
        }
      }
      case "fsocket" -> {
        int fd = libc.socket(number(words[1]), number(words[2]), number(words[3]));
        yield fd < 0 ? error() : "ok " + fd;
      }
      case "fbind" -> {
        try (Memory buffer = bytes(words[2])) {
          yield libc.bind(number(words[1]), buffer, words[2].length() / 2) == 0 ? "ok" : error();
        }
      }
      case "fuzz" -> fuzz(Long.parseLong(words[1]), number(words[2]));
      default -> throw new IllegalArgumentException(words[0]);
    };
  }

  private static int number(String word) {
    return (int) (long) Long.decode(word);
  }

  private String error() {
    return "errno " + libc.lastError();
  }

  private static Memory bytes(String hex) {
    byte[] data = HEX.parseHex(hex);
    Memory memory = new Memory(Math.max(1, data.length));
    memory.write(0, data, 0, data.length);
    return memory;
  }

  private static String hex(Memory memory, int length) {
    return HEX.formatHex(memory.getByteArray(0, length));
  }

  private int open(String path, int flags) {
    byte[] name = path.getBytes(StandardCharsets.UTF_8);
    try (Memory memory = new Memory(name.length + 1L)) {
      memory.write(0, name, 0, name.length);
      memory.setByte(name.length, (byte) 0);
      return libc.open(memory, flags);
    }
  }

  private String read(int fd, int count, long offset) {
    try (Memory buffer = new Memory(Math.max(1, count))) {
      long got = offset < 0 ? libc.read(fd, buffer, count) : libc.pread(fd, buffer, count, offset);
      return got < 0 ? error() : "ok " + hex(buffer, (int) got);
    }
  }

  private String transfer(
      String bus, int address, boolean pec, boolean reading, int size, int command, byte[] data) {
    int fd = buses.computeIfAbsent(bus, path -> open(path, OPEN));
    if (fd < 0) {
      buses.remove(bus);
      return error();
    }
    libc.ioctl(fd, I2C_SLAVE, new Pointer(address));
    libc.ioctl(fd, I2C_PEC, pec ? new Pointer(1) : Pointer.NULL);
    try (Memory request = new Memory(16);
        Memory block = new Memory(34)) {
      block.clear();
      block.write(0, data, 0, Math.min(34, data.length));
      request.setByte(0, (byte) (reading ? 1 : 0));
      request.setByte(1, (byte) command);
      request.setInt(4, size);
      request.setPointer(8, block);
      if (libc.ioctl(fd, I2C_SMBUS, request) < 0) {
        return error();
      }
      int length =
          switch (size) {
            case 1, 2 -> 1;
            case 3 -> 2;
            case 5, 8 -> 1 + (block.getByte(0) & 0xff);
            default -> 0;
          };
      return reading ? "ok " + hex(block, Math.min(34, length)) : "ok";
    }
  }

  /** Random traffic to every part; ends, or does not. */
  private String fuzz(long seed, int count) {
    Random random = new Random(seed);
    int[] sizes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 77};
    int answered = 0;
    for (int i = 0; i < count; i++) {
      byte[] data = new byte[34];
      random.nextBytes(data);
      if (random.nextInt(4) != 0) {
        data[0] = (byte) (1 + random.nextInt(32));
      }
      String answer =
          transfer(
              "/dev/i2c-" + (1 + random.nextInt(3)),
              random.nextInt(8) == 0 ? random.nextInt(128) : part(random),
              random.nextBoolean(),
              random.nextBoolean(),
              sizes[random.nextInt(sizes.length)],
              random.nextInt(256),
              data);
      answered += answer.startsWith("ok") ? 1 : 0;
    }
    return "fuzzed " + answered;
  }

  private static int part(Random random) {
    int[] known = {0x10, 0x11, 0x2c, 0x40, 0x41, 0x42, 0x44, 0x48, 0x49, 0x4a, 0x50, 0x53, 0x60};
    return known[random.nextInt(known.length)];
  }
}
