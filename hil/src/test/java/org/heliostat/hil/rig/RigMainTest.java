package org.heliostat.hil.rig;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RigMainTest {
  @TempDir private Path folder = Path.of("");
  private final StringWriter errors = new StringWriter();
  private final List<String> arguments = new ArrayList<>();

  /** Watches a parent that is gone already, so that the rig takes one step and ends. */
  @BeforeEach
  void arguments() throws Exception {
    Process gone = new ProcessBuilder("true").start();
    gone.waitFor();
    arguments.addAll(
        List.of(
            "--world", folder.resolve("world").toString(),
            "--camera", folder.resolve("camera").toString(),
            "--log", folder.resolve("rig.jsonl").toString(),
            "--parent", Long.toString(gone.pid())));
  }

  private int run(String... more) {
    List<String> all = new ArrayList<>(arguments);
    all.addAll(List.of(more));
    return RigMain.execute(new PrintWriter(errors), all.toArray(String[]::new));
  }

  @Test
  void takesAStepAndEndsWhenItsParentIsGone() throws IOException {
    assertThat(run("--cards", "3", "--host-epoch-ns", "0")).as(errors.toString()).isZero();
    assertThat(folder.resolve("world")).hasSize(WorldLayout.fileBytes(3));
    assertThat(folder.resolve("camera/requests/done")).isDirectory();
    String log = Files.readString(folder.resolve("rig.jsonl"));
    assertThat(log).startsWith("{\"t\":").contains("\"cards\":[{").endsWith("}\n");
    assertThat(log.split("\"pid\"", -1)).hasSize(4);
  }

  @Test
  void whatFliesOnItsBoardEndsWithItsParentAndNothingElseDoes() throws Exception {
    ProcessBuilder builder = new ProcessBuilder("sleep", "100");
    builder.environment().put("HELIOSTAT_RIG_WORLD", folder.resolve("world").toString());
    Process flight = builder.start();
    builder.environment().put("HELIOSTAT_RIG_WORLD", folder.resolve("world2").toString());
    Process other = builder.start();
    try {
      assertThat(run()).as(errors.toString()).isZero();
      assertThat(flight.waitFor(10, TimeUnit.SECONDS)).isTrue();
      assertThat(other.isAlive()).isTrue();
    } finally {
      flight.destroyForcibly();
      other.destroyForcibly();
    }
  }

  @Test
  void goesOnWithItsWorld() throws IOException {
    String[] epochs = {
      "--host-epoch-ns", "0", "--utc-epoch-ns", "1800000000000000000", "--speed", "2"
    };
    assertThat(run(epochs)).isZero();
    assertThat(run(epochs)).isZero();
    assertThat(Files.readString(folder.resolve("rig.jsonl")).lines()).hasSize(2);
    assertThat(run("--host-epoch-ns", "1", "--utc-epoch-ns", "0")).isEqualTo(1);
  }

  @Test
  void writesDownThePortOfTheSpaceLinkAndKeepsIt() throws IOException {
    String port = folder.resolve("port").toString();
    String[] link = {"--link-listen-port-file", port, "--broker", "localhost:1883"};
    assertThat(run(link)).as(errors.toString()).isZero();
    String first = Files.readString(folder.resolve("port"));
    assertThat(Integer.parseInt(first.strip())).isPositive();
    Files.delete(folder.resolve("world"));
    assertThat(run(link)).isZero();
    assertThat(folder.resolve("port")).hasContent(first.strip());
    assertWrong("HOST:PORT", "--link-listen-port-file", port, "--broker", "localhost");
    assertWrong("HOST:PORT", "--link-listen-port-file", port, "--broker", "localhost:mqtt");
  }

  @Test
  void wrongUseIsSaidAndEndsWith2() throws IOException {
    Path scenario = Files.writeString(folder.resolve("bad.textproto"), "orbit {\n period: 1 }\n");
    assertWrong("--cards is 8", "--cards", "8");
    assertWrong("--cards is 0", "--cards", "0");
    assertWrong("--speed", "--speed", "0");
    assertWrong("--frame-count", "--frame-count", "-1");
    assertWrong("go together", "--broker", "localhost:1");
    assertWrong("there is no folder", "--frames", folder.resolve("none").toString());
    assertWrong("bad.textproto:2:", "--scenario", scenario.toString());
    assertThat(folder.resolve("world")).doesNotExist();
  }

  private void assertWrong(String message, String... more) {
    assertThat(run(more)).isEqualTo(2);
    assertThat(errors.toString()).contains(message);
    errors.getBuffer().setLength(0);
  }
}
