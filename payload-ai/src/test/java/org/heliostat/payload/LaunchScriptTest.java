package org.heliostat.payload;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class LaunchScriptTest {
  @TempDir private Path home;

  @Test
  @Timeout(60)
  void noVariableOfTheEnvironmentIsRunInFrontOfFlight() throws Exception {
    Path java = Files.createDirectory(home.resolve("bin")).resolve("java");
    Files.writeString(java, "#!/bin/sh\nprintf 'flown with %s' \"$1\"\n");
    Files.setPosixFilePermissions(
        java, Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_EXECUTE));
    ProcessBuilder flight = new ProcessBuilder("sh", "src/main/image/bin/flight");
    flight.environment().put("JAVA_HOME", home.toString());
    flight.environment().put("before", "echo instead of");
    Process process = flight.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(said).startsWith("flown with @").endsWith("jvm.options");
  }
}
