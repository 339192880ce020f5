package org.heliostat.core.protection;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.heliostat.protocol.CardConfig;
import org.heliostat.protocol.DeviceConfig;

/** What hangs on what, as the mission file has it. Immutable. */
final class Devices {
  private static final String BUS_PREFIX = "/dev/i2c-";

  private final Map<String, String> feeders = new HashMap<>();
  private final Set<String> names = new HashSet<>();
  private final Set<String> cards = new HashSet<>();

  Devices(List<DeviceConfig> devices, List<CardConfig> cards) {
    for (DeviceConfig device : devices) {
      names.add(device.getName());
      if (!device.getPoweredBy().isEmpty()) {
        feeders.put(device.getName(), device.getPoweredBy());
      }
    }
    cards.forEach(card -> this.cards.add(card.getDevice()));
  }

  /** The switch that feeds a device, or the device itself where it is one that feeds others. */
  Optional<String> rail(String device) {
    if (feeders.containsKey(device)) {
      return Optional.of(feeders.get(device));
    }
    return feeders.containsValue(device) ? Optional.of(device) : Optional.empty();
  }

  /** All that hangs on one rail is one thing to act on. */
  String thing(String device) {
    return rail(device).orElse(device);
  }

  boolean isCard(String device) {
    return cards.contains(device);
  }

  /** The card on the rail of a device, or the device itself where it is a card. */
  Optional<String> card(String device) {
    if (isCard(device)) {
      return Optional.of(device);
    }
    return cards.stream().filter(card -> device.equals(feeders.get(card))).findFirst();
  }

  boolean isBus(String device) {
    return device.startsWith(BUS_PREFIX);
  }

  boolean known(String device) {
    return names.contains(device) || isBus(device);
  }
}
