package org.heliostat.payload.card;

import java.nio.file.Path;
import org.heliostat.payload.frame.Frame;

/**
 * One frame to be inferred. Immutable; a job does not know which card will run it.
 *
 * @param number unique within a run of the flight
 * @param result file that the worker fills with probabilities
 * @param attempts times it has been given to a card and come back without a result
 */
public record FrameJob(long number, Frame frame, Path result, int attempts) {
  FrameJob again() {
    return new FrameJob(number, frame, result, attempts + 1);
  }
}
