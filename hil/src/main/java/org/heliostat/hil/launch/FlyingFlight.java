package org.heliostat.hil.launch;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;
import org.heliostat.hil.report.JsonFiles;
import org.heliostat.protocol.IoReason;
import org.jspecify.annotations.Nullable;

/** Finds a mission that is flying, for the verbs that reach into one. Stateless. */
final class FlyingFlight {
  private FlyingFlight() {}

  /**
   * A file of a flight, as its {@code flight.json} names it.
   *
   * @param given folder of the flight; null for the newest one that is flying
   * @param what {@code socket} (the operators' desk) or {@code world} (of the rig)
   * @throws SetupException when no mission is flying there
   */
  static Path find(@Nullable Path given, String what) throws SetupException {
    if (given != null) {
      Optional<Path> found = flying(given, what);
      if (found.isEmpty()) {
        throw new SetupException("--flight: in " + given + " no mission is flying");
      }
      return found.get();
    }
    Path flights = Installation.find().flights();
    if (Files.isDirectory(flights)) {
      try (Stream<Path> folders = Files.list(flights)) {
        Optional<Path> newest =
            folders
                .sorted(Comparator.comparing(FlyingFlight::started).reversed())
                .flatMap(folder -> flying(folder, what).stream())
                .findFirst();
        if (newest.isPresent()) {
          return newest.get();
        }
      } catch (IOException e) {
        throw new SetupException(flights + " cannot be read: " + IoReason.of(e));
      }
    }
    throw new SetupException(
        "no mission is flying below " + flights + "; with --out elsewhere say --flight DIR");
  }

  /** The number of the spacecraft whose operators' desk this is, by the flight that has it. */
  static int spacecraft(@Nullable Path given, Path socket) throws SetupException {
    if (given != null) {
      return spacecraft(given).orElseThrow(() -> unnamed(given));
    }
    Path flights = Installation.find().flights();
    try (Stream<Path> folders = Files.list(flights)) {
      return folders
          .filter(folder -> flying(folder, "socket").filter(socket::equals).isPresent())
          .findFirst()
          .flatMap(FlyingFlight::spacecraft)
          .orElseThrow(() -> unnamed(flights));
    } catch (IOException e) {
      throw new SetupException(flights + " cannot be read: " + IoReason.of(e));
    }
  }

  private static Optional<Integer> spacecraft(Path folder) {
    return JsonFiles.object(folder.resolve("flight.json"))
        .map(flight -> (int) JsonFiles.whole(flight, "spacecraft_id"))
        .filter(id -> id > 0);
  }

  private static SetupException unnamed(Path where) {
    return new SetupException("in " + where + " no flight says which spacecraft it is");
  }

  private static String started(Path folder) {
    return JsonFiles.object(folder.resolve("flight.json"))
        .map(flight -> JsonFiles.text(flight, "started"))
        .orElse("");
  }

  /** The file, when the flight's launcher is alive. */
  private static Optional<Path> flying(Path folder, String what) {
    Optional<JsonObject> description = JsonFiles.object(folder.resolve("flight.json"));
    return description
        .filter(
            flight ->
                ProcessHandle.of(JsonFiles.whole(flight, "pid"))
                    .filter(ProcessHandle::isAlive)
                    .isPresent())
        .map(flight -> Path.of(JsonFiles.text(flight, what)))
        .filter(Files::exists);
  }
}
