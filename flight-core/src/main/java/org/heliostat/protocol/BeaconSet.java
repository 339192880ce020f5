package org.heliostat.protocol;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import java.util.Set;

/**
 * The standard housekeeping set: what of a snapshot it holds, and what ground makes of it. Numbers
 * are rounded to what the scale of their field in the schema says; one that is not finite, or
 * beyond what the field holds, is absent. Stateless and thread-safe.
 */
public final class BeaconSet {
  private static final int MOST_ELEMENTS = 64;
  private static final long MILLI = 1_000_000L;
  private static final long CENTI = 10_000_000L;

  /** What stands as the platform's own, apart from the lists. */
  private static final Set<String> OF_THE_PLATFORM = Set.of("bus", "board");

  private BeaconSet() {}

  /**
   * The beacon of a snapshot.
   *
   * @param set name of the set that it is sent as
   * @param sequence its number in that set
   */
  public static Beacon of(Housekeeping snapshot, String set, long sequence) {
    Beacon.Builder beacon = Beacon.newBuilder().setSet(set).setSequence(sequence);
    // fields of the same name that count the same
    for (FieldDescriptor field : Beacon.getDescriptor().getFields()) {
      FieldDescriptor same = Housekeeping.getDescriptor().findFieldByName(field.getName());
      if (isTheSame(field, same) && snapshot.hasField(same)) {
        beacon.setField(field, snapshot.getField(same));
      }
    }
    beacon
        .setSequence(sequence)
        .setMissionTime(Math.floorDiv(snapshot.getMissionNanos(), CENTI))
        .setUtcOffset(Math.floorDiv(snapshot.getUtcNanos() - snapshot.getMissionNanos(), CENTI));
    if (snapshot.getTime().hasQuality()) {
      beacon.setTimeQuality(snapshot.getTime().getQuality());
    }
    copy(snapshot, beacon, "bus_volts", "bus_watts", "board_celsius");
    snapshot.getCardsList().stream()
        .limit(MOST_ELEMENTS)
        .forEach(card -> beacon.addCards(card(card)));
    snapshot.getFaultyList().stream()
        .limit(MOST_ELEMENTS)
        .forEach(fault -> beacon.addFaulty(fault(fault)));
    snapshot.getValuesList().forEach(value -> add(value, beacon));
    if (snapshot.hasRecorder()) {
      RecorderStatus recorder = snapshot.getRecorder();
      put(beacon, "recorder_bytes", (double) recorder.getStoredBytes());
      long evicted = 0;
      long expired = 0;
      for (PriorityStatus priority : recorder.getPrioritiesList()) {
        evicted += priority.getEvicted();
        expired += priority.getExpired();
      }
      beacon.setRecordsEvicted(evicted).setRecordsExpired(expired);
    }
    return beacon.build();
  }

  /** The fields of housekeeping that a beacon stands for, and the beacon itself. */
  public static Housekeeping housekeeping(Beacon beacon) {
    Housekeeping.Builder packet = Housekeeping.newBuilder();
    for (FieldDescriptor field : Beacon.getDescriptor().getFields()) {
      FieldDescriptor same = Housekeeping.getDescriptor().findFieldByName(field.getName());
      if (isTheSame(field, same) && beacon.hasField(field)) {
        packet.setField(same, beacon.getField(field));
      }
    }
    copy(beacon, packet, "bus_volts", "bus_watts", "board_celsius");
    for (BeaconCard card : beacon.getCardsList()) {
      CardStatus.Builder status = CardStatus.newBuilder().setName(card.getName());
      if (card.hasState()) {
        status.setState(card.getState());
      }
      if (card.hasRestarts()) {
        status.setRestarts(card.getRestarts());
      }
      copy(card, status, "celsius", "watts", "utilisation", "rail_watts", "baseplate_celsius");
      packet.addCards(status);
    }
    for (BeaconFault fault : beacon.getFaultyList()) {
      packet.addFaulty(
          DeviceStatus.newBuilder()
              .setDevice(fault.getDevice())
              .setFault(fault.getFault())
              .setSinceNanos(fault.getSinceMillis() * MILLI));
    }
    return packet
        .setMissionNanos(beacon.getMissionTime() * CENTI)
        .setUtcNanos((beacon.getMissionTime() + beacon.getUtcOffset()) * CENTI)
        .setBeacon(beacon)
        .build();
  }

