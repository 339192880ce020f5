package org.heliostat.hal.driver;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.heliostat.hal.Board;
import org.heliostat.hal.CardHealth;
import org.heliostat.hal.CardIdentity;
import org.heliostat.hal.CardReading;
import org.heliostat.hal.ComputeCard;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.os.NvidiaLibrary;
import org.heliostat.hal.os.SysfsFile;
import org.jspecify.annotations.Nullable;

/**
 * One card behind NVML.
 *
 * <p>The card is looked up at the first call, and again after it was lost, so that a card whose
 * rail comes on later is found. What a sample must have (temperature, power, power limit,
 * utilisation, memory) fails the poll where it fails; what a card says beside it (its health) is
 * left out where the card cannot say it, and is not asked again until the card is looked up anew.
 * Structures, constants and their versions are those of {@code nvml.h} of release 12.
 */
final class NvmlCard extends Sampled<CardReading> implements ComputeCard {
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
  static final int FUNCTION_NOT_FOUND = 13;
  static final int GPU_IS_LOST = 15;
  static final int RESET_REQUIRED = 16;
  static final int IN_USE = 19;
  static final int ARGUMENT_VERSION_MISMATCH = 25;
  static final int UNKNOWN = 999;

  static final int ATTEMPTS = 3;

  /** {@code nvmlMemory_v2_t}: version, total, reserved, free, used. */
  static final int MEMORY_V2_VERSION = 40 | 2 << 24;

  /** {@code nvmlMarginTemperature_v1_t}: version, margin. */
  static final int MARGIN_VERSION = 8 | 1 << 24;

  static final int THRESHOLD_SLOWDOWN = 1;
  static final int CLOCK_SM = 1;
  static final int CLOCK_MEMORY = 2;
  static final int CORRECTED = 0;
  static final int UNCORRECTED = 1;
  static final int SINCE_POWER_ON = 0;
  static final int EVER = 1;
  static final long XID_EVENT = 0x8L;

  /** Offset of {@code busId} in {@code nvmlPciInfo_t}. */
  static final int PCI_BUS_ID = 36;

  private static final Pattern PCI_PLACE =
      Pattern.compile("([0-9A-Fa-f]{4,8}):([0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\\.[0-7])");
  private static final int PCI_BUS_ID_BYTES = 32;
  private static final int NVML_TEMPERATURE_GPU = 0;
  private static final int NAME_LENGTH = 96;
  private static final int MOST_EVENTS_A_POLL = 64;

  /** {@code nvmlProcessInfo_t} of version 3: pid, padding, memory, two instance ids. */
  static final int PROCESS_BYTES = 24;

  private static final int FIRST_PROCESSES = 64;
  private static final int MOST_PROCESSES = 4096;

  // calls of health, for what the card was found not to support
  private static final int MARGIN = 1;
  private static final int SLOWDOWN = 1 << 1;
  private static final int COMPUTE_CLOCK = 1 << 2;
  private static final int MEMORY_CLOCK = 1 << 3;
  private static final int ECC = 1 << 4;
  private static final int REMAPPED = 1 << 8;
  private static final int RETIRED = 1 << 9;
  private static final int RETIRED_PENDING = 1 << 10;
  private static final int THROTTLE = 1 << 11;
  private static final int MEMORY_V2 = 1 << 12;
  private static final int EVENTS = 1 << 13;

  private final Board board;
  private final NvidiaLibrary nvml;
  private final int index;
  private final @Nullable Memory uuid;

  private final Memory out = new Memory(64);
  private final Pointer second = out.share(16);
  private final Pointer third = out.share(32);
  private final Pointer fourth = out.share(48);
  private Memory processes = new Memory((long) FIRST_PROCESSES * PROCESS_BYTES);
  private boolean initialised;
  private @Nullable Pointer handle;
  private @Nullable Pointer events;
  private volatile boolean closed;

  /** Calls that the card was found not to support. */
  private int lacking;

  private long usedBytes;
  private long totalBytes;
  private long xidCount;
  private long xidLast = -1;

  // the sample
  private double celsius;
  private double watts;
  private double limitWatts;
  private double utilisation;
  private long memoryUsed;
  private long memoryTotal;
  private double marginCelsius;
  private int computeMegahertz;
  private int memoryMegahertz;
  private long corrected;
  private long uncorrected;
  private long correctedEver;
  private long uncorrectedEver;
  private long retired;
  private boolean repairPending;
  private long throttle;
  private long criticalEvents;
  private long lastCriticalEvent;

