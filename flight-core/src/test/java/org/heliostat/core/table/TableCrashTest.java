package org.heliostat.core.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterProperty;
import org.heliostat.protocol.Parameter;
import org.heliostat.protocol.ParameterTable;
import org.heliostat.protocol.Table;

/** Power goes at any step of a store: what is read afterwards is the old table or the new one. */
class TableCrashTest {
  private final Path folder;

  TableCrashTest() throws IOException {
    folder = Files.createTempDirectory(Files.createDirectories(Path.of("target/tmp")), "crash");
  }

  @AfterProperty
  void clean() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  private static Table table(double value) {
    return Table.newBuilder()
        .setName("t")
        .setParameters(
            ParameterTable.newBuilder()
                .addParameters(Parameter.newBuilder().setName("a").setValue(value)))
        .build();
  }

  @Property(tries = 150, seed = "42")
  void theFileIsOldOrNew(
      @ForAll @DoubleRange(max = 1e6) double oldest,
      @ForAll @DoubleRange(max = 1e6) double before,
      @ForAll @DoubleRange(max = 1e6) double after,
      @ForAll @IntRange(max = 2) int stored,
      @ForAll @IntRange(max = 3) int step,
      @ForAll @IntRange(max = 200) int bytes)
      throws IOException {
    Assume.that(before != after && oldest != before);
    Path file = folder.resolve("t.table");
    Path backup = folder.resolve("t.table.bak");
    Path fresh = folder.resolve("t.table.new");
    for (Path path : List.of(file, backup, fresh)) {
      Files.deleteIfExists(path);
    }
    TableStore store = new TableStore(folder);
    // the bytes that the store would write
    store.write(table(after));
    byte[] written = Files.readAllBytes(file);
    Files.delete(file);
    if (stored > 1) {
      store.write(table(oldest));
    }
    if (stored > 0) {
      store.write(table(before));
    }
    // the steps of CheckedFile.write, up to where the power goes
    Files.write(
        fresh, step == 0 ? Arrays.copyOf(written, Math.min(bytes, written.length)) : written);
    if (step >= 2 && stored > 0) {
      Files.move(file, backup, StandardCopyOption.REPLACE_EXISTING);
    }
    if (step == 3) {
      Files.move(fresh, file);
    }
    TableStore.Stored found = new TableStore(folder).read("t");
    assertThat(found.damaged()).isFalse();
    if (step == 3) {
      assertThat(found.table()).contains(table(after));
    } else if (stored > 0) {
      assertThat(found.table()).contains(table(before));
    } else {
      assertThat(found.table()).isEmpty();
    }
    // and the next store is not hampered by what was left
    store.write(table(after));
    assertThat(store.read("t").table()).contains(table(after));
    assertThat(store.names("")).containsExactly("t");
  }
}
