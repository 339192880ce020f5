package org.heliostat.hal.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.heliostat.hal.Board;
import org.heliostat.hal.FakeLibc;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.PowerSwitch;
import org.heliostat.hal.RailFault;
import org.heliostat.hal.RailReading;
import org.heliostat.hal.driver.PmbusFormat.Direct;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PmbusSwitchTest {
  private final FakeLibc libc = new FakeLibc();
  private final FakeLibc.Part part = libc.part(0x10);

  private PowerSwitch open(String kind, String... more) throws HardwareFault {
    Map<String, String> parameters =
        new HashMap<>(Map.of("bus", "/dev/i2c-3", "address", "0x10", "part", kind, "pec", "true"));
    for (int i = 0; i < more.length; i += 2) {
      parameters.put(more[i], more[i + 1]);
    }
    return libc.board().device(PowerSwitch.class, "switch0", "pmbus-switch", parameters);
  }

  private PowerSwitch adm1272() throws HardwareFault {
    part.littleEndian = true;
    part.blocks.put(PmbusSwitch.MFR_ID, new byte[] {'A', 'D', 'I'});
    part.registers.put(PmbusSwitch.PMON_CONFIG, 0x0714);
    part.registers.put(PmbusSwitch.IOUT_OC_WARN_LIMIT, 0x0fff);
    part.registers.put(PmbusSwitch.OPERATION, 0x80);
    part.registers.put(PmbusSwitch.READ_VIN, 812);
    part.registers.put(PmbusSwitch.READ_VOUT, 810);
    part.registers.put(PmbusSwitch.READ_IOUT, 2578);
    part.registers.put(PmbusSwitch.READ_PIN, 1686);
    part.registers.put(PmbusSwitch.READ_TEMPERATURE_1, 3292);
    return open("adm1272", "sense_ohms", "0.001", "limit_amperes", "6");
  }

  private PowerSwitch linear() throws HardwareFault {
    part.littleEndian = true;
    part.registers.put(PmbusSwitch.VOUT_MODE, 0x17);
    part.registers.put(PmbusSwitch.OPERATION, 0x80);
    part.registers.put(PmbusSwitch.READ_VIN, PmbusFormat.toLinear11(12));
    part.registers.put(PmbusSwitch.READ_VOUT, 5 << 9);
    part.registers.put(PmbusSwitch.READ_IOUT, PmbusFormat.toLinear11(1.5));
    part.registers.put(PmbusSwitch.READ_PIN, PmbusFormat.toLinear11(18));
    part.registers.put(PmbusSwitch.READ_TEMPERATURE_1, PmbusFormat.toLinear11(-20));
    return open("linear", "limit_amperes", "8");
  }

  @Test
  void readsAnAdm1272ByTheCoefficientsOfItsDataSheet() throws HardwareFault {
    RailReading reading = adm1272().read();
    assertThat(reading.inputVolts()).isCloseTo(11.99, within(0.01));
    assertThat(reading.outputVolts()).isCloseTo(11.96, within(0.01));
    // (2578 * 10 - 20480) / 1326
    assertThat(reading.currentAmperes()).isCloseTo(3.997, within(0.001));
    assertThat(reading.powerWatts()).isCloseTo(48.0, within(0.01));
    assertThat(reading.celsius()).isCloseTo(24.98, within(0.01));
    assertThat(reading.commandedOn()).isTrue();
    assertThat(reading.powerGood()).isTrue();
    assertThat(reading.latchedOff()).isFalse();
    assertThat(reading.faults()).isEmpty();
    assertThat(libc.calls).contains("pec");
    // everything that is read is measured, and 6 A are the limit
    assertThat(part.registers.get(PmbusSwitch.PMON_CONFIG)).isEqualTo(0x071e);
    assertThat(part.registers.get(PmbusSwitch.IOUT_OC_WARN_LIMIT)).isEqualTo(2844);
  }

  @ParameterizedTest
  @CsvSource({"0x00, 14.77, 1", "0x01, 14.77, 2", "0x20, 24.62, 1", "0x21, 24.62, 2"})
  void takesTheRangesOfAnAdm1272AsTheyAre(String ranges, double volts, double factor)
      throws HardwareFault {
    PowerSwitch rail = adm1272();
    part.registers.put(PmbusSwitch.PMON_CONFIG, 0x0714 | Integer.decode(ranges));
    part.registers.put(PmbusSwitch.READ_VIN, 1000);
    part.registers.put(PmbusSwitch.READ_IOUT, 2578);
    RailReading reading = rail.read();
    assertThat(reading.inputVolts()).isCloseTo(volts, within(0.01));
    assertThat(reading.currentAmperes()).isCloseTo(3.997 * factor, within(0.001));
    assertThat(reading.powerWatts())
        .isCloseTo(1686 / (3.512 * 10) * factor * (volts > 20 ? 5.0 / 3 : 1), within(0.01 * volts));
  }

  @Test
  void readsAnLm25066ByTheCoefficientsOfItsDataSheet() throws HardwareFault {
    part.littleEndian = true;
    part.registers.put(PmbusSwitch.OPERATION, 0x80);
    part.registers.put(PmbusSwitch.READ_VIN, 2630);
    part.registers.put(PmbusSwitch.READ_VOUT, 2630);
    part.registers.put(PmbusSwitch.MFR_READ_IIN, 1314);
    part.registers.put(PmbusSwitch.MFR_READ_PIN, 850);
    part.registers.put(PmbusSwitch.READ_TEMPERATURE_1, 400);
    PowerSwitch rail = open("lm25066", "sense_ohms", "0.001", "limit_amperes", "20");
    RailReading reading = rail.read();
    assertThat(reading.inputVolts()).isCloseTo(12.0, within(0.01));
    assertThat(reading.currentAmperes()).isCloseTo(10.0, within(0.01));
    assertThat(reading.powerWatts()).isCloseTo(120, within(0.1));
    assertThat(reading.celsius()).isEqualTo(25);
    assertThat(part.registers.get(PmbusSwitch.MFR_IIN_OC_WARN_LIMIT)).isEqualTo(2680);
    part.registers.put(PmbusSwitch.DEVICE_SETUP, PmbusSwitch.LM_LIMIT_HIGH);
    assertThat(rail.read().currentAmperes()).isCloseTo(19.62, within(0.01));
    part.registers.put(PmbusSwitch.STATUS_MFR_SPECIFIC, 0xC0);
    assertThat(rail.read().faults())
        .containsExactlyInAnyOrder(RailFault.OVER_CURRENT, RailFault.SWITCH_BROKEN);
  }

  @Test
  void readsALinearPart() throws HardwareFault {
    RailReading reading = linear().read();
    assertThat(reading.inputVolts()).isEqualTo(12);
    assertThat(reading.outputVolts()).isEqualTo(5);
    assertThat(reading.currentAmperes()).isEqualTo(1.5);
    assertThat(reading.powerWatts()).isEqualTo(18);
    assertThat(reading.celsius()).isEqualTo(-20);
    assertThat(
            PmbusFormat.linear11(part.registers.getOrDefault(PmbusSwitch.IOUT_OC_FAULT_LIMIT, 0)))
        .isEqualTo(8);
  }

  @Test
  void turnsOnAndOffAndSaysWhenThePartDoesNot() throws HardwareFault {
    PowerSwitch rail = adm1272();
    rail.off();
    assertThat(part.registers.get(PmbusSwitch.OPERATION)).isZero();
    assertThat(rail.read().commandedOn()).isFalse();
    rail.on();
    assertThat(part.registers.get(PmbusSwitch.OPERATION)).isEqualTo(0x80);
    part.written =
        (register, value) -> {
          if (register == PmbusSwitch.OPERATION) {
            part.registers.put(register, 0x80);
          }
        };
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, rail::off);
    assertThat(fault.kind()).isEqualTo(Kind.REFUSED);
    rail.clearFaults();
    assertThat(libc.calls).endsWith("send 3");
  }

  @Test
  void aRailThatTrippedIsLatchedOff() throws HardwareFault {
    PowerSwitch rail = adm1272();
    part.registers.put(PmbusSwitch.STATUS_WORD, 0x4850);
    part.registers.put(PmbusSwitch.STATUS_IOUT, 0x80);
    RailReading reading = rail.read();
    assertThat(reading.commandedOn()).isTrue();
    assertThat(reading.latchedOff()).isTrue();
    assertThat(reading.powerGood()).isFalse();
    assertThat(reading.faults()).containsExactly(RailFault.OVER_CURRENT);
    // cleared faults do not unlatch it
    part.registers.put(PmbusSwitch.STATUS_WORD, 0x0840);
    part.registers.put(PmbusSwitch.STATUS_IOUT, 0);
    assertThat(rail.read().latchedOff()).isTrue();
  }

  @Test
  void aRailThatIsOffByCommandOrForLackOfInputIsNotLatched() throws HardwareFault {
    PowerSwitch rail = adm1272();
    part.registers.put(PmbusSwitch.STATUS_WORD, 0x2848);
    part.registers.put(PmbusSwitch.STATUS_INPUT, 0x10);
    RailReading reading = rail.read();
    assertThat(reading.latchedOff()).isFalse();
    assertThat(reading.faults()).containsExactly(RailFault.INPUT_UNDER_VOLTAGE);
    part.registers.put(PmbusSwitch.STATUS_INPUT, 0);
    part.registers.put(PmbusSwitch.OPERATION, 0);
    assertThat(rail.read().latchedOff()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "0x7D, 0x80, OVER_TEMPERATURE",
    "0x7D, 0x40, OVER_TEMPERATURE",
    "0x7C, 0x20, INPUT_UNDER_VOLTAGE",
    "0x7C, 0x80, INPUT_OVER_VOLTAGE",
    "0x7C, 0x01, OVER_POWER",
    "0x7A, 0x20, OUTPUT_UNDER_VOLTAGE",
    "0x80, 0x80, SWITCH_BROKEN",
    "0x7E, 0x80, CONTROLLER"
  })
  void namesEachFault(String register, String bits, RailFault fault) throws HardwareFault {
    PowerSwitch rail = adm1272();
    part.registers.put(Integer.decode(register), Integer.decode(bits));
    assertThat(rail.read().faults()).containsExactly(fault);
  }

  @Test
  void aControllerThatHasResetItselfIsSetUpAndCommandedAgain() throws HardwareFault {
    PowerSwitch rail = adm1272();
    rail.off();
    rail.poll();
    assertThat(rail.resets()).isZero();
    part.registers.put(PmbusSwitch.PMON_CONFIG, 0x0714);
    part.registers.put(PmbusSwitch.IOUT_OC_WARN_LIMIT, 0x0fff);
    part.registers.put(PmbusSwitch.OPERATION, 0x80);
    assertThat(rail.read().commandedOn()).isFalse();
    assertThat(part.registers.get(PmbusSwitch.OPERATION)).isZero();
    assertThat(part.registers.get(PmbusSwitch.IOUT_OC_WARN_LIMIT)).isEqualTo(2844);
    assertThat(rail.resets()).isEqualTo(1);
  }

  @Test
  void anotherPartAtTheAddressIsNoticed() throws HardwareFault {
    PowerSwitch rail = adm1272();
    part.blocks.put(PmbusSwitch.MFR_ID, new byte[] {'T', 'I'});
    assertKind(Kind.BAD_DATA, rail);
    part.registers.put(PmbusSwitch.VOUT_MODE, 0x40);
    assertKind(Kind.BAD_DATA, open("linear"));
  }

  @Test
  void aLimitThatThePartCannotHoldIsRefused() throws HardwareFault {
    adm1272();
    assertKind(Kind.REFUSED, open("adm1272", "sense_ohms", "0.001", "limit_amperes", "60"));
  }

  @Test
  void aBusThatNobodyDrivesIsBadData() throws HardwareFault {
    PowerSwitch rail = linear();
    rail.poll();
    for (int register : new int[] {0x79, 0x88, 0x8B, 0x8C, 0x8D, 0x97}) {
      part.registers.put(register, 0xffff);
    }
    assertKind(Kind.BAD_DATA, rail);
  }

  @Test
  void refusesParametersThatMakeNoSense() throws HardwareFault {
    assertThatThrownBy(() -> open("adm9999")).hasMessageContaining("there are [adm1272");
    assertThatThrownBy(() -> open("adm1272")).hasMessageContaining("\"sense_ohms\" is missing");
    assertThatThrownBy(() -> open("linear", "sense_ohms", "1"))
        .hasMessageContaining("knows its own sense resistor");
    assertThatThrownBy(() -> open("linear", "pec", "yes")).hasMessageContaining("not true or");
    assertThatThrownBy(() -> open("linear", "limit", "1")).hasMessageContaining("no parameter");
  }

  /** LINEAR11 as pmbus_core.c of Linux computes it, in thousandths. */
  @Property(seed = "1")
  void linear11IsThatOfLinuxForEveryWord(@ForAll @IntRange(max = 0xffff) int word) {
    int exponent = ((short) word) >> 11;
    long val = ((short) ((word & 0x7ff) << 5)) >> 5;
    val *= 1000;
    val = exponent >= 0 ? val << exponent : val >> -exponent;
    assertThat(PmbusFormat.linear11(word) * 1000).isCloseTo((double) val, within(1.0));
    assertThat(PmbusFormat.linear11(PmbusFormat.toLinear11(PmbusFormat.linear11(word))))
        .isEqualTo(PmbusFormat.linear11(word));
  }

  /** LINEAR16 as pmbus_core.c of Linux computes it, in thousandths. */
  @Property(seed = "1")
  void linear16IsThatOfLinuxForEveryWordAndMode(
      @ForAll @IntRange(max = 0xffff) int word, @ForAll @IntRange(max = 31) int mode) {
    int exponent = ((byte) (mode << 3)) >> 3;
    long val = word * 1000L;
    val = exponent >= 0 ? val << exponent : val >> -exponent;
    assertThat(PmbusFormat.linear16(word, mode) * 1000).isCloseTo((double) val, within(1.0));
  }

  /** The direct format as pmbus_core.c of Linux computes it, in thousandths (power: millionths). */
  @Property(seed = "1")
  void directIsThatOfLinuxForEveryWord(@ForAll @IntRange(max = 0xffff) int word) {
    long[][] coefficients = {
      {6_770, 0, -2},
      {4_062, 0, -2},
      {1_326, 20_480, -1},
      {663, 20_480, -1},
      {42, 31_871, -1},
      {22_070, -1_800, -2},
      {13_661, -5_200, -2},
      {6_854, -3_100, -2},
      {16, 0, 0}
    };
    for (long[] one : coefficients) {
      long b = one[1] * 1000;
      int r = (int) -one[2] + 3;
      long val = (short) word;
      while (r > 0) {
        val *= 10;
        r--;
      }
      val = Math.round((val - b) / (double) one[0]);
      Direct direct = new Direct(one[0], one[1], (int) one[2]);
      assertThat(direct.value(word) * 1000).isCloseTo((double) val, within(0.51));
    }
  }

  @Property(seed = "1")
  void wordsOfTheDirectFormatComeBack(@ForAll @DoubleRange(min = 0, max = 20) double amperes) {
    Direct direct = new Direct(1_326, 20_480, -1);
    assertThat(direct.value(direct.word(amperes)))
        .isCloseTo(amperes, within(0.5 * 10 / 1_326 + 1e-9));
  }

  /** Whatever the part says, a poll ends in a sample or a typed fault. */
  @Property(tries = 300, seed = "1")
  void whateverTheRegistersHoldAPollEnds(
      @ForAll @Size(20) List<@IntRange(max = 0xffff) Integer> words,
      @ForAll @IntRange(max = 2) int kind)
      throws HardwareFault {
    FakeLibc fake = new FakeLibc();
    FakeLibc.Part any = fake.part(0x10);
    any.littleEndian = true;
    any.blocks.put(PmbusSwitch.MFR_ID, new byte[] {'A', 'D', 'I'});
    int[] registers = {
      0x01, 0x20, 0x46, 0x4A, 0x79, 0x7A, 0x7B, 0x7C, 0x7D, 0x7E, 0x80, 0x88, 0x8B, 0x8C, 0x8D,
      0x97, 0xD1, 0xD2, 0xD4, 0xD9
    };
    for (int i = 0; i < registers.length; i++) {
      any.registers.put(registers[i], words.get(i));
    }
    Map<String, String> parameters =
        new HashMap<>(Map.of("bus", "/dev/i2c-3", "address", "0x10", "limit_amperes", "6"));
    parameters.put("part", List.of("adm1272", "lm25066", "linear").get(kind));
    if (kind < 2) {
      parameters.put("sense_ohms", "0.001");
    }
    try (Board board = fake.board()) {
      PowerSwitch rail = board.device(PowerSwitch.class, "s", "pmbus-switch", parameters);
      try {
        RailReading reading = rail.read();
        assertThat(reading.currentAmperes()).isFinite();
      } catch (HardwareFault e) {
        assertThat(e.kind()).isIn(Kind.BAD_DATA, Kind.REFUSED, Kind.STALE);
      }
    }
  }

  private static void assertKind(Kind kind, PowerSwitch rail) {
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, rail::poll);
    assertThat(fault.kind()).isEqualTo(kind);
    assertThat(fault.device()).isEqualTo("switch0");
  }

  private void refuse(int command) {
    part.written =
        (register, value) -> {
          if (register == PmbusSwitch.OPERATION) {
            part.registers.put(register, command);
          }
        };
  }

  @Test
  void aRailThatWasTurnedOnIsOnAgainAfterAReset() throws HardwareFault {
    PowerSwitch rail = adm1272();
    rail.on();
    rail.poll();
    part.registers.put(PmbusSwitch.OPERATION, 0);
    assertThat(rail.read().commandedOn()).isTrue();
    assertThat(part.registers.get(PmbusSwitch.OPERATION)).isEqualTo(0x80);
    assertThat(rail.resets()).isEqualTo(1);
    part.registers.put(PmbusSwitch.OPERATION, 0);
    refuse(0);
    assertKind(Kind.REFUSED, rail);
    assertThatThrownBy(rail::on).hasMessageContaining("turn on (it may be write-protected)");
  }

  /** The part takes the command, but no answer comes. */
  private void muteAfterACommand() {
    part.written =
        (register, value) -> {
          if (register == PmbusSwitch.OPERATION) {
            part.error = 5;
          }
        };
  }

  private boolean isOnAfterAPoll(PowerSwitch rail) throws HardwareFault {
    part.written = (register, value) -> {};
    part.error = 0;
    rail.poll();
    boolean on = rail.reading().commandedOn();
    assertThat(part.registers.get(PmbusSwitch.OPERATION)).isEqualTo(on ? 0x80 : 0);
    return on;
  }

  @Test
  void aCommandOnThatFailedIsNotCarriedOutLater() throws HardwareFault {
    PowerSwitch rail = adm1272();
    rail.off();
    rail.poll();
    refuse(0);
    assertThatThrownBy(rail::on).hasMessageContaining("turn on");
    assertThat(isOnAfterAPoll(rail)).isFalse();
    muteAfterACommand();
    assertThatThrownBy(rail::on).isInstanceOf(HardwareFault.class);
    assertThat(part.registers.get(PmbusSwitch.OPERATION)).isEqualTo(0x80);
    assertThat(isOnAfterAPoll(rail)).isFalse();
  }

  @Test
  void aCommandOffThatFailedStands() throws HardwareFault {
    PowerSwitch rail = adm1272();
    rail.on();
    rail.poll();
    muteAfterACommand();
    assertThatThrownBy(rail::off).isInstanceOf(HardwareFault.class);
    assertThat(isOnAfterAPoll(rail)).isFalse();
    rail.on();
    refuse(0x80);
    assertThatThrownBy(rail::off).hasMessageContaining("turn off");
    assertThat(isOnAfterAPoll(rail)).isFalse();
  }

  @Test
  void aLimitThatWasLostIsBackBeforeTheRailIsOn() throws HardwareFault {
    PowerSwitch rail = adm1272();
    rail.off();
    rail.poll();
    part.registers.put(PmbusSwitch.IOUT_OC_WARN_LIMIT, 0x0fff);
    libc.calls.clear();
    rail.on();
    assertThat(libc.calls)
        .containsSubsequence(
            "write " + PmbusSwitch.IOUT_OC_WARN_LIMIT + " 2844",
            "write " + PmbusSwitch.OPERATION + " 128");
    assertThat(rail.resets()).isEqualTo(1);
  }

  @Test
  void aMakerThatSharesSomeLettersIsAnother() throws HardwareFault {
    PowerSwitch rail = adm1272();
    part.blocks.put(PmbusSwitch.MFR_ID, new byte[] {'A', 'D', 'X'});
    assertKind(Kind.BAD_DATA, rail);
  }

  @Test
  void someRegistersOfOnesAreStillAReading() throws HardwareFault {
    PowerSwitch rail = linear();
    part.registers.put(PmbusSwitch.READ_VIN, 0xffff);
    part.registers.put(PmbusSwitch.READ_VOUT, 0xffff);
    assertThat(rail.read().inputVolts()).isEqualTo(-0.5);
  }

  @Test
  void valuesBeyondTheFormatAreItsGreatest() {
    assertThat(PmbusFormat.linear11(PmbusFormat.toLinear11(1e9))).isEqualTo(1023 * 32_768.0);
    assertThat(PmbusFormat.linear11(PmbusFormat.toLinear11(-1e9))).isEqualTo(-1024 * 32_768.0);
  }
}
