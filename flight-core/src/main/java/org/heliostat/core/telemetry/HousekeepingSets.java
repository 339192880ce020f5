package org.heliostat.core.telemetry;

import com.google.protobuf.Descriptors.FieldDescriptor;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToLongFunction;
import org.heliostat.protocol.BeaconSet;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.HousekeepingConfig;
import org.heliostat.protocol.HousekeepingSet;
import org.heliostat.protocol.HousekeepingTable;
import org.heliostat.protocol.Mode;

/**
 * The sets of the table {@code housekeeping}: which fields of a snapshot are due when. Every packet
 * has the set's name, its sequence and the times, whatever its fields. One thread.
 */
final class HousekeepingSets {
  private static final List<FieldDescriptor> FIELDS = Housekeeping.getDescriptor().getFields();
  private static final FieldDescriptor VALUES = field("values");
  private static final FieldDescriptor BEACON = field("beacon");

  private final ToLongFunction<String> sequences;
  private List<Plan> plans = List.of();

  /** Sets whose packets are counted by this. */
  HousekeepingSets(ToLongFunction<String> sequences) {
    this.sequences = sequences;
  }

  /** A packet, and whether it is recorded, too. */
  record Packet(Housekeeping packet, boolean recorded) {}

  private static final class Plan {
    private final String name;
    private final List<FieldDescriptor> fields;
    private final long periodNanos;
    private final Set<Mode> modes;
    private final boolean recorded;
    private long next;

    private Plan(HousekeepingSet set, long now) {
      name = set.getName();
      fields =
          set.getFieldsCount() == 0
              ? FIELDS.stream()
                  .filter(field -> !field.equals(VALUES) && !field.equals(BEACON))
                  .toList()
              : set.getFieldsList().stream().map(HousekeepingSets::field).toList();
      periodNanos = (long) (set.getPeriodSeconds() * 1e9);
      modes =
          set.getModesCount() == 0 ? EnumSet.allOf(Mode.class) : EnumSet.copyOf(set.getModesList());
      recorded = set.getRecorded();
      next = now;
    }
  }

  /** Takes a table that {@link #problems} has nothing against; all of its sets are due at once. */
  void take(HousekeepingTable table, long now) {
    plans = table.getSetsList().stream().map(set -> new Plan(set, now)).toList();
  }

  /** The packets of a snapshot that are due now, in mission time. */
  List<Packet> due(Housekeeping snapshot, Mode mode, long now) {
    List<Packet> packets = new ArrayList<>();
    for (Plan plan : plans) {
      if (now - plan.next < 0 || !plan.modes.contains(mode)) {
        continue;
      }
      // beats that were missed (accelerated time) are skipped, not made up for
      plan.next = Math.max(plan.next + plan.periodNanos, now);
      packets.add(new Packet(packet(plan, snapshot), plan.recorded));
    }
    return packets;
  }

  private Housekeeping packet(Plan plan, Housekeeping snapshot) {
    Housekeeping.Builder packet = Housekeeping.newBuilder();
    for (FieldDescriptor field : plan.fields) {
      if (field.isRepeated()
          ? snapshot.getRepeatedFieldCount(field) > 0
          : snapshot.hasField(field)) {
        packet.setField(field, snapshot.getField(field));
      }
    }
    long sequence = sequences.applyAsLong(plan.name);
    if (plan.fields.contains(BEACON)) {
      // made where it is wanted: a snapshot on the bus has none
      packet.setBeacon(BeaconSet.of(snapshot, plan.name, sequence));
    }
    return packet
        .setSet(plan.name)
        .setSequence(sequence)
        .setMissionNanos(snapshot.getMissionNanos())
        .setUtcNanos(snapshot.getUtcNanos())
        .build();
  }

  /** What the schema cannot say about a table. */
  static List<String> problems(HousekeepingTable table) {
    List<String> problems = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (HousekeepingSet set : table.getSetsList()) {
      if (!names.add(set.getName())) {
        problems.add("set \"" + set.getName() + "\" stands twice");
      }
      for (String name : set.getFieldsList()) {
        if (Housekeeping.getDescriptor().findFieldByName(name) == null) {
          problems.add(set.getName() + ": housekeeping has no field \"" + name + "\"");
        }
      }
      if (set.getModesList().contains(Mode.MODE_UNSPECIFIED)) {
        problems.add(set.getName() + ": there is no such mode");
      }
    }
    return problems;
  }

  /** What is sent where no table says anything else. */
  static HousekeepingTable standard(HousekeepingConfig config) {
    return HousekeepingTable.newBuilder()
        .addSets(
            HousekeepingSet.newBuilder()
                .setName("main")
                .setPeriodSeconds(config.getPeriodSeconds())
                .addFields("beacon"))
        .addSets(
            HousekeepingSet.newBuilder()
                .setName("devices")
                .setPeriodSeconds(config.getDevicePeriodSeconds())
                .addFields("values"))
        .addSets(
            HousekeepingSet.newBuilder()
                .setName("services")
                // the largest of the sets, and the one that changes least
                .setPeriodSeconds(5 * config.getDevicePeriodSeconds())
                .addAllFields(
                    List.of(
                        "apps",
                        "rate_groups",
                        "subscriptions",
                        "recorder",
                        "memory",
                        "tables",
                        "sequences",
                        "limits",
                        "protection",
                        "survival",
                        "scrub",
                        "time",
                        "app_values",
                        "events",
                        "events_suppressed",
                        "events_unrecorded",
                        "event_status",
                        "host",
                        "commands_accepted",
                        "commands_completed",
                        "commands_failed",
                        "golden",
                        "bad_packets",
                        "packets_dropped",
                        "keys",
                        "pass",
                        "link",
                        "uploads")))
        .build();
  }

  private static FieldDescriptor field(String name) {
    FieldDescriptor field = Housekeeping.getDescriptor().findFieldByName(name);
    if (field == null) {
      throw new IllegalArgumentException("housekeeping has no field " + name);
    }
    return field;
  }
}
