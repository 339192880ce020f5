package org.heliostat.payload.manager;

import java.util.Locale;
import java.util.Optional;
import org.heliostat.payload.frame.Frame;
import org.heliostat.protocol.ModelManifest;

/** Decides whether a frame is worth a card's time. Immutable. */
final class Admission {
  private final double minValidFraction;
  private final ModelManifest model;

  Admission(double minValidFraction, ModelManifest model) {
    this.minValidFraction = minValidFraction;
    this.model = model;
  }

  /** Why a frame is declined; nothing when it is admitted. */
  Optional<String> decline(Frame frame) {
    if (frame.validFraction() < minValidFraction) {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "%.2f %% of the pixels have data, the mission wants %.2f %%",
              100 * frame.validFraction(),
              100 * minValidFraction));
    }
    for (String band : model.getInput().getBandsList()) {
      if (!frame.layout().getBandsList().contains(band)) {
        return Optional.of(
            "model "
                + model.getId()
                + " wants band "
                + band
                + ", the frame has "
                + frame.layout().getBandsList());
      }
    }
    return Optional.empty();
  }
}
