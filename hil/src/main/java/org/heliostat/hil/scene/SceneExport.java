package org.heliostat.hil.scene;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Writes a series of scenes for training or a look: for scene N the files {@code scene-N.npy}
 * (samples), {@code scene-N.truth.npy} (class codes), {@code scene-N.opacity.npy} (cloud opacity)
 * and, if asked for, {@code scene-N.png} and {@code scene-N.cloud.png}.
 */
@Command(
    name = "scene-export",
    mixinStandardHelpOptions = true,
    description = "Writes procedural scenes with their truth.")
public final class SceneExport implements Callable<Integer> {
  @Option(
      names = "--count",
      defaultValue = "8",
      description = "number of scenes (default: ${DEFAULT-VALUE})")
  private int count;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "seed of the series (default: ${DEFAULT-VALUE})")
  private long seed;

  @Option(
      names = "--size",
      defaultValue = "512",
      description = "pixels along each side (default: ${DEFAULT-VALUE})")
  private int size;

  @Option(names = "--png", description = "write a quicklook and the cloud truth as PNG too")
  private boolean png;

  @Option(
      names = "--out",
      required = true,
      description = "folder to write to; made if it is missing")
  private Path out = Path.of(".");

  SceneExport() {}

  /**
   * Runs the command line and ends with its exit code: 0 written, 1 could not write, 2 wrong use.
   */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new SceneExport()).execute(arguments));
  }

  @Override
  public Integer call() throws IOException {
    Files.createDirectories(out);
    SceneGenerator generator = new SceneGenerator(seed);
    for (int index = 0; index < count; index++) {
      Scene scene = generator.scene(index, size, size);
      String name = String.format(Locale.ROOT, "scene-%05d", index);
      SceneFiles.writeNpy(scene, out.resolve(name + ".npy"));
      SceneFiles.writeTruthNpy(scene, out.resolve(name + ".truth.npy"));
      SceneFiles.writeOpacityNpy(scene, out.resolve(name + ".opacity.npy"));
      if (png) {
        SceneFiles.quicklookPng(scene, out.resolve(name + ".png"));
        SceneFiles.truthPng(scene, out.resolve(name + ".cloud.png"));
      }
    }
    return 0;
  }
}
