package org.heliostat.hal;

import java.nio.file.Path;
import java.util.Map;

/**
 * One complete frame in the camera's memory.
 *
 * @param id unique in the life of the camera; ids sort in the order in which frames were taken
 * @param file the frame itself; it stays until the frame is released
 * @param properties what the camera says of the frame, see the driver's contract
 */
public record CameraFrame(String id, Path file, Map<String, String> properties) {
  public CameraFrame {
    properties = Map.copyOf(properties);
  }
}
