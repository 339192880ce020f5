package org.heliostat.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** A test says the same each time it is run: what it draws, it draws from a seed. */
class HabitsTest {
  private static final Pattern UNSEEDED =
      Pattern.compile(
          "@Property(?!\\w|\\([^)]*\\bseed\\b)|new (?:Splittable|Secure)?Random\\(\\)"
              + "|ThreadLocalRandom\\.current\\(|Math\\.random\\(|UUID\\.randomUUID\\(");

  private static List<String> unseeded(String name, String source) {
    List<String> found = new ArrayList<>();
    Matcher matcher = UNSEEDED.matcher(source);
    while (matcher.find()) {
      found.add(name + ": " + matcher.group());
    }
    return found;
  }

  @Test
  void whatTestsDrawIsDrawnFromASeed() throws IOException {
    List<String> found = new ArrayList<>();
    int read = 0;
    for (String module : Repository.ALL_MODULES) {
      for (Path file : Repository.files(module + "/src/test/java", ".java")) {
        if (file.endsWith("HabitsTest.java")) {
          continue;
        }
        found.addAll(unseeded(String.valueOf(file.getFileName()), Files.readString(file)));
        read++;
      }
    }
    assertThat(read).isGreaterThan(200);
    assertThat(found).isEmpty();
  }

  @Test
  void whatHasNoSeedIsSeen() {
    assertThat(unseeded("a", "  @Property\n")).hasSize(1);
    assertThat(unseeded("a", "  @Property(tries = 3)\n")).hasSize(1);
    assertThat(unseeded("a", "  @Property(tries = 3, seed = \"1\")\n")).isEmpty();
    assertThat(unseeded("a", "new Random() new Random(7) @PropertyDefaults")).hasSize(1);
  }
}