  private NvmlCard(String name, Board board, NvidiaLibrary nvml, int index, @Nullable Memory uuid) {
    super(name);
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
  public CardIdentity identity() throws HardwareFault {
    begin();
    try (Memory text = new Memory(NAME_LENGTH)) {
      Pointer card = handle();
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
    } finally {
      end();
    }
  }

  @Override
  protected void measure() throws HardwareFault {
    Pointer card = handle();
    int degrees = 0;
    for (int attempt = 0; ; attempt++) {
      int answer = nvml.nvmlDeviceGetTemperature(card, NVML_TEMPERATURE_GPU, out);
      if (settled(answer, attempt, "temperature")) {
        degrees = out.getInt(0);
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
    readMemory(card);
    long taken = board.monotonicNanos();
    inRange("temperature", degrees, -100, 250);
    inRange("power in mW", milliwatts, 0, 10_000_000);
    inRange("power limit in mW", limitMilliwatts, 0, 10_000_000);
    inRange("utilisation in percent", percent, 0, 100);
    if (usedBytes < 0 || totalBytes < usedBytes) {
      throw fault(Kind.BAD_DATA, usedBytes + " of " + totalBytes + " bytes are in use");
    }
    double margin = margin(card, degrees);
    int compute = clock(card, CLOCK_SM, COMPUTE_CLOCK);
    int memory = clock(card, CLOCK_MEMORY, MEMORY_CLOCK);
    long correctedNow = errors(card, CORRECTED, SINCE_POWER_ON);
    long uncorrectedNow = errors(card, UNCORRECTED, SINCE_POWER_ON);
    long correctedAll = errors(card, CORRECTED, EVER);
    long uncorrectedAll = errors(card, UNCORRECTED, EVER);
    long gone = retired(card);
    boolean pending = gone >= 0 && third.getInt(0) != 0;
    long reasons = 0;
    if (has(THROTTLE)
        && given(nvml.nvmlDeviceGetCurrentClocksThrottleReasons(card, out), THROTTLE)) {
      reasons = out.getLong(0);
    }
    takeEvents(card);
    synchronized (sample) {
      celsius = degrees;
      watts = milliwatts / 1000.0;
      limitWatts = limitMilliwatts / 1000.0;
      utilisation = percent / 100.0;
      memoryUsed = usedBytes;
      memoryTotal = totalBytes;
      marginCelsius = margin;
      computeMegahertz = compute;
      memoryMegahertz = memory;
      corrected = correctedNow;
      uncorrected = uncorrectedNow;
      correctedEver = correctedAll;
      uncorrectedEver = uncorrectedAll;
      retired = gone;
      repairPending = pending;
      throttle = reasons;
      criticalEvents = xidCount;
      lastCriticalEvent = xidLast;
      taken(taken);
    }
  }

  @Override
  protected CardReading record(long takenNanos) {
    return new CardReading(
        celsius,
        watts,
        limitWatts,
        utilisation,
        memoryUsed,
        new CardHealth(
            marginCelsius,
            computeMegahertz,
            memoryMegahertz,
            memoryTotal,
            corrected,
            uncorrected,
            correctedEver,
            uncorrectedEver,
            retired,
            repairPending,
            throttle,
            criticalEvents,
            lastCriticalEvent),
        takenNanos);
  }

  @Override
  public void claim() throws HardwareFault {
    begin();
    try {
      int answer = nvml.nvmlDeviceSetCpuAffinity(handle());
      // Without affinity the driver learns of the process when it opens its compute context.
      if (answer != NOT_SUPPORTED) {
        check(answer, "claim");
      }
    } finally {
      end();
    }
  }

  @Override
  public List<Long> holders() throws HardwareFault {
    begin();
    try {
      return processes(handle());
    } finally {
      end();
    }
  }

  @Override
  public void setPowerLimit(double watts) throws HardwareFault {
    if (!(watts > 0 && watts < 10_000)) {
      throw fault(Kind.REFUSED, "a power limit of " + watts + " W");
    }
    begin();
    try {
      Pointer card = handle();
      check(
          nvml.nvmlDeviceGetPowerManagementLimitConstraints(card, out, second),
          "bounds of the power limit");
      long lowest = Integer.toUnsignedLong(out.getInt(0));
      long highest = Integer.toUnsignedLong(second.getInt(0));
      long milliwatts = Math.round(watts * 1000);
      if (milliwatts < lowest || milliwatts > highest) {
        throw fault(
            Kind.REFUSED,
            "a power limit of %s W; the card takes %s to %s W"
                .formatted(watts, lowest / 1000.0, highest / 1000.0));
      }
      check(nvml.nvmlDeviceSetPowerManagementLimit(card, (int) milliwatts), "power limit");
    } finally {
      end();
    }
  }

  /**
   * Resets the card through PCI's function level reset, as {@code nvidia-smi --gpu-reset} does in
   * the end: 1 into the card's {@code reset} file.
   */
  @Override
  public void reset() throws HardwareFault {
    begin();
    try (Memory pci = new Memory(PCI_BUS_ID + PCI_BUS_ID_BYTES)) {
      Pointer card = handle();
      List<Long> holders = processes(card);
      if (!holders.isEmpty()) {
        throw fault(Kind.REFUSED, "the processes " + holders + " hold the card");
      }
      pci.clear();
      check(nvml.nvmlDeviceGetPciInfo_v3(card, pci), "place on the PCI bus");
      pci.setByte(PCI_BUS_ID + PCI_BUS_ID_BYTES - 1L, (byte) 0);
      String place = pciPlace(pci.getString(PCI_BUS_ID, "US-ASCII"));
      lose();
      SysfsFile.write(board.system(), name(), "/sys/bus/pci/devices/" + place + "/reset", "1");
    } finally {
      end();
    }
  }

  /**
   * A place on the PCI bus as sysfs writes it: NVML gives the domain with eight digits, in capital
   * letters.
   */
  private String pciPlace(String busId) throws HardwareFault {
    Matcher matcher = PCI_PLACE.matcher(busId);
    if (!matcher.matches()) {
      throw fault(Kind.BAD_DATA, "NVML gives the place \"" + busId + "\" on the PCI bus");
    }
    return "%04x:%s"
        .formatted(Long.parseLong(matcher.group(1), 16), matcher.group(2).toLowerCase(Locale.ROOT));
  }

  @Override
  public void close() {
    closed = true;
    boolean alone = true;
    try {
      begin();
    } catch (HardwareFault e) {
      // someone hangs in the library: leave it as it is
      alone = false;
    }
    if (!alone) {
      return;
    }
    try {
      lose();
      if (initialised) {
        initialised = false;
        nvml.nvmlShutdown();
      }
    } finally {
      end();
    }
  }

  private List<Long> processes(Pointer card) throws HardwareFault {
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

  /** Memory by the newer call, which does not count what the driver reserves as used. */
  private void readMemory(Pointer card) throws HardwareFault {
    if ((lacking & MEMORY_V2) == 0) {
      for (int attempt = 0; ; attempt++) {
        out.setInt(0, MEMORY_V2_VERSION);
        int answer = nvml.nvmlDeviceGetMemoryInfo_v2(card, out);
        if (answer == NOT_SUPPORTED
            || answer == FUNCTION_NOT_FOUND
            || answer == ARGUMENT_VERSION_MISMATCH) {
          lacking |= MEMORY_V2;
          break;
        }
        if (settled(answer, attempt, "memory")) {
          totalBytes = out.getLong(8);
          usedBytes = out.getLong(32);
          return;
        }
      }
    }
    for (int attempt = 0; ; attempt++) {
      if (settled(nvml.nvmlDeviceGetMemoryInfo(card, out), attempt, "memory")) {
        totalBytes = out.getLong(0);
        usedBytes = out.getLong(16);
        return;
      }
    }
  }

  private double margin(Pointer card, int degrees) throws HardwareFault {
    if (has(MARGIN)) {
      out.setInt(0, MARGIN_VERSION);
      if (given(nvml.nvmlDeviceGetMarginTemperature(card, out), MARGIN)) {
        return out.getInt(4);
      }
    }
    if (has(SLOWDOWN)
        && given(nvml.nvmlDeviceGetTemperatureThreshold(card, THRESHOLD_SLOWDOWN, out), SLOWDOWN)) {
      return out.getInt(0) - degrees;
    }
    return Double.NaN;
  }

  private int clock(Pointer card, int clock, int call) throws HardwareFault {
    return has(call) && given(nvml.nvmlDeviceGetClockInfo(card, clock, out), call)
        ? out.getInt(0)
        : -1;
  }

  private long errors(Pointer card, int error, int counter) throws HardwareFault {
    int call = ECC << (error + 2 * counter);
    return has(call) && given(nvml.nvmlDeviceGetTotalEccErrors(card, error, counter, out), call)
        ? out.getLong(0)
        : -1;
  }

  /** Rows (from Ampere on) or pages; what is pending is left in {@link #third}. */
  private long retired(Pointer card) throws HardwareFault {
    third.setInt(0, 0);
    if (has(REMAPPED)
        && given(nvml.nvmlDeviceGetRemappedRows(card, out, second, third, fourth), REMAPPED)) {
      return Integer.toUnsignedLong(out.getInt(0)) + Integer.toUnsignedLong(second.getInt(0));
    }
    long pages = 0;
    for (int cause = 0; cause < 2 && has(RETIRED); cause++) {
      out.setInt(0, 0);
      int answer = nvml.nvmlDeviceGetRetiredPages(card, cause, out, Pointer.NULL);
      if (answer == INSUFFICIENT_SIZE || given(answer, RETIRED)) {
        pages += Integer.toUnsignedLong(out.getInt(0));
      } else {
        return -1;
      }
    }
    if (!has(RETIRED)) {
      return -1;
    }
    if (has(RETIRED_PENDING)
        && !given(nvml.nvmlDeviceGetRetiredPagesPendingStatus(card, third), RETIRED_PENDING)) {
      third.setInt(0, 0);
    }
    return pages;
  }

  /** Takes the critical events (Xid) that have come since the last poll. */
  private void takeEvents(Pointer card) throws HardwareFault {
    if (!has(EVENTS)) {
      return;
    }
    Pointer set = events;
    if (set == null) {
      if (!given(nvml.nvmlEventSetCreate(out), EVENTS)) {
        return;
      }
      Pointer made = out.getPointer(0);
      if (made == null || !given(nvml.nvmlDeviceRegisterEvents(card, XID_EVENT, made), EVENTS)) {
        lacking |= EVENTS;
        if (made != null) {
          nvml.nvmlEventSetFree(made);
        }
        return;
      }
      events = made;
      set = made;
    }
    for (int i = 0; i < MOST_EVENTS_A_POLL; i++) {
      int answer = nvml.nvmlEventSetWait_v2(set, out, 0);
      if (answer == TIMEOUT || !given(answer, EVENTS)) {
        return;
      }
      if ((out.getLong(8) & XID_EVENT) != 0) {
        xidCount++;
        xidLast = out.getLong(16);
      }
    }
  }

  private boolean has(int call) {
    return (lacking & call) == 0;
  }

  /**
   * Whether a call of health gave its value. What the card cannot is remembered; a lost card fails
   * the poll; any other error leaves the value out this once.
   */
  private boolean given(int answer, int call) throws HardwareFault {
    switch (answer) {
      case SUCCESS -> {
        return true;
      }
      case NOT_SUPPORTED,
          FUNCTION_NOT_FOUND,
          ARGUMENT_VERSION_MISMATCH,
          NO_PERMISSION,
          INVALID_ARGUMENT ->
          lacking |= call;
      case GPU_IS_LOST, UNINITIALIZED, NOT_FOUND -> check(answer, "health");
      default -> {
        // a passing error
      }
    }
    return false;
  }

  /** Forgets the handle and what hangs on it. */
  private void lose() {
    handle = null;
    lacking = 0;
    Pointer set = events;
    events = null;
    if (set != null) {
      nvml.nvmlEventSetFree(set);
    }
  }

  private Pointer handle() throws HardwareFault {
    if (closed) {
      throw fault(Kind.REFUSED, "the device is closed");
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
        throw fault(Kind.ABSENT, "there is no card " + index + ", the driver knows " + count);
      }
      check(nvml.nvmlDeviceGetHandleByIndex_v2(index, out), "look-up of card " + index);
    }
    Pointer found = out.getPointer(0);
    if (found == null) {
      throw fault(Kind.BAD_DATA, "NVML gives no handle");
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
      lose();
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
          case NO_PERMISSION, NOT_SUPPORTED, RESET_REQUIRED, IN_USE -> Kind.REFUSED;
          default -> Kind.BAD_DATA;
        };
    Pointer text = nvml.nvmlErrorString(answer);
    throw fault(
        kind,
        what + ": NVML error " + answer + (text == null ? "" : " (" + text.getString(0) + ")"));
  }

  private void inRange(String what, int value, int lowest, int highest) throws HardwareFault {
    if (value < lowest || value > highest) {
      throw fault(Kind.BAD_DATA, what + " is " + value);
    }
  }

  private static String text(Memory text) {
    text.setByte(NAME_LENGTH - 1, (byte) 0);
    return text.getString(0, "US-ASCII");
  }
}
