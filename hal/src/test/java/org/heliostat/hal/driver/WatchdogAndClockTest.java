package org.heliostat.hal.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.heliostat.hal.FakeLibc;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.RealTimeClock;
import org.heliostat.hal.Watchdog;
import org.heliostat.hal.Watchdog.BootReason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WatchdogAndClockTest {
  private static final String WATCHDOG = "/dev/watchdog0";
  private static final String RTC = "/dev/rtc0";

  private final FakeLibc libc = new FakeLibc();
  private final List<String> ioctls = new ArrayList<>();
  private final Map<Long, Integer> errors = new HashMap<>();
  private int bootStatus;
  private int timeout;

  private Watchdog watchdog() throws HardwareFault {
    libc.controls.put(
        WATCHDOG,
        (request, argument) -> {
          ioctls.add(Long.toHexString(request));
          if (request == LinuxWatchdog.WDIOC_SETTIMEOUT && !errors.containsKey(request)) {
            timeout = argument.getInt(0);
          } else if (request == LinuxWatchdog.WDIOC_GETTIMEOUT) {
            argument.setInt(0, timeout + 2);
          } else if (request == LinuxWatchdog.WDIOC_GETBOOTSTATUS) {
            argument.setInt(0, bootStatus);
          }
          return errors.getOrDefault(request, 0);
        });
    return libc.board()
        .device(Watchdog.class, "watchdog", "watchdog", Map.of("timeout_seconds", "10"));
  }

  @Test
  void startsWithTheFirstKickAndNotBefore() throws HardwareFault {
    Watchdog watchdog = watchdog();
    assertThat(watchdog.timeoutSeconds()).isZero();
    assertThat(libc.calls).isEmpty();
    watchdog.kick();
    watchdog.kick();
    assertThat(timeout).isEqualTo(10);
    // what the part grants, which may be more
    assertThat(watchdog.timeoutSeconds()).isEqualTo(12);
    assertThat(ioctls).containsExactly("c0045706", "80045707", "80045705", "80045705");
    assertThat(libc.calls).containsExactly("open " + WATCHDOG);
  }

  @Test
  void aCloseLeavesItRunningAndADisarmStopsIt() throws HardwareFault {
    Watchdog watchdog = watchdog();
    watchdog.disarm();
    watchdog.kick();
    watchdog.disarm();
    assertThat(libc.written).containsExactly(WATCHDOG + " V");
    assertThat(libc.openCount()).isZero();
    watchdog.kick();
    watchdog.close();
    assertThat(libc.written).hasSize(1);
    assertThat(libc.openCount()).isZero();
    assertThatThrownBy(watchdog::kick).hasMessageContaining("closed");
  }

  @ParameterizedTest
  @CsvSource({
    "0x00, POWER_ON",
    "0x20, WATCHDOG",
    "0x01, OVER_TEMPERATURE",
    "0x10, POWER_FAULT",
    "0x40, POWER_FAULT",
    "0x21, WATCHDOG"
  })
  void saysWhyTheBoardBooted(String bits, BootReason reason) throws HardwareFault {
    bootStatus = Integer.decode(bits);
    Watchdog watchdog = watchdog();
    watchdog.kick();
    assertThat(watchdog.bootReason()).isEqualTo(reason);
    // before the first kick sysfs says it, since opening would start the watchdog
    libc.files.put("/sys/class/watchdog/watchdog0/bootstatus", bootStatus + "\n");
    assertThat(watchdog().bootReason()).isEqualTo(reason);
  }

  @Test
  void aPartThatCannotSaySaysSo() throws HardwareFault {
    Watchdog watchdog = watchdog();
    assertThat(watchdog.bootReason()).isEqualTo(BootReason.UNKNOWN);
    watchdog.kick();
    errors.put(LinuxWatchdog.WDIOC_GETBOOTSTATUS, 25);
    assertThat(watchdog.bootReason()).isEqualTo(BootReason.UNKNOWN);
    errors.put(LinuxWatchdog.WDIOC_GETBOOTSTATUS, 5);
    assertThatThrownBy(watchdog::bootReason).hasMessageContaining("error 5");
  }

  @Test
  void aPartOfFixedTimeIsKickedAllTheSame() throws HardwareFault {
    errors.put(LinuxWatchdog.WDIOC_SETTIMEOUT, 95);
    errors.put(LinuxWatchdog.WDIOC_GETTIMEOUT, 95);
    Watchdog watchdog = watchdog();
    watchdog.kick();
    assertThat(watchdog.timeoutSeconds()).isEqualTo(10);
  }

  @Test
  void whatFailsIsTyped() throws HardwareFault {
    Watchdog watchdog = watchdog();
    libc.openError = 16;
    assertThat(catchThrowableOfType(HardwareFault.class, watchdog::kick).kind())
        .isEqualTo(Kind.REFUSED);
    libc.openError = 0;
    errors.put(LinuxWatchdog.WDIOC_SETTIMEOUT, 5);
    assertThat(catchThrowableOfType(HardwareFault.class, watchdog::kick).kind())
        .isEqualTo(Kind.BAD_DATA);
    errors.clear();
    watchdog.kick();
    errors.put(LinuxWatchdog.WDIOC_KEEPALIVE, 19);
    assertThat(catchThrowableOfType(HardwareFault.class, watchdog::kick).kind())
        .isEqualTo(Kind.ABSENT);
    libc.writeError = 5;
    assertThatThrownBy(watchdog::disarm).hasMessageContaining("magic");
  }

  // ---- the clock

  private final int[] fields = new int[9];

  private RealTimeClock clock() throws HardwareFault {
    libc.controls.put(
        RTC,
        (request, argument) -> {
          if (request == LinuxRtc.RTC_RD_TIME) {
            argument.write(0, fields, 0, 9);
          } else {
            argument.read(0, fields, 0, 9);
          }
          return errors.getOrDefault(request, 0);
        });
    return libc.board().device(RealTimeClock.class, "rtc", "rtc", Map.of("path", RTC));
  }

  @Property(seed = "1")
  void everyTimeComesBackToTheSecond(
      @ForAll @LongRange(max = 4_000_000_000L) long seconds,
      @ForAll @IntRange(max = 999_999_999) int nanos)
      throws HardwareFault {
    RealTimeClock clock = clock();
    clock.set(seconds * 1_000_000_000L + nanos);
    assertThat(clock.utcNanos()).isEqualTo(seconds * 1_000_000_000L);
    assertThat(libc.openCount()).isZero();
  }

  @Test
  void theFieldsAreThoseOfTheKernel() throws HardwareFault {
    // 2024-02-29 12:34:56, a Thursday, day 60
    clock().set(1_709_210_096_000_000_000L);
    assertThat(fields).containsExactly(56, 34, 12, 29, 1, 124, 4, 59, 0);
  }

  @Test
  void aClockThatHasLostItsTimeIsBadData() throws HardwareFault {
    RealTimeClock clock = clock();
    errors.put(LinuxRtc.RTC_RD_TIME, 22);
    assertKind(Kind.BAD_DATA, clock);
    errors.clear();
    fields[3] = 31;
    fields[4] = 1;
    assertKind(Kind.BAD_DATA, clock);
    fields[3] = 1;
    fields[5] = -1;
    assertKind(Kind.BAD_DATA, clock);
    libc.openError = 16;
    assertKind(Kind.REFUSED, clock);
    assertThatThrownBy(() -> clock.set(Long.MAX_VALUE)).hasMessageContaining("cannot be set");
    clock.close();
  }

  private static void assertKind(Kind kind, RealTimeClock clock) {
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, clock::utcNanos);
    assertThat(fault.kind()).isEqualTo(kind);
  }

  @Test
  void bootReasonsThatCannotBeReadAreFaultsAndThoseThatThereAreNotAreUnknown()
      throws HardwareFault {
    Watchdog watchdog = watchdog();
    String file = "/sys/class/watchdog/watchdog0/bootstatus";
    libc.files.put(file, "0\n");
    libc.fileErrors.put(file, 13);
    assertThat(catchThrowableOfType(HardwareFault.class, watchdog::bootReason).kind())
        .isEqualTo(Kind.REFUSED);
    watchdog.kick();
    errors.put(LinuxWatchdog.WDIOC_GETBOOTSTATUS, 95);
    assertThat(watchdog.bootReason()).isEqualTo(BootReason.UNKNOWN);
  }

  @ParameterizedTest
  @ValueSource(ints = {22, 25})
  void aPartThatTakesNoTimeGoesOnWithItsOwn(int error) throws HardwareFault {
    errors.put(LinuxWatchdog.WDIOC_SETTIMEOUT, error);
    timeout = 58;
    Watchdog watchdog = watchdog();
    watchdog.kick();
    assertThat(watchdog.timeoutSeconds()).isEqualTo(60);
  }

  @Test
  void aWatchdogThatWasNeverKickedIsClosedWithoutATouch() throws HardwareFault {
    Watchdog watchdog = watchdog();
    watchdog.close();
    assertThat(libc.calls).isEmpty();
  }

  @Test
  void otherNodesThanTheUsualMayBeNamed() throws HardwareFault {
    libc.controls.put("/dev/watchdog1", (request, argument) -> 0);
    Watchdog watchdog =
        libc.board().device(Watchdog.class, "second", "watchdog", Map.of("path", "/dev/watchdog1"));
    watchdog.kick();
    assertThat(watchdog.name()).isEqualTo("second");
    clock();
    RealTimeClock usual = libc.board().device(RealTimeClock.class, "rtc", "rtc", Map.of());
    usual.set(1_709_210_096_000_000_000L);
    assertThat(usual.name()).isEqualTo("rtc");
    assertThat(libc.calls).contains("open /dev/watchdog1", "open " + RTC);
  }

  @Test
  void yearsThatNoClockHoldsAreNeitherReadNorSet() throws HardwareFault {
    RealTimeClock clock = clock();
    fields[3] = 1;
    fields[5] = 500;
    assertKind(Kind.BAD_DATA, clock);
    assertThatThrownBy(() -> clock.set(-86_400_000_000_000L)).hasMessageContaining("cannot be set");
    assertThat(fields[5]).isEqualTo(500);
  }
}
