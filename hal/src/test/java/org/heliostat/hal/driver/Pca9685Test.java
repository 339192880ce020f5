package org.heliostat.hal.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.heliostat.hal.Board;
import org.heliostat.hal.FakeLibc;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.Heater;
import org.junit.jupiter.api.Test;

class Pca9685Test {
  private final FakeLibc libc = new FakeLibc();
  private final FakeLibc.Part part = libc.part(0x60);

  private Heater open(Board board, int channel, String duty) throws HardwareFault {
    reset();
    part.littleEndian = true;
    return board.device(
        Heater.class,
        "heater" + channel,
        "pca9685",
        Map.of("bus", "/dev/i2c-2", "address", "0x60", "channel", "" + channel, "duty", duty));
  }

  private void reset() {
    part.registers.clear();
    part.registers.put(Pca9685.MODE1, 0x11);
    part.registers.put(Pca9685.PRE_SCALE, 0x1e);
    for (int channel = 0; channel < 16; channel++) {
      part.registers.put(Pca9685.FIRST_CHANNEL + 4 * channel + 2, Pca9685.FULL);
    }
  }

  @Test
  void wakesThePartAndDrivesTheChannel() throws HardwareFault {
    Heater heater = open(libc.board(), 1, "0.25");
    assertThat(heater.read().duty()).isEqualTo(0.25);
    assertThat(part.registers.get(Pca9685.MODE1)).isEqualTo(Pca9685.AUTO_INCREMENT);
    assertThat(libc.calls)
        .containsSubsequence(
            "write 0 48", "write 254 30", "write 0 32", "write 10 0", "write 12 1024");
    assertThat(heater.resets()).isZero();
  }

  @Test
  void fullyOnAndFullyOffHaveTheirOwnBits() throws HardwareFault {
    Heater heater = open(libc.board(), 0, "0");
    heater.setDuty(1);
    assertThat(heater.read().duty()).isEqualTo(1);
    assertThat(part.registers.get(6)).isEqualTo(Pca9685.FULL);
    heater.setDuty(0);
    assertThat(heater.read().duty()).isZero();
    assertThat(part.registers.get(8)).isEqualTo(Pca9685.FULL);
  }

  @Test
  void aPartThatHasResetItselfIsDrivenAgainByEachOfItsHeaters() throws HardwareFault {
    Board board = libc.board();
    Heater one = open(board, 0, "0.5");
    Heater other = open(board, 1, "0");
    other.setDuty(0.75);
    one.poll();
    other.poll();
    reset();
    assertThat(one.read().duty()).isEqualTo(0.5);
    assertThat(other.read().duty()).isEqualTo(0.75);
    assertThat(one.resets()).isEqualTo(1);
    assertThat(other.resets()).isEqualTo(1);
  }

  @Test
  void anotherPartOrWordsThatCannotBeAreBadData() throws HardwareFault {
    Heater heater = open(libc.board(), 0, "0");
    heater.poll();
    part.written = (register, value) -> part.registers.put(Pca9685.MODE1, 0x7f);
    part.registers.put(Pca9685.MODE1, 0x11);
    assertKind(Kind.BAD_DATA, heater);
    part.written = (register, value) -> part.registers.put(register, 0xffff);
    part.registers.put(Pca9685.MODE1, Pca9685.AUTO_INCREMENT);
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, () -> heater.setDuty(0.5));
    assertThat(fault.kind()).isEqualTo(Kind.BAD_DATA);
  }

  @Test
  void dutiesThatAreNoneAreRefused() throws HardwareFault {
    Heater heater = open(libc.board(), 0, "0");
    for (double wrong : new double[] {-0.01, 1.01, Double.NaN}) {
      HardwareFault fault = catchThrowableOfType(HardwareFault.class, () -> heater.setDuty(wrong));
      assertThat(fault.kind()).isEqualTo(Kind.REFUSED);
    }
  }

  /** Equation 1 of the data sheet, and its example of 200 Hz. */
  @Test
  void thePrescalerIsThatOfTheDataSheet() {
    assertThat(Pca9685.prescale(200)).isEqualTo(0x1e);
    assertThat(Pca9685.prescale(24)).isEqualTo(253);
    assertThat(Pca9685.prescale(1526)).isEqualTo(3);
  }

  @Property(seed = "1")
  void everyDutyComesBackToHalfAStep(@ForAll @DoubleRange(min = 0, max = 1) double duty) {
    assertThat(Pca9685.duty(Pca9685.onWord(duty), Pca9685.offWord(duty)))
        .isCloseTo(duty, within(0.5 / Pca9685.STEPS + 1e-12));
  }

  private static void assertKind(Kind kind, Heater heater) {
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, heater::poll);
    assertThat(fault.kind()).isEqualTo(kind);
  }

  @Test
  void eachThingThatThePartHasLostIsSetUpAgain() throws HardwareFault {
    Heater heater = open(libc.board(), 0, "0.5");
    heater.poll();
    int[] registers = {Pca9685.PRE_SCALE, Pca9685.FIRST_CHANNEL, Pca9685.FIRST_CHANNEL + 2};
    for (int i = 0; i < registers.length; i++) {
      int set = part.registers.getOrDefault(registers[i], -1);
      part.registers.put(registers[i], 0x77);
      assertThat(heater.read().duty()).isEqualTo(0.5);
      assertThat(part.registers).containsEntry(registers[i], set);
      assertThat(heater.resets()).isEqualTo(i + 1);
    }
  }

  @Test
  void whatThePartDoesNotKeepIsBadData() throws HardwareFault {
    Heater heater = open(libc.board(), 0, "0.5");
    for (int lost : new int[] {Pca9685.PRE_SCALE, Pca9685.FIRST_CHANNEL + 2}) {
      part.written =
          (register, value) -> {
            if (register == lost) {
              part.registers.put(register, 0x55);
            }
          };
      assertKind(Kind.BAD_DATA, heater);
    }
    part.written = (register, value) -> {};
    heater.poll();
  }

  @Test
  void wordsWithBitsThatThereAreNotAreBadData() throws HardwareFault {
    Heater heater = open(libc.board(), 0, "0.5");
    heater.poll();
    libc.transfers = 0;
    libc.after =
        () -> {
          // between the look at the set-up and the measurement
          if (libc.transfers == 4) {
            part.registers.put(Pca9685.FIRST_CHANNEL, 0x2000);
          }
        };
    assertKind(Kind.BAD_DATA, heater);
  }
}