  private static boolean isTheSame(FieldDescriptor field, FieldDescriptor same) {
    return same != null
        && !field.isRepeated()
        && field.getType() == same.getType()
        && field.getType() != FieldDescriptor.Type.MESSAGE;
  }

  private static BeaconCard card(CardStatus card) {
    BeaconCard.Builder small = BeaconCard.newBuilder().setName(card.getName());
    if (card.hasState()) {
      small.setState(card.getState());
    }
    if (card.hasRestarts()) {
      small.setRestarts(card.getRestarts());
    }
    copy(card, small, "celsius", "watts", "utilisation", "rail_watts", "baseplate_celsius");
    return small.build();
  }

  private static BeaconFault fault(DeviceStatus status) {
    return BeaconFault.newBuilder()
        .setDevice(status.getDevice())
        .setFault(status.getFault())
        .setSinceMillis(Math.floorDiv(status.getSinceNanos(), MILLI))
        .build();
  }

  private static void add(DeviceValue value, Beacon.Builder beacon) {
    if (OF_THE_PLATFORM.contains(value.getDevice())) {
      return;
    }
    switch (value.getValueCase()) {
      case POWER -> {
        if (beacon.getMonitorsCount() < MOST_ELEMENTS) {
          BeaconMonitor.Builder monitor = BeaconMonitor.newBuilder().setName(value.getDevice());
          copy(value.getPower(), monitor, "volts", "amperes");
          beacon.addMonitors(monitor);
        }
      }
      case RAIL -> {
        if (beacon.getRailsCount() < MOST_ELEMENTS) {
          RailValue read = value.getRail();
          BeaconRail.Builder rail =
              BeaconRail.newBuilder()
                  .setName(value.getDevice())
                  .setOn(read.getOn())
                  .setPowerGood(read.getPowerGood())
                  .setLatchedOff(read.getLatchedOff());
          copy(read, rail, "amperes", "celsius");
          beacon.addRails(rail);
        }
      }
      case CELSIUS -> {
        if (beacon.getThermometersCount() < MOST_ELEMENTS) {
          BeaconThermometer.Builder one = BeaconThermometer.newBuilder().setName(value.getDevice());
          put(one, "celsius", value.getCelsius());
          beacon.addThermometers(one);
        }
      }
      default -> {
        // the set "devices" has it
      }
    }
  }

  /** Copies numbers by their names, from and to whatever scale each has. */
  private static void copy(MessageOrBuilder from, Message.Builder to, String... names) {
    for (String name : names) {
      FieldDescriptor field = field(from, name);
      if (from.hasField(field)) {
        put(to, name, ((Number) from.getField(field)).doubleValue() * scale(field));
      }
    }
  }

  private static void put(Message.Builder to, String name, double value) {
    FieldDescriptor field = field(to, name);
    double counted = value / scale(field);
    if (field.getType() == FieldDescriptor.Type.FLOAT) {
      to.setField(field, (float) counted);
    } else if (Math.abs(counted) <= Integer.MAX_VALUE) {
      to.setField(field, (int) Math.rint(counted));
    }
  }

  private static FieldDescriptor field(MessageOrBuilder message, String name) {
    FieldDescriptor field = message.getDescriptorForType().findFieldByName(name);
    if (field == null) {
      throw new IllegalArgumentException(name);
    }
    return field;
  }

  private static double scale(FieldDescriptor field) {
    return field.getOptions().getExtension(Options.meta).getScale();
  }
}
