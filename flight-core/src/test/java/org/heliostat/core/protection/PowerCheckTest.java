package org.heliostat.core.protection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.util.Optional;
import java.util.Set;
import org.heliostat.core.hardware.Hardware;
import org.heliostat.core.state.StateStore;
import org.heliostat.hal.RailFault;
import org.heliostat.hal.RailReading;
import org.heliostat.protocol.FlightState;
import org.heliostat.protocol.RailHold;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PowerCheckTest {
  private final Hardware hardware = mock(Hardware.class);
  private final StateStore state = mock(StateStore.class);
  private final PowerCheck check = new PowerCheck(ProtectionTest.DEVICES, hardware, state);

  @BeforeEach
  void nothingIsHeld() {
    when(state.get()).thenReturn(FlightState.getDefaultInstance());
  }

  private void hold() {
    when(state.get())
        .thenReturn(
            FlightState.newBuilder()
                .addRailHolds(RailHold.newBuilder().setRail("switch0").setHolder("cards"))
                .build());
  }

  private void read(boolean on, boolean good, boolean latched, RailFault... faults) {
    when(hardware.reading("switch0", RailReading.class))
        .thenReturn(
            Optional.of(
                new RailReading(28, 28, 0, 0, 20, on, good, latched, Set.of(faults), 1_000)));
  }

  @Test
  void whatHangsOnARailThatIsOrderedOffIsKeptOff() {
    assertThat(check.keptOff("nvml0")).isFalse();
    read(true, true, false);
    assertThat(check.keptOff("nvml0")).isFalse();
    read(false, false, false);
    assertThat(check.keptOff("nvml0")).isTrue();
    assertThat(check.keptOff("nvml1")).isFalse();
    assertThat(check.keptOff("bus")).isFalse();
    assertThat(check.keptOff("")).isFalse();
  }

  @Test
  void aRailThatIsLatchedOffOrDoesNotComeUpIsNotKeptOff() {
    read(true, false, true, RailFault.OVER_CURRENT, RailFault.INPUT_UNDER_VOLTAGE);
    assertThat(check.keptOff("nvml0")).isFalse();
    // with a fault of the input, even an old one, the controller does not say that it has latched
    read(true, false, false, RailFault.OVER_CURRENT, RailFault.INPUT_UNDER_VOLTAGE);
    assertThat(check.keptOff("nvml0")).isFalse();
    assertThat(check.keptOff("switch0")).isFalse();
    read(true, false, false);
    assertThat(check.keptOff("nvml0")).isFalse();
  }

  @Test
  void aRailWithoutInputIsKeptOff() {
    read(true, false, false, RailFault.INPUT_UNDER_VOLTAGE);
    assertThat(check.keptOff("nvml0")).isTrue();
    read(true, true, false, RailFault.INPUT_UNDER_VOLTAGE);
    assertThat(check.keptOff("nvml0")).isFalse();
  }

  @Test
  void whatHangsOnAHeldRailIsKeptOffWhateverTheRailReads() {
    hold();
    assertThat(check.keptOff("nvml0")).isTrue();
    read(true, true, false);
    assertThat(check.keptOff("nvml0")).isTrue();
    assertThat(check.keptOff("nvml1")).isFalse();
  }

  @Test
  void whatASwitchSaysOfItselfCountsUntilItIsOff() {
    // an operator has turned it off: the fault that it still shows turns it on for nobody
    read(false, false, false, RailFault.OVER_CURRENT);
    assertThat(check.keptOff("switch0")).isTrue();
    hold();
    assertThat(check.keptOff("switch0")).isTrue();
    read(true, false, true, RailFault.OVER_CURRENT);
    assertThat(check.keptOff("switch0")).isFalse();
    when(hardware.reading("switch0", RailReading.class)).thenReturn(Optional.empty());
    assertThat(check.keptOff("switch0")).isFalse();
  }
}
