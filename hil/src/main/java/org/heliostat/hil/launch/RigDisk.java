package org.heliostat.hil.launch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The disk of a flight that is to be able to go wrong: a file system of the rig (FUSE) over the
 * folder in which the flight's data is kept. Its process ends with the launcher's.
 */
final class RigDisk {
  private static final long COMPILE_SECONDS = 60;
  private static final long MOUNT_SECONDS = 20;
  private static final long LOOK_MILLIS = 20;

  /** Two words, see {@code rig_storage.c}. */
  private static final int CONTROL_BYTES = 16;

  private final Path control;
  private final Path mountPoint;
  private final Process process;

  private RigDisk(Path control, Path mountPoint, Process process) {
    this.control = control;
    this.mountPoint = mountPoint;
    this.process = process;
  }

  /**
   * Mounts it.
   *
   * @param control file by which the rig says what is wrong; made here
   * @param folder where the data is kept
   * @param mountPoint where the flight sees it
   * @throws SetupException where this machine has no FUSE
   */
  static RigDisk mount(
      Installation installation, Processes processes, Path control, Path folder, Path mountPoint)
      throws SetupException, IOException, InterruptedException {
    Path program = compiled(installation);
    Files.write(control, new byte[CONTROL_BYTES]);
    Files.createDirectories(folder);
    Files.createDirectories(mountPoint);
    Object before = Files.getAttribute(mountPoint, "unix:dev");
    Process process =
        processes.start(
            "disk",
            List.of(
                program.toString(), control.toString(), folder.toString(), mountPoint.toString()),
            Map.of());
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(MOUNT_SECONDS);
    while (Files.getAttribute(mountPoint, "unix:dev").equals(before)) {
      if (process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS) || System.nanoTime() - deadline > 0) {
        throw new SetupException(
            "the rig's disk cannot be mounted (is there a /dev/fuse that this user may open?); see"
                + " logs/disk.log");
      }
    }
    return new RigDisk(control, mountPoint, process);
  }

  Path control() {
    return control;
  }

  /** Where the flight keeps its data. */
  Path data() {
    return mountPoint;
  }

  /** Makes the disk well again, unmounts it, and removes the mount point. */
  void end(Processes processes, Duration patience) throws IOException, InterruptedException {
    // in place: the disk has it mapped, and a file that is cut off under it would end the process
    Files.write(control, new byte[CONTROL_BYTES], StandardOpenOption.WRITE);
    boolean unused = processes.end(process, patience);
    Files.deleteIfExists(mountPoint);
  }

  /** Compiled when it is first needed: few machines have the headers of FUSE. */
  private static Path compiled(Installation installation)
      throws SetupException, IOException, InterruptedException {
    Path program = installation.home().resolve("hil/target/native/rig_storage");
    Path source = installation.home().resolve("hil/src/main/storage/rig_storage.c");
    if (Files.isExecutable(program)
        && Files.getLastModifiedTime(program).compareTo(Files.getLastModifiedTime(source)) >= 0) {
      return program;
    }
    Path partial = program.resolveSibling("rig_storage." + ProcessHandle.current().pid());
    Process compiler =
        new ProcessBuilder(
                "sh",
                "-c",
                "cc -std=gnu11 -O2 -Wall -Wextra -Werror -o \"$1\" \"$2\" $(pkg-config --cflags"
                    + " --libs fuse3) -lpthread",
                "sh",
                partial.toString(),
                source.toString())
            .redirectErrorStream(true)
            .start();
    compiler.getOutputStream().close();
    String said = new String(compiler.getInputStream().readNBytes(1 << 16), StandardCharsets.UTF_8);
    if (!compiler.waitFor(COMPILE_SECONDS, TimeUnit.SECONDS) || compiler.exitValue() != 0) {
      compiler.destroyForcibly();
      throw new SetupException(
          "this scenario breaks the disk, for which the rig needs FUSE: a C compiler, pkg-config,"
              + " libfuse3-dev and fuse3 (Debian's names)"
              + System.lineSeparator()
              + Stream.of(said.split("\n")).limit(5).collect(Collectors.joining("\n")));
    }
    Files.move(
        partial, program, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    return program;
  }
}
