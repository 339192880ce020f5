package org.heliostat.hil.launch;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.heliostat.hil.power.PowerLossSeries;

/**
 * A part of the campaign power-loss: the classes of the flight image in the emulated guest, driven
 * by a program of module {@code tests}, on a disk whose power goes.
 */
final class PowerLoss {
  private static final String MAIN = "org.heliostat.tests.power.PowerLossGuest";
  private static final String DATA = "/dev/shm/disk/data";

  private final Installation installation;
  private final String image;
  private final Path classes;

  PowerLoss(Installation installation, String image) throws SetupException {
    this.installation = installation;
    this.image = image;
    this.classes = installation.home().resolve("tests/target/test-classes");
    if (!Files.isRegularFile(classes.resolve(MAIN.replace('.', '/') + ".class"))) {
      throw new SetupException("what runs in the guest is not built: " + MAIN + " in " + classes);
    }
  }

  /** Cuts the power of one disk; the exit code. */
  int fly(CampaignVerb.Planned planned) throws SetupException, IOException, InterruptedException {
    List<String> command = command();
    PowerLossSeries series =
        new PowerLossSeries(
            installation.home().resolve("hil/qemu/guest"),
            installation.home().resolve("hil/target/qemu"),
            planned.folder(),
            (boot, lastDone, tried) -> {
              List<String> all = new ArrayList<>(command);
              all.addAll(
                  List.of(
                      DATA, Long.toString(boot), Long.toString(lastDone), Long.toString(tried)));
              return all;
            });
    Thread ending = new Thread(series::end, "end-of-guest");
    Runtime.getRuntime().addShutdownHook(ending);
    try {
      return series.fly(planned.runs(), planned.seed(), image) ? 0 : 1;
    } catch (PowerLossSeries.NoGuest e) {
      throw new SetupException(String.valueOf(e.getMessage()));
    } finally {
      removeHook(ending);
    }
  }

  private static void removeHook(Thread ending) {
    try {
      boolean unused = Runtime.getRuntime().removeShutdownHook(ending);
    } catch (IllegalStateException e) {
      // the process is ending, and the hook does its work
    }
  }

  /** The image's jars in the order of its own class path, so that its archive of classes fits. */
  private List<String> command() throws IOException {
    String jars;
    try (Stream<Path> files = Files.list(installation.image().resolve("lib"))) {
      jars =
          files
              .map(Path::toString)
              .filter(file -> file.endsWith(".jar"))
              .sorted()
              .collect(Collectors.joining(File.pathSeparator));
    }
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:SharedArchiveFile=" + installation.image().resolve("flight.jsa"),
        "-Xshare:auto",
        "-Xlog:disable",
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-XX:-UsePerfData",
        "-Xmx256m",
        "-cp",
        jars + File.pathSeparator + classes,
        MAIN);
  }
}
