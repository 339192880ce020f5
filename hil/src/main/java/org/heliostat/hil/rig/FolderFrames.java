package org.heliostat.hil.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Frames that lie in a folder, in the order of their names: GeoTIFF, npz and npy files. */
final class FolderFrames implements FrameSource {
  private final List<Path> files;
  private final Map<String, String> properties;

  /**
   * Lists the folder once.
   *
   * @param most take at most so many; 0 stands for all
   * @param properties for every sidecar
   * @throws IOException if the folder cannot be read or holds no frame
   */
  FolderFrames(Path folder, int most, Map<String, String> properties) throws IOException {
    try (Stream<Path> listed = Files.list(folder)) {
      this.files =
          listed
              .filter(file -> Files.isRegularFile(file) && isFrame(file))
              .sorted()
              .limit(most == 0 ? Integer.MAX_VALUE : most)
              .toList();
    }
    if (files.isEmpty()) {
      throw new IOException(folder + " holds no frame: no .tif, .tiff, .npz or .npy file");
    }
    this.properties = Map.copyOf(properties);
  }

  @Override
  public int available() {
    return files.size();
  }

  @Override
  public Frame next(int sequence, Path scratch) {
    Path file = files.get(sequence % files.size());
    return new Frame(file, String.valueOf(file.getFileName()), properties);
  }

  private static boolean isFrame(Path file) {
    String name = String.valueOf(file.getFileName());
    return name.endsWith(".tif")
        || name.endsWith(".tiff")
        || name.endsWith(".npz")
        || name.endsWith(".npy");
  }
}
