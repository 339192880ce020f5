package org.heliostat.hil.rig;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.heliostat.protocol.Scenario;

/** Worlds for tests. */
final class TestWorld {
  static final MissionTime TIME =
      new MissionTime(0, 1_000_000_000_000L, 1_800_000_000_000_000_000L, 1_000_000);

  private TestWorld() {}

  static World in(Path folder, int cards) throws IOException {
    return World.open(
        folder.resolve("world"),
        TIME,
        cards,
        fresh -> BoardMap.populate(fresh, Scenario.getDefaultInstance(), cards));
  }

  /** Stands in a field until the test's own world is made. */
  static World none() {
    try {
      Path folder = Files.createTempDirectory("world");
      World world = in(folder, 1);
      Files.delete(folder.resolve("world"));
      Files.delete(folder);
      return world;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
