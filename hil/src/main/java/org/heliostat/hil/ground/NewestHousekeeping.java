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
 * carries is not. One thread.
 */
final class NewestHousekeeping {
  private final Map<String, Housekeeping> bySet = new LinkedHashMap<>();

  /** Takes a packet; one that is older than what is known of its set is left out. */
  void take(Housekeeping packet) {
    Housekeeping known = bySet.get(packet.getSet());
    if (known != null && packet.getMissionNanos() < known.getMissionNanos()) {
      return;
    }
    if (packet.hasBoots()) {
      // what was said before a restart is not so any more
      bySet.values().removeIf(other -> other.hasBoots() && other.getBoots() < packet.getBoots());
    }
    bySet.put(packet.getSet(), packet);
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
