package org.heliostat.hal.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
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
    return LinuxSmbus.open(libc, () -> libc.hostNanos, "part", "/dev/i2c-1", 0x40);
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
    "16, REFUSED",
    "5, BAD_DATA",
    "99, BAD_DATA"
  })
  void saysWhatTheErrorMeans(int error, Kind kind) throws HardwareFault {
    try (LinuxSmbus smbus = open()) {
      libc.errors.addAll(List.of(error, error, error));
      HardwareFault fault = catchThrowableOfType(HardwareFault.class, () -> smbus.writeByte(3, 1));
      assertThat(fault.kind()).isEqualTo(kind);
      assertThat(fault).hasMessageContaining("writing register 3 of 0x40 on /dev/i2c-1");
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
    assertThatThrownBy(() -> LinuxSmbus.open(libc, () -> 0, "part", "/dev/i2c-1", 0x78))
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
}
