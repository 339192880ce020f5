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
    faults.play(9.9, BUSY, HELD, 0);
    faults.play(10, IDLE, HELD, 0);
    faults.play(11, BUSY, FREE, 0);
    verify(processes, never()).kill(anyLong());
    faults.play(12, BUSY, HELD, 0);
    faults.play(13, BUSY, HELD, 0);
    verify(processes, times(1)).kill(71);
    assertThat(out.toString())
        .isEqualTo("{\"fault\":\"kill_worker\",\"t\":12.000,\"card\":1,\"pid\":71}\n");
  }

  @Test
  void killsNoWorkerBeforeTheCameraHasDeliveredTheFramesNamed() throws ParseException {
    when(processes.kill(70)).thenReturn(true);
    Faults faults = faults("faults { at_s: 10 kill_worker { card: 0 after_frames: 2 } }");
    faults.play(10, BUSY, HELD, 1);
    assertThat(out.toString()).isEmpty();
    faults.play(11, BUSY, HELD, 2);
    assertThat(out.toString()).contains("\"pid\":70");
  }

  @Test
  void killsAWorkerWhileItHasAFileOpenHoweverLittleItComputes() throws ParseException {
    when(processes.kill(70)).thenReturn(true);
    Faults faults = faults("faults { at_s: 10 kill_worker { card: 0 while_open: \".raw\" } }");
    faults.play(10, BUSY, HELD, 0);
    verify(processes, never()).kill(anyLong());
    when(processes.hasOpen(70, ".raw")).thenReturn(true);
    faults.play(11, IDLE, FREE, 0);
    verify(processes, never()).kill(anyLong());
    faults.play(12, IDLE, HELD, 0);
    assertThat(out.toString()).contains("\"t\":12.000,\"card\":0,\"pid\":70");
  }

  @Test
  void killsAnIdleWorkerIfToldTo() throws ParseException {
    when(processes.kill(70)).thenReturn(false, true);
    Faults faults = faults("faults { at_s: 10 kill_worker { card: 0 when_busy: false } }");
    faults.play(10, IDLE, HELD, 0);
    assertThat(out.toString()).isEmpty();
    faults.play(11, IDLE, HELD, 0);
    assertThat(out.toString()).contains("\"pid\":70");
  }

  @Test
  void aRigThatIsStartedAgainRepeatsNothing() throws ParseException {
    when(processes.kill(71)).thenReturn(true);
    String text = "faults { at_s: 10 kill_worker { card: 1 } }";
    faults(text).play(10, BUSY, HELD, 0);
    faults(text).play(20, BUSY, HELD, 0);
    verify(processes, times(1)).kill(71);
  }

  @Test
  void heatsForAWhile() throws ParseException {
    Faults faults = faults("faults { at_s: 10 heat_card { card: 1 to_celsius: 90 for_s: 5 } }");
    assertThat(faults.heatCelsius(9.9, 1)).isNaN();
    assertThat(faults.heatCelsius(10, 1)).isEqualTo(90);
    assertThat(faults.heatCelsius(10, 0)).isNaN();
    assertThat(faults.heatCelsius(15, 1)).isNaN();
    faults.play(10, IDLE, HELD, 0);
    faults.play(11, IDLE, HELD, 0);
    assertThat(out.toString()).containsOnlyOnce("heat_card");
  }

  @Test
  void resetsAPowerMonitor() throws ParseException {
    int chip = BoardMap.find(world, 1, 0x42);
    Faults faults = faults("faults { at_s: 1 reset_ina226 { address: 0x42 } }");
    faults.play(1, IDLE, FREE, 0);
    assertThat(world.get(chip, Chip.RESETS)).isEqualTo(2);
    faults.play(2, IDLE, FREE, 0);
    assertThat(world.get(chip, Chip.RESETS)).isEqualTo(2);
  }

  @Test
  void takesPartsAndCardsAwayForAWhile() throws ParseException {
    Faults faults =
        faults(
            "faults { at_s: 1 sensor_absent { address: 0x48 for_s: 2 } }"
                + "faults { at_s: 2 card_lost { card: 1 for_s: 2 } }"
                + "faults { at_s: 2 broker_outage { for_s: 2 } }");
    int chip = BoardMap.find(world, 1, 0x48);
    faults.play(0, IDLE, FREE, 0);
    assertThat(world.get(chip, Chip.PRESENT)).isEqualTo(1);
    faults.play(2.5, IDLE, FREE, 0);
    assertThat(world.get(chip, Chip.PRESENT)).isZero();
    assertThat(faults.gone(1)).isTrue();
    assertThat(faults.gone(0)).isFalse();
    faults.play(3, IDLE, FREE, 0);
    assertThat(world.get(chip, Chip.PRESENT)).isEqualTo(1);
    faults.play(4, IDLE, FREE, 0);
    assertThat(faults.gone(1)).isFalse();
    assertThat(out.toString().lines()).hasSize(3);
  }

  private static Scenario.Fault fault(String text) throws ParseException {
    return TextFormat.parse(text, Scenario.Fault.class);
  }

  @Test
  void aSpecialFormThatIsInjectedIsPlayedFromThenOn() throws ParseException {
    Faults faults = faults("");
    assertThat(faults.inject(fault("heat_card { card: 1 to_celsius: 90 for_s: 5 }"))).isEmpty();
    assertThat(faults.inject(fault("card_lost { card: 0 for_s: 5 }"))).isEmpty();
    assertThat(faults.inject(fault("sensor_absent { address: 0x48 for_s: 5 }"))).isEmpty();
    faults.play(100, IDLE, FREE, 0);
    int plate = BoardMap.find(world, 1, 0x48);
    assertThat(faults.heatCelsius(100, 1)).isEqualTo(90);
    assertThat(faults.gone(0)).isTrue();
    assertThat(world.get(plate, Chip.PRESENT)).isZero();
    faults.play(105, IDLE, FREE, 0);
    assertThat(faults.heatCelsius(105, 1)).isNaN();
    assertThat(faults.gone(0)).isFalse();
    assertThat(world.get(plate, Chip.PRESENT)).isEqualTo(1);
  }

  private static final class Disk implements StorageFaults {
    private String state = "well";

    @Override
    public boolean plays(Scenario.FaultKind kind) {
      return true;
    }

    @Override
    public void set(Scenario.FaultKind kind, double value) {
      state = kind.name();
    }

    @Override
    public void clear() {
      state = "well";
    }
  }

  @Test
  void aFaultOfTheDiskThatEndsLeavesTheOneThatLasts() throws ParseException {
    Scenario scenario =
        TextFormat.parse(
            "faults { at_s: 1 kind: DISK_SLOW for_s: 10 }"
                + " faults { at_s: 3 kind: DISK_FULL for_s: 20 }",
            Scenario.class);
    Disk disk = new Disk();
    Faults faults = new Faults(world, processes, new RigLog(out), scenario, disk);
    faults.play(2, IDLE, FREE, 0);
    assertThat(disk.state).isEqualTo("DISK_SLOW");
    faults.play(4, IDLE, FREE, 0);
    faults.play(12, IDLE, FREE, 0);
    assertThat(disk.state).isEqualTo("DISK_FULL");
    assertThat(faults.inject(fault("kind: DISK_HUNG"))).isEmpty();
    faults.play(13, IDLE, FREE, 0);
    assertThat(disk.state).isEqualTo("DISK_HUNG");
    // what was injected ends with the rig, what the scenario says goes on
    faults = new Faults(world, processes, new RigLog(out), scenario, disk);
    assertThat(disk.state).isEqualTo("DISK_FULL");
    faults.play(24, IDLE, FREE, 0);
    assertThat(disk.state).isEqualTo("well");
  }
}
