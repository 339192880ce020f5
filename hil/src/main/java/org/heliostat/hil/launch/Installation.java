package org.heliostat.hil.launch;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Where the build has put things.
 *
 * @param home root of the project
 */
record Installation(Path home) {
  /** From the system property {@code heliostat.home}, which {@code fly} sets. */
  static Installation find() throws SetupException {
    String home = System.getProperty("heliostat.home", "");
    if (home.isEmpty()) {
      throw new SetupException("the system property heliostat.home is not set; start with ./fly");
    }
    return new Installation(Path.of(home).toAbsolutePath().normalize());
  }

  Path image() {
    return home.resolve("payload-ai/target/image");
  }

  Path imageDigest() {
    return home.resolve("payload-ai/target/image.digest");
  }

  Path libc() {
    return home.resolve("hil/target/native/libheliostat_rig_libc.so");
  }

  Path nvml() {
    return home.resolve("hil/target/native/libnvidia-ml.so.1");
  }

  Path scenario(String name) {
    return home.resolve("hil/src/main/scenarios").resolve(name + ".textproto");
  }

  Path flights() {
    return home.resolve("target/flights");
  }

  /** Says what of the build is missing. */
  void check() throws SetupException {
    for (Path file : List.of(image().resolve("bin/flight"), imageDigest())) {
      if (!Files.isRegularFile(file)) {
        throw new SetupException("the flight image is not built: there is no " + file);
      }
    }
    for (Path library : List.of(libc(), nvml())) {
      if (!Files.isRegularFile(library)) {
        throw new SetupException(
            "a native library of the rig is missing: there is no "
                + library
                + " (the build makes it with cc; remove hil/target and start ./fly again)");
      }
    }
  }
}
