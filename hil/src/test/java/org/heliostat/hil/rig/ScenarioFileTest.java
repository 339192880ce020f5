package org.heliostat.hil.rig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.heliostat.protocol.Scenario;
import org.heliostat.protocol.TextFiles.BadTextFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScenarioFileTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void anEmptyFileIsASunnyDay() throws Exception {
    assertThat(read("# nothing happens\n")).isEqualTo(Scenario.getDefaultInstance());
    assertThat(read("").getOrbit().getPeriodS()).isEqualTo(5700);
  }

  @Test
  void readsFaults() throws Exception {
    Scenario scenario =
        read(
            """
            faults { at_s: 10 kill_worker { card: 1 } }
            faults { at_s: 20 heat_card { card: 0 to_celsius: 90 for_s: 15 } }
            faults { at_s: 30 reset_ina226 { address: 0x41 } }
            faults { at_s: 40 sensor_absent { address: 0x48 for_s: 5 } }
            faults { at_s: 50 broker_outage { for_s: 60 } }
            faults { at_s: 60 card_lost { card: 1 } }
            """);
    assertThat(scenario.getFaults(0).getKillWorker().getWhenBusy()).isTrue();
    assertThat(scenario.getFaults(2).getResetIna226().getBus()).isEqualTo(1);
  }

  @Test
  void namesTheLineOfWhatIsWrong() {
    assertWrong("orbit { period_s: 5700 }\norbit { period_s: 9 }\n", ":2:");
    assertWrong("orbit {\n  period_s: 1\n}\n", ":2:");
    assertWrong("name: \"a\"\nspeed: 3\n", ":2:");
    assertWrong("\ncontacts { open_s: 5 close_s: 5 }\n", ":2:", "closes before it opens");
    assertWrong("faults { at_s: 1 }\n", ":1:", "nothing of what is to go wrong");
    assertWrong("faults { kill_worker { } }\n", ":1:", "at_s");
    assertWrong("faults { at_s: 1 kill_worker { card: 2 } }\n", ":1:", "card 2, there are 2");
    assertWrong("\n\nfaults { at_s: 1 reset_ina226 { address: 0x43 } }\n", ":3:", "0x43");
    assertWrong("faults { at_s: 1 sensor_absent { bus: 2 } }\n", ":1:", "bus 2");
    assertWrong("faults { at_s: 1 broker_outage { } }\n".repeat(63), ":63:", "more than 62");
    assertWrong("\nfaults { at_s: 1 device: \"rail2\" kind: STUCK }\n", ":2:", "rail2");
    assertWrong("\ncommands { at_s: 1 telecommand { } }\n", ":2:", "does not say what is sent");
    assertWrong("\nfaults { at_s: 1 device: \"rail0\" kind: LATCH_UP }\n", ":2:", "does not fit");
    assertWrong("faults { at_s: 1 kind: DISK_FULL }\n", ":1:", "no hold of the disk");
  }

  private Scenario read(String text) throws IOException, BadTextFile {
    return ScenarioFile.read(Files.writeString(folder.resolve("s.textproto"), text), 2);
  }

  private void assertWrong(String text, String... expected) {
    BadTextFile problem = catchThrowableOfType(BadTextFile.class, () -> read(text));
    assertThat(problem).as(text).isNotNull();
    assertThat(problem.getMessage()).contains("s.textproto").contains(expected);
  }
}
