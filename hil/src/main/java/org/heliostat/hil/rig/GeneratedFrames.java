package org.heliostat.hil.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.heliostat.hil.scene.Scene;
import org.heliostat.hil.scene.SceneBand;
import org.heliostat.hil.scene.SceneFiles;
import org.heliostat.hil.scene.SceneGenerator;

/**
 * Frames from the scene generator. The cloud truth of each goes beside them, as {@code <source
 * without .npy>.png}.
 */
final class GeneratedFrames implements FrameSource {
  private final SceneGenerator generator;
  private final int count;
  private final int pixels;
  private final Path truthFolder;

  /**
   * Makes a series.
   *
   * @param count distinct scenes, 1 or more
   * @param pixels width and height
   * @param truthFolder where the truth goes; flight never sees it
   */
  GeneratedFrames(long seed, int count, int pixels, Path truthFolder) throws IOException {
    this.generator = new SceneGenerator(seed);
    this.count = count;
    this.pixels = pixels;
    this.truthFolder = Files.createDirectories(truthFolder);
  }

  @Override
  public int available() {
    return count;
  }

  @Override
  public Frame next(int sequence, Path scratch) throws IOException {
    int index = sequence % count;
    Scene scene = generator.scene(index, pixels, pixels);
    String name = String.format(Locale.ROOT, "scene-%06d", index);
    Path file = scratch.resolve(name + ".npy");
    SceneFiles.writeNpy(scene, file);
    SceneFiles.truthPng(scene, truthFolder.resolve(name + ".png"));
    return new Frame(
        file,
        name + ".npy",
        Map.of(
            "bands",
            Arrays.stream(SceneBand.values())
                .map(SceneBand::commonName)
                .collect(Collectors.joining(",")),
            "bits_per_sample",
            "12",
            "reflectance_scale",
            Double.toString(SceneGenerator.REFLECTANCE_SCALE),
            "nodata",
            "0",
            "layout",
            "CHW"));
  }
}
