package org.heliostat.tests.link;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.heliostat.core.recorder.Recorder.Priority;

/**
 * A product that {@link ProductsApp} is to record: a line of {@code products.plan} in the data
 * folder of the board.
 *
 * @param missionNanos mission time at which it is recorded
 * @param bytes of what it carries
 * @param interesting whether it lies in the area of interest
 */
public record PlannedProduct(
    long missionNanos, String id, int bytes, Priority priority, boolean interesting) {
  static final String FILE = "products.plan";

  private String line() {
    return missionNanos + " " + id + " " + bytes + " " + priority + " " + interesting;
  }

  private static PlannedProduct of(String line) {
    String[] words = line.split(" ", -1);
    return new PlannedProduct(
        Long.parseLong(words[0]),
        words[1],
        Integer.parseInt(words[2]),
        Priority.valueOf(words[3]),
        Boolean.parseBoolean(words[4]));
  }

  static void write(Path data, List<PlannedProduct> products) throws IOException {
    Files.createDirectories(data);
    // the app may read it meanwhile
    Path partial =
        Files.write(
            data.resolve(FILE + ".partial"), products.stream().map(PlannedProduct::line).toList());
    Files.move(partial, data.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Adds products behind those that are planned. */
  static void add(Path data, List<PlannedProduct> more) throws IOException {
    List<PlannedProduct> all = read(data);
    all.addAll(more);
    write(data, all);
  }

  static List<PlannedProduct> read(Path data) throws IOException {
    List<PlannedProduct> products = new ArrayList<>();
    for (String line : Files.readAllLines(data.resolve(FILE))) {
      products.add(of(line));
    }
    return products;
  }
}
