package org.heliostat.hal.driver;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.heliostat.hal.Board;
import org.heliostat.hal.CardIdentity;
import org.heliostat.hal.CardReading;
import org.heliostat.hal.ComputeCard;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.os.NvidiaLibrary;
import org.jspecify.annotations.Nullable;

/**
 * One card behind NVML.
 *
 * <p>The card is looked up at the first call, and again after it was lost, so that a card whose
 * rail comes on later is found.
 */
final class NvmlCard implements ComputeCard {
  static final int SUCCESS = 0;
  static final int UNINITIALIZED = 1;
  static final int INVALID_ARGUMENT = 2;
  static final int NOT_SUPPORTED = 3;
  static final int NO_PERMISSION = 4;
  static final int NOT_FOUND = 6;
  static final int INSUFFICIENT_SIZE = 7;
  static final int INSUFFICIENT_POWER = 8;
  static final int DRIVER_NOT_LOADED = 9;
  static final int TIMEOUT = 10;
  static final int IRQ_ISSUE = 11;
  static final int GPU_IS_LOST = 15;
  static final int RESET_REQUIRED = 16;
  static final int UNKNOWN = 999;

  static final int ATTEMPTS = 3;

  private static final int NVML_TEMPERATURE_GPU = 0;
  private static final int NAME_LENGTH = 96;

  /** {@code nvmlProcessInfo_t} of version 3: pid, padding, memory, two instance ids. */
  static final int PROCESS_BYTES = 24;

  private static final int FIRST_PROCESSES = 64;
  private static final int MOST_PROCESSES = 4096;

  private final String name;
  private final Board board;
  private final NvidiaLibrary nvml;
  private final int index;
  private final @Nullable Memory uuid;

  private final Memory out = new Memory(32);
  private Memory processes = new Memory((long) FIRST_PROCESSES * PROCESS_BYTES);
  private boolean initialised;
  private @Nullable Pointer handle;
  private boolean closed;

  private NvmlCard(String name, Board board, NvidiaLibrary nvml, int index, @Nullable Memory uuid) {
    this.name = name;
    this.board = board;
    this.nvml = nvml;
    this.index = index;
    this.uuid = uuid;
  }

  static NvmlCard byIndex(String name, Board board, NvidiaLibrary nvml, int index) {
    return new NvmlCard(name, board, nvml, index, null);
  }

  static NvmlCard byUuid(String name, Board board, NvidiaLibrary nvml, String uuid) {
    byte[] bytes = uuid.getBytes(StandardCharsets.US_ASCII);
    Memory text = new Memory(bytes.length + 1L);
    text.write(0, bytes, 0, bytes.length);
    text.setByte(bytes.length, (byte) 0);
    return new NvmlCard(name, board, nvml, -1, text);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public synchronized CardIdentity identity() throws HardwareFault {
    Pointer card = handle();
    try (Memory text = new Memory(NAME_LENGTH)) {
      check(nvml.nvmlDeviceGetName(card, text, NAME_LENGTH), "name");
      String model = text(text);
      int answer = nvml.nvmlDeviceGetSerial(card, text, NAME_LENGTH);
      String serial = "";
      if (answer != NOT_SUPPORTED) {
        check(answer, "serial number");
        serial = text(text);
      }
      check(nvml.nvmlDeviceGetUUID(card, text, NAME_LENGTH), "UUID");
      return new CardIdentity(model, serial, text(text));
    }
  }

  @Override
  public synchronized CardReading read() throws HardwareFault {
    Pointer card = handle();
    int celsius = 0;
    for (int attempt = 0; ; attempt++) {
      int answer = nvml.nvmlDeviceGetTemperature(card, NVML_TEMPERATURE_GPU, out);
      if (settled(answer, attempt, "temperature")) {
        celsius = out.getInt(0);
        break;
      }
    }
    int milliwatts = 0;
    for (int attempt = 0; ; attempt++) {
      int answer = nvml.nvmlDeviceGetPowerUsage(card, out);
      if (settled(answer, attempt, "power")) {
        milliwatts = out.getInt(0);
        break;
      }
    }
    int limitMilliwatts = 0;
    for (int attempt = 0; ; attempt++) {
      int answer = nvml.nvmlDeviceGetEnforcedPowerLimit(card, out);
      if (settled(answer, attempt, "power limit")) {
        limitMilliwatts = out.getInt(0);
        break;
      }
    }
    int percent = 0;
    for (int attempt = 0; ; attempt++) {
      int answer = nvml.nvmlDeviceGetUtilizationRates(card, out);
      if (settled(answer, attempt, "utilisation")) {
        percent = out.getInt(0);
        break;
      }
    }
    long used = 0;
    for (int attempt = 0; ; attempt++) {
      int answer = nvml.nvmlDeviceGetMemoryInfo(card, out);
      if (settled(answer, attempt, "memory")) {
        used = out.getLong(16);
        break;
      }
    }
    long taken = board.monotonicNanos();
    inRange("temperature", celsius, -100, 250);
    inRange("power in mW", milliwatts, 0, 10_000_000);
    inRange("power limit in mW", limitMilliwatts, 0, 10_000_000);
    inRange("utilisation in percent", percent, 0, 100);
    return new CardReading(
        celsius, milliwatts / 1000.0, limitMilliwatts / 1000.0, percent / 100.0, used, taken);
  }

  @Override
  public synchronized void claim() throws HardwareFault {
    int answer = nvml.nvmlDeviceSetCpuAffinity(handle());
    // Without affinity the driver learns of the process when it opens its compute context.
    if (answer != NOT_SUPPORTED) {
      check(answer, "claim");
    }
  }

  @Override
  public synchronized List<Long> holders() throws HardwareFault {
    Pointer card = handle();
    while (true) {
      long room = processes.size() / PROCESS_BYTES;
      out.setInt(0, (int) room);
      int answer = nvml.nvmlDeviceGetComputeRunningProcesses_v3(card, out, processes);
      int count = out.getInt(0);
      if (answer == INSUFFICIENT_SIZE && room < MOST_PROCESSES) {
        long wanted = Math.min(MOST_PROCESSES, Math.max(room * 2, count));
        processes = new Memory(wanted * PROCESS_BYTES);
        continue;
      }
      check(answer, "processes");
      inRange("number of processes", count, 0, (int) room);
      List<Long> pids = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        pids.add(Integer.toUnsignedLong(processes.getInt((long) i * PROCESS_BYTES)));
      }
      return List.copyOf(pids);
    }
  }

