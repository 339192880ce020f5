package org.heliostat.hil.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.heliostat.protocol.Mode;
import org.junit.jupiter.api.Test;

/** Commands of words. */
class CommandTextTest {
  @Test
  void argumentsGoByNameOrByPlace() throws SetupException {
    assertThat(CommandText.parse("NOOP", List.of()).hasNoop()).isTrue();
    assertThat(CommandText.parse("set_mode", List.of("payload")).getSetMode().getMode())
        .isEqualTo(Mode.PAYLOAD);
    assertThat(CommandText.parse("SET_MODE", List.of("mode=SAFE")).getSetMode().getMode())
        .isEqualTo(Mode.SAFE);
    assertThat(CommandText.parse("TAKE_FRAMES", List.of("3")).getTakeFrames().getCount())
        .isEqualTo(3);
    assertThat(CommandText.parse("DUMP_EVENTS", List.of()).getDumpEvents().getCount())
        .isEqualTo(200);
  }

  @Test
  void whatTheSchemaDoesNotAllowIsRefused() {
    refused("LAUNCH", List.of(), "there is no command LAUNCH");
    refused("TAKE_FRAMES", List.of(), "take_frames.count is missing");
    refused("TAKE_FRAMES", List.of("0"), "outside 1 .. 100000");
    refused("TAKE_FRAMES", List.of("many"), "not uint32");
    refused("TAKE_FRAMES", List.of("-1"), "not uint32");
    refused("SET_MODE", List.of("FAST"), "SAFE|STANDBY|NOMINAL|PAYLOAD");
    refused("NOOP", List.of("1"), "has no argument for \"1\"; it has none");
    refused("TAKE_FRAMES", List.of("a=1"), "has no argument for \"a=1\"; it has count=uint32");
    refused("TAKE_FRAMES", List.of("1", "count=2"), "given twice");
  }

  @Test
  void messagesAreInTextFormatAndListsGrow() throws Exception {
    assertThat(
            CommandText.parse(
                    "ARM_COMMAND",
                    List.of("command=restart_process { golden: true }", "timeout_seconds=10"))
                .getArmCommand()
                .getCommand()
                .getRestartProcess()
                .getGolden())
        .isTrue();
    assertThat(
            CommandText.parse(
                    "APP_COMMAND",
                    List.of("mine", "turn", "arguments=name: 'a' value: 1", "arguments=name: 'b'"))
                .getAppCommand()
                .getArgumentsCount())
        .isEqualTo(2);
    refused("ARM_COMMAND", List.of("command=nothing {}"), "command does not read");
    refused("LOAD_TABLE", List.of("table=version: 1"), "name is missing");
  }

  @Test
  void commandsAreListedOneALine() {
    assertThat(CommandText.names().lines())
        .contains("  NOOP", "  TAKE_FRAMES count=uint32")
        .allMatch(line -> line.length() < 200);
  }

  private static void refused(String name, List<String> arguments, String why) {
    assertThatThrownBy(() -> CommandText.parse(name, arguments))
        .isInstanceOf(SetupException.class)
        .hasMessageContaining(why);
  }
}
