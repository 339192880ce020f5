package org.heliostat.tests.link;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A product that is durable on board: a line of {@code products.recorded}, written after the
 * recorder had it.
 *
 * @param record its number
 * @param bytes of the body of the record
 * @param checksum as ground has it in its list of records
 */
public record RecordedProduct(String id, long record, int bytes, int checksum) {
  static final String FILE = "products.recorded";

  String line() {
    return id + " " + record + " " + bytes + " " + checksum;
  }

  public static List<RecordedProduct> read(Path data) throws IOException {
    List<RecordedProduct> products = new ArrayList<>();
    Path file = data.resolve(FILE);
    for (String line : Files.exists(file) ? Files.readAllLines(file) : List.<String>of()) {
      String[] words = line.split(" ", -1);
      products.add(
          new RecordedProduct(
              words[0],
              Long.parseLong(words[1]),
              Integer.parseInt(words[2]),
              Integer.parseInt(words[3])));
    }
    return products;
  }
}
