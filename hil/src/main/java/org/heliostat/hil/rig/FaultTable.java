package org.heliostat.hil.rig;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.heliostat.hil.rig.BoardMap.Device;
import org.heliostat.hil.rig.BoardMap.DeviceType;
import org.heliostat.protocol.Scenario;
import org.heliostat.protocol.Scenario.FaultKind;

/**
 * Which kind of fault fits which device, and what its value stands for: the one place that says so,
 * for the check of a scenario, for live injection, and for {@code rig faults}. Immutable.
 */
final class FaultTable {
  /**
   * A kind of fault.
   *
   * @param types devices that it fits
   * @param device the one that is meant when none is named; empty where one must be named
   * @param value what the value stands for; empty where it has no meaning
   * @param usual the value that 0 stands for
   * @param least smallest value that makes sense
   * @param most greatest value that makes sense
   * @param lasts whether it lasts for a while
   * @param answer what the hardware does
   */
  record Row(
      FaultKind kind,
      Set<DeviceType> types,
      String device,
      String value,
      double usual,
      double least,
      double most,
      boolean lasts,
      String answer) {}

  private static final Set<DeviceType> SENSORS =
      EnumSet.copyOf(List.of(DeviceType.values()).stream().filter(t -> t.sensor).toList());
  private static final Set<DeviceType> PARTS =
      EnumSet.copyOf(List.of(DeviceType.values()).stream().filter(t -> t.part).toList());
  private static final double ANY = 1e9;

  private static final Map<FaultKind, Row> ROWS = rows();

  private FaultTable() {}

