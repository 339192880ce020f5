package org.heliostat.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the tables of the READMEs say to be shown by a test is shown by one that there is. */
class PromisesTest {
  private static final Pattern QUOTED = Pattern.compile("`([^`]+)`");
  private static final Pattern PACKAGE = Pattern.compile("^tests\\.(?:[a-z]+\\.)*");
  private static final Pattern TEST = Pattern.compile("([A-Z]\\w*Test)(?:\\.(\\w+))?");
  private static final Pattern METHOD = Pattern.compile("[a-z]\\w{9,}");

  private static Map<String, String> sources() throws IOException {
    Map<String, String> sources = new HashMap<>();
    for (String module : Repository.ALL_MODULES) {
      for (Path file : Repository.files(module + "/src/test/java", "Test.java")) {
        sources.put(
            String.valueOf(file.getFileName()).replace(".java", ""), Files.readString(file));
      }
    }
    return sources;
  }

  @Test
  void everyTestThatAReadmeNamesIsThere() throws IOException {
    Map<String, String> all = sources();
    List<String> missing = new ArrayList<>();
    int rows = 0;
    for (String module : Repository.ALL_MODULES) {
      for (String line : Files.readAllLines(Repository.ROOT.resolve(module + "/README.md"))) {
        if (!line.startsWith("|")) {
          continue;
        }
        rows++;
        String known = "";
        Matcher quoted = QUOTED.matcher(line.substring(line.lastIndexOf('|', line.length() - 2)));
        while (quoted.find()) {
          String name = quoted.group(1);
          Matcher test = TEST.matcher(PACKAGE.matcher(name).replaceFirst(""));
          if (test.matches()) {
            known = test.group(1);
            String source = all.getOrDefault(known, "");
            String method = test.group(2);
            if (source.isEmpty() || (method != null && !source.contains(" " + method + "("))) {
              missing.add(module + ": " + name);
            }
          } else if (!known.isEmpty()
              && METHOD.matcher(name).matches()
              && !all.getOrDefault(known, "").contains(" " + name + "(")) {
            missing.add(module + ": " + known + "." + name);
          }
        }
      }
    }
    assertThat(rows).isGreaterThan(100);
    assertThat(missing).isEmpty();
  }

  @Test
  void everyScenarioThatAReadmeNamesIsThere() throws IOException {
    Pattern scenario = Pattern.compile("`(hil/scenarios/[^`]+\\.textproto)`");
    List<String> missing = new ArrayList<>();
    for (String module : Repository.ALL_MODULES) {
      Matcher named =
          scenario.matcher(Files.readString(Repository.ROOT.resolve(module + "/README.md")));
      while (named.find()) {
        PathMatcher pattern =
            FileSystems.getDefault()
                .getPathMatcher("glob:" + Repository.ROOT + "/" + named.group(1));
        try (Stream<Path> files = Files.list(Repository.ROOT.resolve("hil/scenarios"))) {
          if (files.noneMatch(pattern::matches)) {
            missing.add(module + ": " + named.group(1));
          }
        }
      }
    }
    assertThat(missing).isEmpty();
  }
}
