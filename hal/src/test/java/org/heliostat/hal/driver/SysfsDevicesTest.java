package org.heliostat.hal.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.Map;
import org.heliostat.hal.CardHealth;
import org.heliostat.hal.CardReading;
import org.heliostat.hal.ComputeCard;
import org.heliostat.hal.FakeLibc;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.MemoryErrorCounter;
import org.heliostat.hal.MemoryErrorReading;
import org.heliostat.hal.TemperatureSensor;
import org.junit.jupiter.api.Test;

/** Thermal zones, EDAC counters and cards behind hwmon. */
class SysfsDevicesTest {
  private static final String ZONE = "/sys/class/thermal/thermal_zone0/temp";
  private static final String EDAC = "/sys/devices/system/edac/mc/mc0/";
  private static final String HWMON = "/sys/class/hwmon/hwmon";

  private final FakeLibc libc = new FakeLibc();

  @Test
  void aThermalZoneCountsInMillidegrees() throws HardwareFault {
    libc.files.put(ZONE, "47250\n");
    TemperatureSensor zone =
        libc.board().device(TemperatureSensor.class, "zone0", "thermal-zone", Map.of("zone", "0"));
    assertThat(zone.read().celsius()).isEqualTo(47.25);
    assertThat(zone.lane()).isEqualTo("zone0");
    libc.files.put(ZONE, "1000000\n");
    assertThat(catchThrowableOfType(HardwareFault.class, zone::poll).kind())
        .isEqualTo(Kind.BAD_DATA);
    libc.fileErrors.put(ZONE, 5);
    assertThat(catchThrowableOfType(HardwareFault.class, zone::poll).kind())
        .isEqualTo(Kind.BAD_DATA);
    zone.close();
    assertThat(libc.openCount()).isZero();
  }

  @Test
  void edacCountsBothKindsOfErrors() throws HardwareFault {
    libc.files.put(EDAC + "ce_count", "12\n");
    libc.files.put(EDAC + "ue_count", "1\n");
    MemoryErrorCounter edac =
        libc.board().device(MemoryErrorCounter.class, "edac", "edac", Map.of("controller", "0"));
    assertThat(edac.read()).isEqualTo(new MemoryErrorReading(12, 1, libc.monotonicNanos));
    edac.close();
    assertThat(libc.openCount()).isZero();
    MemoryErrorCounter none =
        libc.board().device(MemoryErrorCounter.class, "edac", "edac", Map.of("controller", "1"));
    assertThat(catchThrowableOfType(HardwareFault.class, none::poll).kind()).isEqualTo(Kind.ABSENT);
  }

  private ComputeCard card(String... more) throws HardwareFault {
    Map<String, String> parameters = new HashMap<>(Map.of("hwmon", "hailo8"));
    for (int i = 0; i < more.length; i += 2) {
      parameters.put(more[i], more[i + 1]);
    }
    return libc.board().device(ComputeCard.class, "card1", "hwmon-card", parameters);
  }

  private void folder(int number, String power) {
    libc.files.put(HWMON + "0/name", "nvme\n");
    libc.files.put(HWMON + number + "/name", "hailo8\n");
    libc.files.put(HWMON + number + "/temp1_input", "51000\n");
    if (!power.isEmpty()) {
      libc.files.put(HWMON + number + "/power1_input", power);
    }
  }

  @Test
  void aCardIsFoundByItsName() throws HardwareFault {
    folder(3, "4500000\n");
    ComputeCard card = card();
    CardReading reading = card.read();
    assertThat(reading.temperatureCelsius()).isEqualTo(51);
    assertThat(reading.powerWatts()).isEqualTo(4.5);
    assertThat(reading.powerLimitWatts()).isNaN();
    assertThat(reading.utilisation()).isNaN();
    assertThat(reading.memoryUsedBytes()).isEqualTo(-1);
    assertThat(reading.health()).isEqualTo(CardHealth.UNKNOWN);
    assertThat(card.identity().model()).isEqualTo("hailo8");
    assertThat(card.lane()).isEqualTo("card1");
    card.claim();
    assertThat(card.holders()).isEmpty();
    assertThatThrownBy(() -> card.setPowerLimit(3)).hasMessageContaining("sets no power limit");
    assertThatThrownBy(card::reset).hasMessageContaining("by its rail");
    card.close();
    assertThat(libc.openCount()).isZero();
  }

  @Test
  void aCardThatComesBackUnderAnotherNumberIsFoundAgain() throws HardwareFault {
    folder(3, "4500000\n");
    ComputeCard card = card();
    card.poll();
    libc.files.keySet().removeIf(path -> path.startsWith(HWMON + "3"));
    libc.fileErrors.put(HWMON + "3/temp1_input", 19);
    assertThat(catchThrowableOfType(HardwareFault.class, card::poll).kind()).isEqualTo(Kind.ABSENT);
    folder(5, "1000000\n");
    assertThat(card.read().powerWatts()).isEqualTo(1);
  }