  private static Map<FaultKind, Row> rows() {
    Map<FaultKind, Row> rows = new EnumMap<>(FaultKind.class);
    Set<DeviceType> talkers = EnumSet.copyOf(PARTS);
    talkers.addAll(EnumSet.of(DeviceType.RECEIVER, DeviceType.PLATFORM, DeviceType.ZONE));
    Set<DeviceType> frozen = EnumSet.copyOf(SENSORS);
    frozen.remove(DeviceType.ZONE);
    frozen.addAll(EnumSet.of(DeviceType.RECEIVER, DeviceType.PLATFORM));
    Set<DeviceType> hung = EnumSet.copyOf(PARTS);
    hung.add(DeviceType.BUS);
    add(
        rows,
        FaultKind.STUCK,
        SENSORS,
        "reading, in the sensor's unit",
        0,
        -ANY,
        ANY,
        true,
        "it measures the value, conversion after conversion");
    add(
        rows,
        FaultKind.NOISY,
        SENSORS,
        "rms, in the sensor's unit",
        1,
        0,
        ANY,
        true,
        "noise is added to what it measures");
    add(
        rows,
        FaultKind.DRIFTING,
        SENSORS,
        "unit a minute",
        1,
        -ANY,
        ANY,
        true,
        "it walks away from the truth");
    add(
        rows,
        FaultKind.SENSOR_FROZEN,
        frozen,
        "",
        0,
        0,
        0,
        true,
        "it converts no more and sets no ready bit; a receiver repeats its last message");
    add(
        rows,
        FaultKind.NO_ACKNOWLEDGE,
        talkers,
        "",
        0,
        0,
        0,
        true,
        "EREMOTEIO; a serial or CAN device is silent, the zone EIO");
    add(
        rows,
        FaultKind.BUS_HUNG,
        hung,
        "0: clock pulses free it, 1: only a power cycle",
        0,
        0,
        1,
        true,
        "ETIMEDOUT on the whole bus, until the driver is bound anew (0) or for_s is over");
    add(
        rows,
        FaultKind.WRONG_PEC,
        EnumSet.of(DeviceType.SWITCH),
        "",
        0,
        0,
        0,
        true,
        "EBADMSG on reads, no acknowledge on writes, when the master checks");
    add(rows, FaultKind.CHIP_RESET, PARTS, "", 0, 0, 0, false, "every register at power-on");
    row(
        rows,
        new Row(
            FaultKind.BROWN_OUT,
            EnumSet.of(DeviceType.POWER_MONITOR),
            "bus",
            "V",
            14,
            5,
            36,
            true,
            "the bus sags; below 16 V every I2C part resets, below 11 V the cards lose power (1 s if for_s is 0)"));
    add(
        rows,
        FaultKind.LATCH_UP,
        EnumSet.of(DeviceType.CARD),
        "A more",
        3,
        0.1,
        100,
        true,
        "until its rail is off; it dies after 120 s; its switch latches off above its limit");
    add(
        rows,
        FaultKind.FUNCTIONAL_INTERRUPT,
        EnumSet.of(DeviceType.CARD),
        "",
        0,
        0,
        0,
        true,
        "Xid 119, NVML calls do not return, its holders stop; until rail off or reset");
    add(
        rows,
        FaultKind.CARD_FALLS_OFF,
        EnumSet.of(DeviceType.CARD),
        "",
        0,
        0,
        0,
        true,
        "Xid 79, GPU is lost; until its rail is turned off");
    add(
        rows,
        FaultKind.ECC_BURST,
        EnumSet.of(DeviceType.CARD, DeviceType.EDAC),
        "errors, uncorrected if negative",
        10,
        -100_000,
        100_000,
        false,
        "counters; Xid 48 and a pending row remap for uncorrected ones");
    add(
        rows,
        FaultKind.OVER_TEMPERATURE_OF_CARD,
        EnumSet.of(DeviceType.CARD),
        "Cel",
        98,
        -50,
        150,
        true,
        "throttles from 90, shuts down at 105 until power-cycled");
    add(
        rows,
        FaultKind.PUMP_STALL,
        EnumSet.of(DeviceType.PUMP),
        "",
        0,
        0,
        0,
        true,
        "no speed, less flow");
    add(
        rows,
        FaultKind.HEATER_STUCK_ON,
        EnumSet.of(DeviceType.HEATER),
        "",
        0,
        0,
        0,
        true,
        "full power whatever it is told");
    row(
        rows,
        new Row(
            FaultKind.FLIGHT_HANGS,
            EnumSet.of(DeviceType.FLIGHT, DeviceType.WATCHDOG),
            "flight",
            "",
            0,
            0,
            0,
            true,
            "SIGSTOP to the process that opened the watchdog, which then bites"));
    Set<DeviceType> disk = EnumSet.of(DeviceType.DISK);
    row(
        rows,
        new Row(
            FaultKind.DISK_SLOW, disk, "disk", "ms a write", 500, 0, 60_000, true, "writes wait"));
    row(rows, new Row(FaultKind.DISK_READ_ONLY, disk, "disk", "", 0, 0, 0, true, "EROFS"));
    row(rows, new Row(FaultKind.DISK_FULL, disk, "disk", "", 0, 0, 0, true, "ENOSPC"));
    row(rows, new Row(FaultKind.DISK_IO_ERROR, disk, "disk", "", 0, 0, 0, true, "EIO"));
    row(
        rows,
        new Row(FaultKind.DISK_HUNG, disk, "disk", "", 0, 0, 0, true, "writes do not return"));
    Set<DeviceType> clock = EnumSet.of(DeviceType.CLOCK);
    row(
        rows,
        new Row(
            FaultKind.CLOCK_JUMP,
            clock,
            "rtc",
            "s",
            3600,
            -ANY,
            ANY,
            false,
            "the wall clock jumps and stays so; the real-time clock does not"));
    row(
        rows,
        new Row(
            FaultKind.CLOCK_BACK_TO_1970,
            clock,
            "rtc",
            "",
            0,
            0,
            0,
            false,
            "wall clock and real-time clock start at 1970 again"));
    return rows;
  }

  private static void add(
      Map<FaultKind, Row> rows,
      FaultKind kind,
      Set<DeviceType> types,
      String value,
      double usual,
      double least,
      double most,
      boolean lasts,
      String answer) {
    row(rows, new Row(kind, types, "", value, usual, least, most, lasts, answer));
  }

  private static void row(Map<FaultKind, Row> rows, Row row) {
    rows.put(row.kind(), row);
  }

  static Row row(FaultKind kind) {
    Row row = ROWS.get(kind);
    if (row == null) {
      throw new IllegalArgumentException(kind + " is no kind of fault");
    }
    return row;
  }

  static double value(Scenario.Fault fault) {
    return fault.getValue() == 0 ? row(fault.getKind()).usual() : fault.getValue();
  }

