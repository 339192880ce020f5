package org.heliostat.hil.launch;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How the launcher starts a Java process of its own side (rig, ground, a flight of a campaign): the
 * same JVM, class path and flags as its own. Stateless.
 */
final class JavaCommand {
  private JavaCommand() {}

  /**
   * The start of a command line, to which the arguments of the main class are added.
   *
   * @param properties system properties, each as {@code name=value}
   */
  static List<String> of(List<String> properties, String main) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+IgnoreUnrecognizedVMOptions",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-Djava.awt.headless=true"));
    properties.forEach(property -> command.add("-D" + property));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
    return command;
  }
}
