package org.heliostat.payload.frame;

import java.nio.file.Path;
import java.util.List;
import org.heliostat.protocol.FrameLayout;

/**
 * A frame that is ready for a card. Immutable.
 *
 * @param id the camera's number of the frame
 * @param source file name that the instrument gave it
 * @param raw planar file in the frame store, as {@code layout} says
 * @param acquiredNanos mission time
 * @param bbox west, south, east, north in degrees; empty where unknown
 * @param rawBytes what the instrument would have sent: samples * bits per sample / 8
 * @param validFraction part of the pixels with data in every band
 */
public record Frame(
    String id,
    String source,
    Path raw,
    FrameLayout layout,
    long acquiredNanos,
    List<Double> bbox,
    long rawBytes,
    double validFraction) {}
