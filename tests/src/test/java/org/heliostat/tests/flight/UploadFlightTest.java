package org.heliostat.tests.flight;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.heliostat.protocol.SignerMaker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file to a satellite that is killed in the middle, and what is not let in. */
class UploadFlightTest {
  private static final int SIZE = 400_000;

  @TempDir private Path folder;
  private String flight = "";
  private int verbs;

  private FlightRun fly(String... arguments) throws IOException, InterruptedException {
    FlightRun run =
        FlightRun.start(
            Files.createDirectory(folder.resolve("verb" + verbs++)), Map.of(), arguments);
    try (run) {
      int unused = run.exitCode();
    }
    return run;
  }

  private FlightRun upload(Path file, int version, String... more)
      throws IOException, InterruptedException {
    String[] arguments = new String[9 + more.length];
    String[] fixed = {
      "upload",
      file.toString(),
      "--to",
      "models/m",
      "--version",
      "" + version,
      "--flight",
      flight,
      "--operator=tester"
    };
    System.arraycopy(fixed, 0, arguments, 0, fixed.length);
    System.arraycopy(more, 0, arguments, fixed.length, more.length);
    return fly(arguments);
  }

  private Path file(String name, int seed) throws IOException {
    byte[] content = new byte[SIZE];
    new Random(seed).nextBytes(content);
    return Files.write(folder.resolve(name), content);
  }

  @Test
  void aFileOutlivesAKillAndOnlyWhatIsSignedAndNotOlderComes() throws Exception {
    Path first = file("first", 1);
    Path second = file("second", 2);
    Path forger = folder.resolve("forger.pem");
    SignerMaker.make(forger, folder.resolve("forger-public.pem"));
    try (FlightRun run =
        FlightRun.start(folder, Map.of(), "--frame-count", "2", "--speed", "2", "--hold", "600")) {
      // its own commands have ended: one that the kill cut off would end the flight
      run.awaitOutput("flying on");
      flight = run.out().toString();
      Path placed = run.out().resolve("board/files/models/m");
      FlightRun part = upload(first, 2, "--wait", "3");
      assertThat(part.exitCode()).as(part.output()).isEqualTo(1);
      assertThat(placed).doesNotExist();
      ProcessHandle satellite =
          run.processes().stream()
              .filter(process -> commandLine(process).contains("org.heliostat.core.Main"))
              .findFirst()
              .orElseThrow();
      assertThat(satellite.destroyForcibly()).isTrue();
      FlightRun whole = upload(first, 2, "--wait", "60");
      assertThat(whole.exitCode()).as(whole.output()).isZero();
      assertThat(placed).hasSameBinaryContentAs(first);

      FlightRun forged = upload(second, 3, "--signer", forger.toString());
      assertThat(forged.exitCode()).as(forged.output()).isEqualTo(1);
      assertThat(forged.output()).contains("the signature is not good");

      FlightRun older = upload(second, 1);
      assertThat(older.exitCode()).as(older.output()).isEqualTo(1);
      assertThat(older.output()).contains("version 1 is older than 2");
      FlightRun arm =
          fly(
              "command",
              "--flight",
              flight,
              "ARM_COMMAND",
              "command=roll_back_file { path: \"models/m\" version: 1 }");
      assertThat(arm.exitCode()).as(arm.output()).isZero();
      Matcher number = Pattern.compile("#(\\d+) arm_command COMPLETED").matcher(arm.output());
      assertThat(number.find()).as(arm.output()).isTrue();
      FlightRun fire =
          fly("command", "--flight", flight, "FIRE_COMMAND", "armed=" + number.group(1));
      assertThat(fire.exitCode()).as(fire.output()).isZero();
      FlightRun allowed = upload(second, 1);
      assertThat(allowed.exitCode()).as(allowed.output()).isZero();
      assertThat(placed).hasSameBinaryContentAs(second);

      assertThat(Files.readString(run.out().resolve("commands.jsonl")))
          .contains("UPLOAD_DONE", "\"operator\":\"tester\"");
      assertThat(run.process().toHandle().destroy()).isTrue();
      int unused = run.exitCode();
    }
  }

  private static String commandLine(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline"))
          .replace('\0', ' ');
    } catch (IOException e) {
      return "";
    }
  }
}
