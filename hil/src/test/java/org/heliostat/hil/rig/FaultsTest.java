package org.heliostat.hil.rig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import com.google.protobuf.TextFormat;
import com.google.protobuf.TextFormat.ParseException;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Path;
import org.heliostat.hil.rig.WorldLayout.Card;
import org.heliostat.hil.rig.WorldLayout.Chip;
import org.heliostat.protocol.Scenario;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FaultsTest {
  private static final boolean[] IDLE = {false, false};
  private static final boolean[] BUSY = {true, true};
  private static final long[] HELD = {70, 71};
  private static final long[] FREE = {0, 0};

  @TempDir private Path folder = Path.of("");
  private final Processes processes = mock(Processes.class);
  private final StringWriter out = new StringWriter();
  private World world = TestWorld.none();

  @BeforeEach
  void makeWorld() throws IOException {
    world = TestWorld.in(folder, 2);
  }

  private Faults faults(String text) throws ParseException {
    Scenario.Builder scenario = Scenario.newBuilder();
    TextFormat.merge(text, scenario);
    return new Faults(world, processes, new RigLog(out), scenario.build());
  }

  @Test
  void killsTheWorkerOnceItComputesAndOnlyOnce() throws ParseException {
    when(processes.kill(71)).thenReturn(true);
    Faults faults = faults("faults { at_s: 10 kill_worker { card: 1 } }");
    faults.play(9.9, BUSY, HELD);
    faults.play(10, IDLE, HELD);
    faults.play(11, BUSY, FREE);
    verify(processes, never()).kill(anyLong());
    faults.play(12, BUSY, HELD);
    faults.play(13, BUSY, HELD);
    verify(processes, times(1)).kill(71);
    assertThat(out.toString())
        .isEqualTo("{\"fault\":\"kill_worker\",\"t\":12.000,\"card\":1,\"pid\":71}\n");
  }

  @Test
  void killsAnIdleWorkerIfToldTo() throws ParseException {
    when(processes.kill(70)).thenReturn(false, true);
    Faults faults = faults("faults { at_s: 10 kill_worker { card: 0 when_busy: false } }");
    faults.play(10, IDLE, HELD);
    assertThat(out.toString()).isEmpty();
    faults.play(11, IDLE, HELD);
    assertThat(out.toString()).contains("\"pid\":70");
  }

  @Test
  void aRigThatIsStartedAgainRepeatsNothing() throws ParseException {
    when(processes.kill(71)).thenReturn(true);
    String text = "faults { at_s: 10 kill_worker { card: 1 } }";
    faults(text).play(10, BUSY, HELD);
    faults(text).play(20, BUSY, HELD);
    verify(processes, times(1)).kill(71);
  }

  @Test
  void heatsForAWhile() throws ParseException {
    Faults faults = faults("faults { at_s: 10 heat_card { card: 1 to_celsius: 90 for_s: 5 } }");
    assertThat(faults.heatCelsius(9.9, 1)).isNaN();
    assertThat(faults.heatCelsius(10, 1)).isEqualTo(90);
    assertThat(faults.heatCelsius(10, 0)).isNaN();
    assertThat(faults.heatCelsius(15, 1)).isNaN();
    faults.play(10, IDLE, HELD);
    faults.play(11, IDLE, HELD);
    assertThat(out.toString()).containsOnlyOnce("heat_card");
  }

  @Test
  void resetsAPowerMonitor() throws ParseException {
    int chip = BoardMap.find(world, 1, 0x42);
    world.set(chip, Chip.REGISTERS, 5, 2048);
    Faults faults = faults("faults { at_s: 1 reset_ina226 { address: 0x42 } }");
    faults.play(1, IDLE, FREE);
    assertThat(world.get(chip, Chip.REGISTERS, 5)).isZero();
    assertThat(world.get(chip, Chip.REGISTERS, 0)).isEqualTo(0x4127);
    assertThat(world.get(chip, Chip.RESETS)).isEqualTo(1);
    faults.play(2, IDLE, FREE);
    assertThat(world.get(chip, Chip.RESETS)).isEqualTo(1);
  }

  @Test
  void takesPartsAndCardsAwayForAWhile() throws ParseException {
    Faults faults =
        faults(
            "faults { at_s: 1 sensor_absent { address: 0x48 for_s: 2 } }"
                + "faults { at_s: 2 card_lost { card: 1 for_s: 2 } }"
                + "faults { at_s: 2 broker_outage { for_s: 2 } }");
    int chip = BoardMap.find(world, 1, 0x48);
    faults.play(0, IDLE, FREE);
    assertThat(world.get(chip, Chip.PRESENT)).isEqualTo(1);
    faults.play(2.5, IDLE, FREE);
    assertThat(world.get(chip, Chip.PRESENT)).isZero();
    assertThat(world.get(1, Card.PRESENT)).isZero();
    assertThat(world.get(0, Card.PRESENT)).isEqualTo(1);
    faults.play(3, IDLE, FREE);
    assertThat(world.get(chip, Chip.PRESENT)).isEqualTo(1);
    faults.play(4, IDLE, FREE);
    assertThat(world.get(1, Card.PRESENT)).isEqualTo(1);
    assertThat(out.toString().lines()).hasSize(3);
  }
}
