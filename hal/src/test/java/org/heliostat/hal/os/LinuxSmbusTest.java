package org.heliostat.hal.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import java.util.Map;
import org.heliostat.hal.FakeLibc;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LinuxSmbusTest {
  private static final int EIO = 5;
  private static final int EACCES = 13;

  private final FakeLibc libc = new FakeLibc();

  private LinuxSmbus open() throws HardwareFault {
    return bus().open("part", 0x40, false, false);
  }

  private I2cBus bus() throws HardwareFault {
    return new I2cBus(libc, () -> libc.hostNanos, "/dev/i2c-1", Map.of());
  }

  @Test
  void readsAndWritesWordsHighByteFirst() throws HardwareFault {
    try (LinuxSmbus smbus = open()) {
      libc.registers.put(2, 0x2570);
      assertThat(smbus.readWord(2)).isEqualTo(0x2570);
      smbus.writeWord(5, 0xBEEF);
      assertThat(libc.registers).containsEntry(5, 0xBEEF);
    }
  }

  @Test
  void readsAndWritesBytes() throws HardwareFault {
    try (LinuxSmbus smbus = open()) {
      smbus.writeByte(1, 0xE0);
      assertThat(smbus.readByte(1)).isEqualTo(0xE0);
    }
  }

  @Test
  void triesThreeTimesAndNoMore() throws HardwareFault {
    try (LinuxSmbus smbus = open()) {
      libc.registers.put(2, 9);
      libc.errors.addAll(List.of(EIO, EIO));
      assertThat(smbus.readWord(2)).isEqualTo(9);
      libc.transfers = 0;
      libc.errors.addAll(List.of(EIO, EIO, EIO, EIO));
      assertThatThrownBy(() -> smbus.readWord(2)).isInstanceOf(HardwareFault.class);
      assertThat(libc.transfers).isEqualTo(3);
    }
  }

  @Test
  void doesNotTryAgainWhatCannotPass() throws HardwareFault {
    try (LinuxSmbus smbus = open()) {
      libc.errors.add(EACCES);
      assertThatThrownBy(() -> smbus.readWord(2)).isInstanceOf(HardwareFault.class);
      assertThat(libc.transfers).isEqualTo(1);
    }
  }

  @Test
  void doesNotTryAgainWhenTimeIsUp() throws HardwareFault {
    try (LinuxSmbus smbus = open()) {
      libc.transferNanos = 110_000_000L;
      libc.errors.addAll(List.of(110, 110, 110));
      HardwareFault fault = catchThrowableOfType(HardwareFault.class, () -> smbus.readWord(2));
      assertThat(fault.kind()).isEqualTo(Kind.TIMEOUT);
      assertThat(libc.transfers).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "2, ABSENT",
    "19, ABSENT",
    "6, NACK",
    "121, NACK",
    "110, TIMEOUT",
    "11, TIMEOUT",
    "13, REFUSED",
    "1, REFUSED",
    "95, REFUSED",
    "16, TIMEOUT",
    "5, BAD_DATA",
    "74, BAD_DATA",
    "99, BAD_DATA"
  })
  void saysWhatTheErrorMeans(int error, Kind kind) throws HardwareFault {
    try (LinuxSmbus smbus = open()) {
      libc.errors.addAll(List.of(error, error, error));
      HardwareFault fault = catchThrowableOfType(HardwareFault.class, () -> smbus.writeByte(3, 1));
      assertThat(fault.kind()).isEqualTo(kind);
      assertThat(fault).hasMessageContaining("0x40 on /dev/i2c-1");
    }
  }

  @Test
  void closesTheBusAgainWhenThePartCannotBeSelected() {
    libc.selectError = 16;
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, this::open);
    assertThat(fault.kind()).isEqualTo(Kind.REFUSED);
    assertThat(libc.calls).endsWith("close 7");
  }

  @Test
  void refusesABusThatCannotTransferWords() {
    libc.functions = 0;
    assertThatThrownBy(this::open).hasMessageContaining("cannot transfer SMBus bytes and words");
    libc.functionsError = 25;
    assertThatThrownBy(this::open).hasMessageContaining("error 25");
  }

  @Test
  void refusesAnAddressThatIsNone() {
    assertThatThrownBy(() -> bus().open("part", 0x78, false, false))
        .hasMessageContaining("0x78 is not a 7-bit I2C address");
    assertThat(libc.calls).isEmpty();
  }

  @Test
  void aMissingBusIsAbsent() {
    libc.openError = 2;
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, this::open);
    assertThat(fault.kind()).isEqualTo(Kind.ABSENT);
  }

  @Test
  void aClosedPartIsNotSpokenTo() throws HardwareFault {
    LinuxSmbus smbus = open();
    smbus.close();
    assertThatThrownBy(() -> smbus.readWord(0)).hasMessageContaining("closed");
    assertThat(libc.transfers).isZero();
  }

  @Test
  void wordsOfSmbusTravelLowByteFirst() throws HardwareFault {
    try (LinuxSmbus smbus = open()) {
      libc.registers.put(0x88, 0x3412);
      assertThat(smbus.readWordLittleEndian(0x88)).isEqualTo(0x1234);
      smbus.writeWordLittleEndian(0x4A, 0xBEEF);
      assertThat(libc.registers).containsEntry(0x4A, 0xEFBE);
    }
  }

  @Test
  void sendsAndReceivesSingleBytes() throws HardwareFault {
    try (LinuxSmbus smbus = open()) {
      smbus.sendByte(3);
      assertThat(libc.calls).endsWith("send 3");
      libc.registers.put(0, 0x5A);
      assertThat(smbus.receiveByte()).isEqualTo(0x5A);
    }
  }

  @Test
  void readsBlocksOfAGivenLength() throws HardwareFault {
    try (LinuxSmbus smbus = open()) {
      libc.registers.putAll(Map.of(0x32, 1, 0x33, 2, 0x34, 0xFF));
      byte[] bytes = new byte[8];
      smbus.readBlock(0x32, bytes, 3);
      assertThat(bytes).startsWith(1, 2, -1).endsWith(0, 0);
      assertThatThrownBy(() -> smbus.readBlock(0, bytes, 0)).hasMessageContaining("not 1..32");
      assertThatThrownBy(() -> smbus.readBlock(0, bytes, 33)).hasMessageContaining("not 1..32");
    }
  }

  @Test
  void readsBlocksThatSayTheirLength() throws HardwareFault {
    FakeLibc.Part part = libc.part(0x40);
    part.blocks.put(0x99, new byte[] {'A', 'D', 'I'});
    try (LinuxSmbus smbus = open()) {
      byte[] bytes = new byte[32];
      assertThat(smbus.readCountedBlock(0x99, bytes)).isEqualTo(3);
      assertThat(bytes).startsWith('A', 'D', 'I');
      part.blocks.put(0x99, new byte[40]);
      HardwareFault fault =
          catchThrowableOfType(HardwareFault.class, () -> smbus.readCountedBlock(0x99, bytes));
      assertThat(fault.kind()).isEqualTo(Kind.BAD_DATA);
    }
  }

  @Test
  void checksumsAreSwitchedOnWhereTheAdapterHasThem() throws HardwareFault {
    bus().open("part", 0x10, true, true).close();
    assertThat(libc.calls).contains("force 16", "pec");
    libc.functions &= ~LinuxSmbus.PEC_FUNCTION;
    assertThatThrownBy(() -> bus().open("part", 0x10, true, false))
        .hasMessageContaining("no packet error codes");
    assertThat(libc.openCount()).isZero();
  }

  @Test
  void aWrongChecksumIsReadAgain() throws HardwareFault {
    try (LinuxSmbus smbus = bus().open("part", 0x40, true, false)) {
      libc.registers.put(2, 9);
      libc.errors.addAll(List.of(74, 74));
      assertThat(smbus.readWord(2)).isEqualTo(9);
    }
  }

  @Test
  void anAdapterThatComesBackIsOpenedAgain() throws HardwareFault {
    try (LinuxSmbus smbus = open()) {
      libc.errors.add(19);
      HardwareFault fault = catchThrowableOfType(HardwareFault.class, () -> smbus.readWord(2));
      assertThat(fault.kind()).isEqualTo(Kind.ABSENT);
      libc.registers.put(2, 9);
      assertThat(smbus.readWord(2)).isEqualTo(9);
      assertThat(libc.calls).filteredOn("open /dev/i2c-1"::equals).hasSize(2);
    }
  }

  @Test
  void anAddressThatIsReservedIsRefused() {
    HardwareFault fault =
        catchThrowableOfType(HardwareFault.class, () -> bus().open("part", 0x02, false, false));
    assertThat(fault.kind()).isEqualTo(Kind.REFUSED);
  }

  @Test
  void aBlockThatCameShortIsBadData() throws HardwareFault {
    FakeLibc.Part part = libc.part(0x40);
    try (LinuxSmbus smbus = open()) {
      part.missingBytes = 1;
      byte[] bytes = new byte[6];
      HardwareFault fault =
          catchThrowableOfType(HardwareFault.class, () -> smbus.readBlock(0x32, bytes, 6));
      assertThat(fault.kind()).isEqualTo(Kind.BAD_DATA);
      assertThat(fault).hasMessageContaining("5 of 6 bytes from register 50");
    }
  }

  @Test
  void aBlockThatDoesNotFitIsBadData() throws HardwareFault {
    libc.part(0x40).blocks.put(0x99, new byte[] {'A', 'D', 'I'});
    try (LinuxSmbus smbus = open()) {
      HardwareFault fault =
          catchThrowableOfType(
              HardwareFault.class, () -> smbus.readCountedBlock(0x99, new byte[2]));
      assertThat(fault.kind()).isEqualTo(Kind.BAD_DATA);
      assertThat(fault).hasMessageContaining("says it has 3 bytes");
    }
  }

  @Test
  void checksumsThatCannotBeSwitchedOnCloseTheBusAgain() {
    libc.pecError = 22;
    HardwareFault fault =
        catchThrowableOfType(HardwareFault.class, () -> bus().open("part", 0x10, true, false));
    assertThat(fault.kind()).isEqualTo(Kind.REFUSED);
    assertThat(fault).hasMessageContaining("packet error codes");
    assertThat(libc.openCount()).isZero();
  }
}
