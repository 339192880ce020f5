package org.heliostat.core;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.heliostat.core.app.OfferedApps;
import org.heliostat.core.hardware.BoardDrivers;
import org.heliostat.core.mission.MissionFile;
import org.heliostat.core.mission.MissionSource;
import org.heliostat.protocol.TextFiles.BadTextFile;

/**
 * The flight that the class-data archive is made of. It reads the missions of the image before it
 * flies its own one, which is without devices: what only they use is in the archive, too.
 */
final class Rehearsal {
  private Rehearsal() {}

  /** Arguments as {@link Main} has them. */
  public static void main(String[] arguments)
      throws IOException, BadTextFile, InterruptedException {
    read(Path.of(System.getProperty("heliostat.image", ".")));
    Main.main(arguments);
  }

  /** Reads the missions of an image as a boot does; how many those are. */
  static int read(Path image) throws IOException, BadTextFile {
    List<Path> missions;
    try (Stream<Path> files = Files.list(image.resolve("missions"))) {
      missions = files.filter(file -> file.toString().endsWith(".textproto")).sorted().toList();
    }
    for (Path mission : missions) {
      var unused =
          MissionFile.read(
              MissionSource.read(mission, image), OfferedApps.ofImage(), new BoardDrivers());
    }
    return missions.size();
  }
}
