package org.heliostat.hal.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.heliostat.hal.FakeLibc;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SysfsFileTest {
  private static final String PATH = "/sys/class/thermal/thermal_zone0/temp";

  private final FakeLibc libc = new FakeLibc();

  private SysfsFile file(String content) {
    libc.files.put(PATH, content);
    return new SysfsFile(libc, "zone", PATH);
  }

  @Property(seed = "1")
  void everyNumberOfTheKernelComesBack(
      @ForAll @LongRange(min = -999_999_999_999_999_999L, max = 999_999_999_999_999_999L)
          long value)
      throws HardwareFault {
    assertThat(file(value + "\n").readLong()).isEqualTo(value);
    assertThat(file(Long.toString(value)).readLong()).isEqualTo(value);
  }

  @Property(seed = "1")
  void whateverTheFileHoldsEndsInANumberOrABadValue(@ForAll String content) {
    SysfsFile file = file(content);
    try {
      file.readLong();
    } catch (HardwareFault e) {
      assertThat(e.kind()).isEqualTo(Kind.BAD_DATA);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "-", "12x", "0x10", "1 2", "1234567890123456789", "5\n5"})
  void anythingButOneNumberIsBadData(String content) {
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, file(content)::readLong);
    assertThat(fault.kind()).isEqualTo(Kind.BAD_DATA);
    assertThat(fault).hasMessageContaining("not a whole number");
  }

  @Test
  void keepsTheFileOpenAndReadsItFromTheStart() throws HardwareFault {
    SysfsFile file = file("41000\n");
    assertThat(file.readLong()).isEqualTo(41_000);
    libc.files.put(PATH, "42000\n");
    assertThat(file.readLong()).isEqualTo(42_000);
    assertThat(libc.calls).containsExactly("open " + PATH);
    file.close();
    file.close();
    assertThat(libc.openCount()).isZero();
  }

  @Test
  void aDeviceThatWentAwayIsOpenedOnceMore() throws HardwareFault {
    SysfsFile file = file("1\n");
    file.readLong();
    libc.fileErrors.put(PATH, 19);
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, file::readLong);
    assertThat(fault.kind()).isEqualTo(Kind.ABSENT);
    assertThat(libc.calls).filteredOn(("open " + PATH)::equals).hasSize(2);
    assertThat(libc.openCount()).isZero();
    libc.fileErrors.clear();
    assertThat(file.readLong()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"2, ABSENT", "13, REFUSED", "5, BAD_DATA", "110, TIMEOUT", "61, STALE", "121, NACK"})
  void saysWhatTheErrorMeans(int error, Kind kind) {
    SysfsFile file = file("1\n");
    libc.fileErrors.put(PATH, error);
    assertThat(catchThrowableOfType(HardwareFault.class, file::readLong).kind()).isEqualTo(kind);
  }

  @Test
  void readsTextWithoutItsLineEnd() throws HardwareFault {
    assertThat(file("rig_card0\n").readText()).isEqualTo("rig_card0");
    libc.openError = 2;
    assertThatThrownBy(() -> new SysfsFile(libc, "zone", PATH).readText())
        .hasMessageContaining("opening " + PATH);
  }

  @Test
  void writesInOneCall() throws HardwareFault {
    file("");
    SysfsFile.write(libc, "card0", PATH, "1");
    assertThat(libc.written).containsExactly(PATH + " 1");
    assertThat(libc.openCount()).isZero();
    libc.fileErrors.put(PATH, 13);
    assertThatThrownBy(() -> SysfsFile.write(libc, "card0", PATH, "1"))
        .hasMessageContaining("error 13");
    assertThatThrownBy(() -> SysfsFile.write(libc, "card0", "/sys/none", "1"))
        .hasMessageContaining("opening /sys/none");
    assertThat(libc.openCount()).isZero();
  }

  @Test
  void aWriteThatIsCutShortIsBadData() {
    SysfsFile file = file("");
    assertThat(file.path()).isEqualTo(PATH);
    libc.mostWritten = 3;
    HardwareFault fault =
        catchThrowableOfType(
            HardwareFault.class, () -> SysfsFile.write(libc, "card0", PATH, "rig-i2c.1"));
    assertThat(fault.kind()).isEqualTo(Kind.BAD_DATA);
    assertThat(fault).hasMessageContaining("only 3 bytes");
    assertThat(libc.openCount()).isZero();
  }
}