  /** The device that a fault is about. */
  static Optional<Device> device(Scenario.Fault fault, int cards) {
    Row row = ROWS.get(fault.getKind());
    String name = fault.getDevice();
    if (name.isEmpty() && row != null) {
      name = row.device();
    }
    return BoardMap.device(name.startsWith("/dev/i2c-") ? name.substring(5) : name, cards);
  }

  /**
   * What is wrong with a fault on a board with so many cards; empty when nothing is. Whether fields
   * are in their ranges has been checked.
   */
  static String problem(Scenario.Fault fault, int cards, StorageFaults storage) {
    return switch (fault.getSpecialCase()) {
      case KILL_WORKER -> card(fault.getKillWorker().getCard(), cards) + noKind(fault);
      case HEAT_CARD -> card(fault.getHeatCard().getCard(), cards) + noKind(fault);
      case CARD_LOST -> card(fault.getCardLost().getCard(), cards) + noKind(fault);
      case RESET_INA226 ->
          part(fault.getResetIna226().getBus(), fault.getResetIna226().getAddress(), 0x40, cards)
              + noKind(fault);
      case SENSOR_ABSENT -> {
        int address = fault.getSensorAbsent().getAddress();
        yield part(fault.getSensorAbsent().getBus(), address, address >= 0x48 ? 0x48 : 0x40, cards)
            + noKind(fault);
      }
      case BROKER_OUTAGE -> noKind(fault);
      case SPECIAL_NOT_SET -> ofKind(fault, cards, storage);
    };
  }

  private static String noKind(Scenario.Fault fault) {
    return fault.getKind() == FaultKind.FAULT_KIND_UNSPECIFIED && fault.getDevice().isEmpty()
        ? ""
        : "is of a special form and names a kind or a device, too";
  }

  private static String ofKind(Scenario.Fault fault, int cards, StorageFaults storage) {
    if (fault.getKind() == FaultKind.FAULT_KIND_UNSPECIFIED) {
      return "says nothing of what is to go wrong";
    }
    Row row = row(fault.getKind());
    if (fault.getDevice().isEmpty() && row.device().isEmpty()) {
      return "does not say which device: " + fits(row, cards);
    }
    Optional<Device> device = device(fault, cards);
    if (device.isEmpty()) {
      return "is about \""
          + fault.getDevice()
          + "\", which is not on the board of "
          + cards
          + " cards";
    }
    boolean brownOut = fault.getKind() == FaultKind.BROWN_OUT && !device.get().name().equals("bus");
    if (!row.types().contains(device.get().type()) || brownOut) {
      return "cannot be: "
          + fault.getKind()
          + " does not fit \""
          + device.get().name()
          + "\", it fits "
          + (fault.getKind() == FaultKind.BROWN_OUT ? "bus" : fits(row, cards));
    }
    if (device.get().type() == DeviceType.DISK && !storage.plays(fault.getKind())) {
      return "cannot be played: this rig has no hold of the disk (flight { rig_storage: true } gives it one)";
    }
    double value = value(fault);
    if (!row.value().isEmpty() && !(value >= row.least() && value <= row.most())) {
      return "has the value %s, not within %s to %s (%s)"
          .formatted(value, row.least(), row.most(), row.value());
    }
    if (row.value().isEmpty() && fault.getValue() != 0) {
      return "has a value, and " + fault.getKind() + " takes none";
    }
    if (!row.lasts() && fault.getForS() != 0) {
      return "lasts, and " + fault.getKind() + " happens once";
    }
    return "";
  }

  /** The names of the devices that a kind fits. */
  static String fits(Row row, int cards) {
    return BoardMap.devices(cards).stream()
        .filter(device -> row.types().contains(device.type()))
        .filter(device -> row.kind() != FaultKind.BROWN_OUT || device.name().equals("bus"))
        .map(Device::name)
        .collect(Collectors.joining(" "));
  }

  private static String card(int card, int cards) {
    return card < cards
        ? ""
        : "is about card " + card + ", there are " + cards + " (0 to " + (cards - 1) + ")";
  }

  private static String part(int bus, int address, int first, int cards) {
    return bus == BoardMap.BUS && address >= first && address <= first + cards
        ? ""
        : "is about a part that is not on the board: bus %d, address 0x%02x"
            .formatted(bus, address);
  }
}
