package org.heliostat.protocol;

/** MQTT topics of one spacecraft; short, because every publish carries its own. Immutable. */
public record Topics(int spacecraftId) {
  /** Ground to satellite: telecommands and receipts. */
  public String uplink() {
    return "h" + spacecraftId + "/u";
  }

  /** Satellite to ground: recorded data and live telemetry. */
  public String downlink() {
    return "h" + spacecraftId + "/d";
  }
}