  @Override
  public synchronized void close() {
    if (initialised && !closed) {
      nvml.nvmlShutdown();
    }
    closed = true;
  }

  private Pointer handle() throws HardwareFault {
    if (closed) {
      throw new HardwareFault(Kind.REFUSED, name, "the device is closed");
    }
    Pointer known = handle;
    if (known != null) {
      return known;
    }
    if (!initialised) {
      check(nvml.nvmlInit_v2(), "start of NVML");
      initialised = true;
    }
    if (uuid != null) {
      check(nvml.nvmlDeviceGetHandleByUUID(uuid, out), "look-up by UUID");
    } else {
      check(nvml.nvmlDeviceGetCount_v2(out), "number of cards");
      int count = out.getInt(0);
      if (index >= count) {
        throw new HardwareFault(
            Kind.ABSENT, name, "there is no card " + index + ", the driver knows " + count);
      }
      check(nvml.nvmlDeviceGetHandleByIndex_v2(index, out), "look-up of card " + index);
    }
    Pointer found = out.getPointer(0);
    if (found == null) {
      throw new HardwareFault(Kind.BAD_DATA, name, "NVML gives no handle");
    }
    handle = found;
    return found;
  }

  /** Whether the answer is a value; a passing error may be tried again, any other is a fault. */
  private boolean settled(int answer, int attempt, String what) throws HardwareFault {
    if (answer == SUCCESS) {
      return true;
    }
    boolean passing = answer == TIMEOUT || answer == IRQ_ISSUE || answer == UNKNOWN;
    if (!passing || attempt + 1 >= ATTEMPTS) {
      check(answer, what);
    }
    return false;
  }

  private void check(int answer, String what) throws HardwareFault {
    if (answer == SUCCESS) {
      return;
    }
    if (answer == GPU_IS_LOST || answer == NOT_FOUND || answer == UNINITIALIZED) {
      handle = null;
    }
    Kind kind =
        switch (answer) {
          case NOT_FOUND,
              GPU_IS_LOST,
              DRIVER_NOT_LOADED,
              INSUFFICIENT_POWER,
              UNINITIALIZED,
              INVALID_ARGUMENT ->
              Kind.ABSENT;
          case TIMEOUT -> Kind.TIMEOUT;
          case NO_PERMISSION, NOT_SUPPORTED, RESET_REQUIRED -> Kind.REFUSED;
          default -> Kind.BAD_DATA;
        };
    Pointer text = nvml.nvmlErrorString(answer);
    throw new HardwareFault(
        kind,
        name,
        what + ": NVML error " + answer + (text == null ? "" : " (" + text.getString(0) + ")"));
  }

  private void inRange(String what, int value, int lowest, int highest) throws HardwareFault {
    if (value < lowest || value > highest) {
      throw new HardwareFault(Kind.BAD_DATA, name, what + " is " + value);
    }
  }

  private static String text(Memory text) {
    text.setByte(NAME_LENGTH - 1, (byte) 0);
    return text.getString(0, "US-ASCII");
  }
}
