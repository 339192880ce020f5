package org.heliostat.core.link;

import org.heliostat.protocol.BeaconEncoder;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.Housekeeping;

/**
 * Live housekeeping as it goes over the link: a packet that is a beacon and nothing else as a frame
 * of it, all others as they are. One thread.
 */
final class Beacons {
  private final BeaconEncoder encoder = new BeaconEncoder(BeaconEncoder.STANDARD_PERIOD);

  /** The packet of the link. */
  Downlink.Builder packet(Housekeeping housekeeping) {
    Housekeeping besides =
        housekeeping.toBuilder()
            .clearBeacon()
            .clearSet()
            .clearSequence()
            .clearMissionNanos()
            .clearUtcNanos()
            .build();
    return housekeeping.hasBeacon() && besides.equals(Housekeeping.getDefaultInstance())
        ? Downlink.newBuilder().setBeacon(encoder.encode(housekeeping.getBeacon()))
        : Downlink.newBuilder().setHousekeeping(housekeeping);
  }

  /** What was sent before may not have come: the next frame is whole. */
  void restart() {
    encoder.restart();
  }
}