  @Test
  void aCardThatIsNotThereIsAbsentByName() throws HardwareFault {
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, card()::poll);
    assertThat(fault.kind()).isEqualTo(Kind.ABSENT);
    assertThat(fault).hasMessageContaining("hailo8");
  }

  @Test
  void valuesThatNoCardHasAreBadData() throws HardwareFault {
    folder(1, "99000000000\n");
    assertThat(catchThrowableOfType(HardwareFault.class, card()::poll).kind())
        .isEqualTo(Kind.BAD_DATA);
    folder(1, "0\n");
    libc.files.put(HWMON + "1/temp1_input", "-999999\n");
    assertThat(catchThrowableOfType(HardwareFault.class, card()::poll).kind())
        .isEqualTo(Kind.BAD_DATA);
  }

  @Test
  void aCardWithoutPowerOfItsOwnIsMeasuredAtItsRail() throws HardwareFault {
    folder(1, "");
    FakeLibc.Part rail = libc.part(0x11);
    rail.littleEndian = true;
    rail.registers.put(PmbusSwitch.VOUT_MODE, 0x17);
    rail.registers.put(PmbusSwitch.READ_PIN, PmbusFormat.toLinear11(7.25));
    ComputeCard card =
        card("rail_bus", "/dev/i2c-3", "rail_address", "0x11", "rail_part", "linear");
    assertThat(card.read().powerWatts()).isCloseTo(7.25, within(0.01));
    assertThat(card.lane()).isEqualTo("/dev/i2c-3");
    assertThatThrownBy(() -> card("rail_part", "linear"))
        .hasMessageContaining("\"bus\" is missing");
    assertThatThrownBy(() -> card("rail", "x")).hasMessageContaining("no parameter \"rail\"");
  }

  private ComputeCard cardWithRail() throws HardwareFault {
    FakeLibc.Part rail = libc.part(0x11);
    rail.littleEndian = true;
    rail.registers.put(PmbusSwitch.VOUT_MODE, 0x17);
    return card("rail_bus", "/dev/i2c-3", "rail_address", "0x11", "rail_part", "linear");
  }

  private static void assertKind(Kind kind, ComputeCard card) {
    assertThat(catchThrowableOfType(HardwareFault.class, card::poll).kind()).isEqualTo(kind);
  }

  @Test
  void whatTheCardMeasuresItselfIsNotAskedOfItsRail() throws HardwareFault {
    folder(1, "4500000\n");
    ComputeCard card = cardWithRail();
    assertThat(card.read().powerWatts()).isEqualTo(4.5);
    assertThat(libc.transfers).isZero();
    card.close();
    assertThat(libc.openCount()).isZero();
  }

  @Test
  void aRailMayMeasureALittleLessThanNothingButNotMoreThanAnyCardTakes() throws HardwareFault {
    folder(1, "");
    ComputeCard card = cardWithRail();
    libc.part(0x11).registers.put(PmbusSwitch.READ_PIN, PmbusFormat.toLinear11(-0.5));
    assertThat(card.read().powerWatts()).isEqualTo(-0.5);
    libc.part(0x11).registers.put(PmbusSwitch.READ_PIN, PmbusFormat.toLinear11(20_000));
    assertKind(Kind.BAD_DATA, card);
    libc.part(0x11).error = 13;
    assertThat(catchThrowableOfType(HardwareFault.class, card::poll).device())
        .isNotEqualTo("hailo8");
  }

  @Test
  void aCardThatGivesPowerOrIsHotterThanAnyIsBadData() throws HardwareFault {
    folder(1, "-5000000\n");
    assertKind(Kind.BAD_DATA, card());
    folder(1, "0\n");
    libc.files.put(HWMON + "1/temp1_input", "250001\n");
    assertKind(Kind.BAD_DATA, card());
  }

  @Test
  void aFileThatCannotBeReadForOnceIsNoLostCard() throws HardwareFault {
    folder(1, "4500000\n");
    ComputeCard card = card();
    libc.fileErrors.put(HWMON + "1/power1_input", 5);
    assertKind(Kind.BAD_DATA, card);
    libc.fileErrors.clear();
    assertThat(card.read().powerWatts()).isEqualTo(4.5);
    libc.fileErrors.put(HWMON + "1/temp1_input", 5);
    assertKind(Kind.BAD_DATA, card);
    libc.fileErrors.clear();
    card.poll();
    assertThat(libc.calls).filteredOn(("open " + HWMON + "1/name")::equals).hasSize(1);
  }

  @Test
  void aNameThatCannotBeReadIsAFaultAndNotAnotherCard() throws HardwareFault {
    folder(1, "");
    libc.fileErrors.put(HWMON + "0/name", 13);
    assertKind(Kind.REFUSED, card());
  }

  @Test
  void aCardSaysWhoItIsBeforeItsFirstPoll() throws HardwareFault {
    ComputeCard card = card();
    assertThat(catchThrowableOfType(HardwareFault.class, card::identity).kind())
        .isEqualTo(Kind.ABSENT);
    folder(1, "");
    assertThat(card.identity().model()).isEqualTo("hailo8");
  }

  @Test
  void parametersOfACardAreCheckedWithoutTouchingAnything() throws HardwareFault {
    HwmonCardDriver driver = new HwmonCardDriver();
    driver.check("card1", Map.of("hwmon", "hailo8"));
    assertThatThrownBy(() -> driver.check("card1", Map.of()))
        .hasMessageContaining("\"hwmon\" is missing");
    assertThatThrownBy(() -> driver.check("card1", Map.of("hwmon", "a", "rail_part", "linear")))
        .hasMessageContaining("\"bus\" is missing");
  }

  @Test
  void aZoneIsNoColderThanItsWorldCanBe() throws HardwareFault {
    libc.files.put(ZONE, "-300000\n");
    TemperatureSensor zone =
        libc.board().device(TemperatureSensor.class, "zone0", "thermal-zone", Map.of("zone", "0"));
    assertThat(catchThrowableOfType(HardwareFault.class, zone::poll).kind())
        .isEqualTo(Kind.BAD_DATA);
  }

  @Test
  void aCardThatNobodyMeasuresHasNoPower() throws HardwareFault {
    folder(1, "");
    assertThat(card().read().powerWatts()).isNaN();
  }
}
