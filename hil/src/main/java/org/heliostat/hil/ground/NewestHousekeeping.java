package org.heliostat.hil.ground;

import com.google.gson.JsonObject;
import com.google.protobuf.Descriptors.FieldDescriptor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.heliostat.protocol.Housekeeping;

/**
 * The newest of each value of housekeeping, which comes in sets: a packet holds the fields of its
 * set and says nothing about others. Of each set the newest packet counts; where two sets have one
 * field, the newer of them does. So a list that has become empty is empty, and one that another set
 * carries is not.
 *
 * <p>After a boot all begins anew, mission time too: a packet that counts more boots makes those
 * before it forgotten, of every set, and one that counts fewer comes late and is left out. Most
 * sets do not count boots; which boot their packets belong to is not known, and until the first
 * packet that does count them (of the set {@code main}, within seconds) the earlier boot's values
 * stay. Should the satellite have lost its count, {@value #ENOUGH} packets with fewer boots, and
 * none with as many as before among them, are believed. One thread.
 */
final class NewestHousekeeping {
  private static final int ENOUGH = 3;
  private static final long UNKNOWN = -1;

  private final Map<String, Housekeeping> bySet = new LinkedHashMap<>();
  private long boots = UNKNOWN;

  /** Packets in a row that count fewer boots. */
  private int fewer;

  /** Takes a packet; one that is older than what is known of its boot or its set is left out. */
  void take(Housekeeping packet) {
    if (packet.hasBoots() && !isOfThisBoot(Integer.toUnsignedLong(packet.getBoots()))) {
      return;
    }
    Housekeeping known = bySet.get(packet.getSet());
    if (known != null && packet.getMissionNanos() < known.getMissionNanos()) {
      return;
    }
    bySet.put(packet.getSet(), packet);
  }

  private boolean isOfThisBoot(long counted) {
    if (counted < boots && ++fewer < ENOUGH) {
      return false;
    }
    if (boots != UNKNOWN && counted != boots) {
      // what was said before a boot is not so any more
      bySet.clear();
    }
    boots = counted;
    fewer = 0;
    return true;
  }

  boolean isEmpty() {
    return bySet.isEmpty();
  }

  /** All values; {@code mission_nanos} is the time of the newest of them. */
  JsonObject values() {
    JsonObject json = new JsonObject();
    for (Housekeeping packet : oldestFirst()) {
      ProtoJson.of(packet).entrySet().forEach(entry -> json.add(entry.getKey(), entry.getValue()));
    }
    // of single packets, not of the whole
    json.remove("set");
    json.remove("sequence");
    return json;
  }

  /** For each value the mission time of the packet that it came in, ns. */
  JsonObject times() {
    JsonObject json = new JsonObject();
    for (Housekeeping packet : oldestFirst()) {
      for (FieldDescriptor field : packet.getAllFields().keySet()) {
        json.addProperty(field.getName(), packet.getMissionNanos());
      }
    }
    json.remove("set");
    json.remove("sequence");
    return json;
  }

  private List<Housekeeping> oldestFirst() {
    List<Housekeeping> packets = new ArrayList<>(bySet.values());
    packets.sort(Comparator.comparingLong(Housekeeping::getMissionNanos));
    return packets;
  }
}
