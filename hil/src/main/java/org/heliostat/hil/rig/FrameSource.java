package org.heliostat.hil.rig;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** Where the camera's frames come from. Called by one thread at a time. */
public interface FrameSource {
  /**
   * One frame.
   *
   * @param file the frame; moved if it lies in the scratch folder, else linked or copied
   * @param source the name by which people know it
   * @param properties keys for the sidecar; they win over the rig's own
   */
  record Frame(Path file, String source, Map<String, String> properties) {}

  /** Number of distinct frames, 1 or more. */
  int available();

  /**
   * The frame of a place in the endless series; the series repeats after {@link #available}.
   *
   * @param sequence 0 and up
   * @param scratch an empty folder for a frame that is made
   */
  Frame next(int sequence, Path scratch) throws IOException;
}
