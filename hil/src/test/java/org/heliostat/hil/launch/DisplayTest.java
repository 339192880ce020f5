package org.heliostat.hil.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What a flight's terminal gets. */
class DisplayTest {
  @Test
  void aNoteOfTheLinkDoesNotMoveTheTerminal() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    Display display = new Display(out, false, 1);
    display.note("noop was not completed: \u001b[2J\nx");
    display.phase("a\u0007");
    assertThat(bytes.toString(StandardCharsets.UTF_8).lines())
        .containsExactly("noop was not completed: \\u001b[2J\\u000ax", "a\\u0007");
  }

  @Test
  void afterAnInterruptNothingMoreIsSaidOfWhatIsEnded() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Display display = new Display(new PrintStream(bytes, true, StandardCharsets.UTF_8), false, 1);
    display.phase("waiting for the satellite");
    display.interrupted();
    display.note("ground ended by itself with code 143");
    display.phase("closing");
    for (int look = 0; look < 8; look++) {
      display.show(mock(LiveView.class));
    }
    display.interrupted();
    display.end();
    assertThat(bytes.toString(StandardCharsets.UTF_8).lines())
        .containsExactly("waiting for the satellite", "interrupted, the flight is ended");
  }

  @Test
  void aCheckThatSaysWhatTheLinkSaidDoesNotMoveTheTerminal() {
    JsonObject check = new JsonObject();
    check.addProperty("name", "commands_completed");
    check.addProperty("detail", "noop: \u001b[2J");
    JsonArray checks = new JsonArray();
    checks.add(check);
    JsonObject summary = new JsonObject();
    summary.add("checks", checks);
    assertThat(ClosingTable.of(summary)).contains("noop: \\u001b[2J").doesNotContain("\u001b");
  }
}
