package org.heliostat.hil.rig;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.heliostat.hil.rig.WorldLayout.Card;
import org.heliostat.hil.rig.WorldLayout.Header;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The NVML drop-in, called by a C program that declares the structures by itself. */
class NvmlAbiTest {
  private static final Path LIBRARY =
      Path.of("target", "native", "libnvidia-ml.so.1").toAbsolutePath();

  @TempDir private Path folder = Path.of("");

  @Test
  void answersAsTheRealLibraryDoes() throws Exception {
    Path client = folder.resolve("client");
    Process cc =
        new ProcessBuilder(
                "cc",
                "-std=gnu11",
                "-Wall",
                "-Werror",
                "-o",
                client.toString(),
                Path.of("src", "test", "native", "nvml_client.c").toAbsolutePath().toString(),
                "-ldl")
            .redirectErrorStream(true)
            .start();
    String said = new String(cc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(cc.waitFor()).as(said).isZero();

    World world = TestWorld.in(folder, 2);
    world.set(1, Card.MICROCELSIUS, 41_600_000);
    world.set(1, Card.ECC_CORRECTED_EVER, 12);
    world.set(1, Card.ECC_UNCORRECTED, 3);
    world.set(1, Card.ROWS_PENDING, 1);
    ProcessBuilder builder = new ProcessBuilder(client.toString(), LIBRARY.toString());
    builder.environment().put("HELIOSTAT_RIG_WORLD", folder.resolve("world").toString());
    Process process = builder.redirectErrorStream(true).start();
    try (BufferedReader in =
            new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        PrintWriter out = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true)) {
      assertThat(lines(in, 16))
          .containsExactly(
              "sizes 40 8 68 32 24",
              "before init 1",
              "init 0",
              "count 0 2",
              "handle 0 beyond 2",
              "memory 0 8589934592 0 0",
              "memory of another version 25",
              "margin 0 48",
              "margin of another version 25",
              "pci 0 0000:02:00.0 00000000:02:00.0 0 2 0 10de",
              "temperature 0 42 wrong sensor 2",
              "thresholds 105 95 none 2",
              "limit 15000 60000 set 0 40000 too much 2",
              "ecc 0 12 0 3",
              "retired pages 3",
              "rows 0 0 0 1 0");
      assertThat(world.get(1, Card.LIMIT_MILLIWATTS)).isEqualTo(40_000);
      assertThat(in.readLine()).isEqualTo("events 0 0 other 3 none 10");
      world.set(1, Card.XID, 0, 79);
      world.set(1, Card.XIDS, 1);
      world.set(Header.XIDS, 1);
      out.println("go on");
      assertThat(in.readLine()).isEqualTo("event 0 1 8 79 ffffffff");
      assertThat(in.readLine()).isEqualTo("free 0");
      world.set(1, Card.HANGS, 1);
      out.println("go on");
      world.set(1, Card.PRESENT, 0);
      // a card without power ends the calls that hang in it
      assertThat(in.readLine()).isEqualTo("hung 15");
      assertThat(process.waitFor()).isZero();
    } finally {
      process.destroyForcibly();
    }
  }

  private static List<String> lines(BufferedReader in, int count) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      lines.add(String.valueOf(in.readLine()));
    }
    return lines;
  }
}
