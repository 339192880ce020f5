package org.heliostat.hal.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.heliostat.hal.FakeLibc;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class I2cBusTest {
  private static final int ETIMEDOUT = 110;
  private static final String DRIVER = "/sys/bus/platform/drivers/rig-i2c";
  private static final Map<String, String> RECOVERABLE =
      Map.of("recovery_driver", DRIVER, "recovery_device", "rig-i2c.1");

  private final FakeLibc libc = new FakeLibc();

  @BeforeEach
  void driverFiles() {
    libc.files.put(DRIVER + "/unbind", "");
    libc.files.put(DRIVER + "/bind", "");
  }

  private I2cBus bus(Map<String, String> parameters) throws HardwareFault {
    return new I2cBus(libc, () -> libc.hostNanos, "/dev/i2c-1", parameters);
  }

  private static HardwareFault read(LinuxSmbus part) {
    return catchThrowableOfType(HardwareFault.class, () -> part.readWord(2));
  }

  @Test
  void aPartThatHangsAloneIsNamed() throws HardwareFault {
    I2cBus bus = bus(Map.of());
    LinuxSmbus one = bus.open("one", 0x40, false, false);
    LinuxSmbus other = bus.open("other", 0x48, false, false);
    other.readByte(0);
    libc.part(0x40).error = ETIMEDOUT;
    HardwareFault fault = read(one);
    assertThat(fault.kind()).isEqualTo(Kind.TIMEOUT);
    assertThat(fault.device()).isEqualTo("one");
    assertThat(bus.retries()).isEqualTo(2);
  }

  @Test
  void aBusOnWhichNobodyAnswersIsNamed() throws HardwareFault {
    I2cBus bus = bus(Map.of());
    LinuxSmbus one = bus.open("one", 0x40, false, false);
    LinuxSmbus other = bus.open("other", 0x48, false, false);
    other.readByte(0);
    libc.part(0x40).error = ETIMEDOUT;
    libc.part(0x48).error = ETIMEDOUT;
    assertThat(read(one).device()).isEqualTo("/dev/i2c-1");
  }

  @Test
  void withoutAnotherPartThatHasAnsweredTheBusIsNamed() throws HardwareFault {
    I2cBus bus = bus(Map.of());
    LinuxSmbus one = bus.open("one", 0x40, false, false);
    bus.open("other", 0x48, false, false);
    libc.part(0x40).error = ETIMEDOUT;
    assertThat(read(one).device()).isEqualTo("/dev/i2c-1");
  }

  @Test
  void aNackOfAnotherPartShowsThatTheBusLives() throws HardwareFault {
    I2cBus bus = bus(Map.of());
    LinuxSmbus one = bus.open("one", 0x40, false, false);
    bus.open("other", 0x48, false, false).readByte(0);
    libc.part(0x40).error = ETIMEDOUT;
    libc.part(0x48).error = 121;
    assertThat(read(one).device()).isEqualTo("one");
  }

  @Test
  void recoversTheBusAndReadsOn() throws HardwareFault {
    I2cBus bus = bus(RECOVERABLE);
    LinuxSmbus one = bus.open("one", 0x40, false, false);
    libc.part(0x40).registers.put(2, 77);
    libc.part(0x40).error = ETIMEDOUT;
    libc.afterWrite = () -> libc.part(0x40).error = 0;
    assertThat(one.readWord(2)).isEqualTo(77);
    assertThat(libc.written)
        .containsExactly(DRIVER + "/unbind rig-i2c.1", DRIVER + "/bind rig-i2c.1");
    assertThat(bus.recoveries()).isEqualTo(1);
  }

  @Test
  void closesEveryDescriptorBeforeTheAdapterIsUnbound() throws HardwareFault {
    I2cBus bus = bus(RECOVERABLE);
    bus.open("one", 0x40, false, false);
    bus.open("other", 0x48, false, false);
    int[] open = {-1};
    libc.afterWrite = () -> open[0] = libc.openCount();
    bus.recover();
    // the one that is open is the file that is written
    assertThat(open[0]).isEqualTo(1);
  }

  @Test
  void recoversByItselfOnceInFiveSeconds() throws HardwareFault {
    I2cBus bus = bus(RECOVERABLE);
    LinuxSmbus one = bus.open("one", 0x40, false, false);
    libc.part(0x40).error = ETIMEDOUT;
    assertThat(read(one).device()).isEqualTo("/dev/i2c-1");
    read(one);
    assertThat(bus.recoveries()).isEqualTo(1);
    libc.hostNanos += I2cBus.RECOVERY_PAUSE_NANOS;
    read(one);
    assertThat(bus.recoveries()).isEqualTo(2);
  }

  @Test
  void aPartThatAnswersOtherwiseAfterTheRecoveryIsNamedWithThat() throws HardwareFault {
    I2cBus bus = bus(RECOVERABLE);
    LinuxSmbus one = bus.open("one", 0x40, false, false);
    libc.part(0x40).error = ETIMEDOUT;
    libc.afterWrite = () -> libc.part(0x40).error = 121;
    HardwareFault fault = read(one);
    assertThat(fault.kind()).isEqualTo(Kind.NACK);
    assertThat(fault.device()).isEqualTo("one");
  }

  @Test
  void aRecoveryThatFailsIsToldWithTheFaultOfTheBus() throws HardwareFault {
    I2cBus bus = bus(RECOVERABLE);
    LinuxSmbus one = bus.open("one", 0x40, false, false);
    libc.part(0x40).error = ETIMEDOUT;
    libc.fileErrors.put(DRIVER + "/bind", 19);
    HardwareFault fault = read(one);
    assertThat(fault.device()).isEqualTo("/dev/i2c-1");
    assertThat(fault.getSuppressed()).hasSize(1);
  }

  @Test
  void anAdapterThatIsNotBoundIsBound() throws HardwareFault {
    I2cBus bus = bus(RECOVERABLE);
    libc.fileErrors.put(DRIVER + "/unbind", 19);
    bus.recover();
    assertThat(libc.written).containsExactly(DRIVER + "/bind rig-i2c.1");
  }

  @Test
  void waitsForTheBusNoLongerThanItsDeadline() throws Exception {
    I2cBus bus = bus(Map.of("deadline_ms", "1"));
    LinuxSmbus one = bus.open("one", 0x40, false, false);
    CountDownLatch held = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(1);
    Thread holder =
        new Thread(
            () -> {
              if (bus.tryLock()) {
                held.countDown();
                try {
                  done.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                } finally {
                  bus.unlock();
                }
              }
            });
    holder.start();
    held.await();
    HardwareFault fault = read(one);
    HardwareFault recovery = catchThrowableOfType(HardwareFault.class, bus::recover);
    done.countDown();
    holder.join();
    assertThat(fault.kind()).isEqualTo(Kind.TIMEOUT);
    assertThat(fault.device()).isEqualTo("/dev/i2c-1");
    assertThat(fault).hasMessageContaining("holds the bus for 1 ms");
    assertThat(recovery.kind()).isEqualTo(Kind.TIMEOUT);
    one.readWord(2);
  }

  /** Another part whose file cannot be opened says nothing of the one that is silent. */
  @Test
  void aPartThatCannotBeOpenedAnewIsNotBlamedForTheSilentOne() throws HardwareFault {
    I2cBus bus = bus(Map.of());
    LinuxSmbus one = bus.open("one", 0x40, false, false);
    LinuxSmbus other = bus.open("other", 0x48, false, false);
    LinuxSmbus third = bus.open("third", 0x49, false, false);
    other.readByte(0);
    third.readByte(0);
    libc.errors.add(19);
    assertThat(read(other).kind()).isEqualTo(Kind.ABSENT);
    libc.selectError = 16;
    libc.part(0x40).error = ETIMEDOUT;
    assertThat(read(one).device()).isEqualTo("one");
    third.close();
    assertThat(read(one).device()).isEqualTo("/dev/i2c-1");
  }

  @Test
  void anAdapterThatCouldNotBeBoundAgainIsBoundLater() throws HardwareFault {
    I2cBus bus = bus(RECOVERABLE);
    LinuxSmbus one = bus.open("one", 0x40, false, false);
    libc.part(0x40).registers.put(2, 77);
    libc.part(0x40).error = ETIMEDOUT;
    libc.fileErrors.put(DRIVER + "/bind", 12);
    assertThat(read(one).getSuppressed()).hasSize(1);
    libc.part(0x40).error = 0;
    libc.openError = 2;
    assertThat(read(one).kind()).isEqualTo(Kind.ABSENT);
    libc.openError = 0;
    libc.hostNanos += I2cBus.RECOVERY_PAUSE_NANOS;
    HardwareFault again = read(one);
    assertThat(again.device()).isEqualTo("/dev/i2c-1");
    libc.fileErrors.clear();
    libc.hostNanos += I2cBus.RECOVERY_PAUSE_NANOS;
    assertThat(one.readWord(2)).isEqualTo(77);
    assertThat(libc.written).endsWith(DRIVER + "/bind rig-i2c.1");
    long recoveries = bus.recoveries();
    libc.hostNanos += I2cBus.RECOVERY_PAUSE_NANOS;
    one.readWord(2);
    assertThat(bus.recoveries()).isEqualTo(recoveries);
  }

  /** A poll of many registers gives the bus back for an instant only; a command must get in. */
  @Test
  void whoWaitsForTheBusComesBeforeWhoHasJustHadIt() throws Exception {
    I2cBus bus = bus(Map.of("deadline_ms", "10000"));
    List<String> order = new CopyOnWriteArrayList<>();
    bus.lock();
    Thread command =
        new Thread(
            () -> {
              if (bus.tryLock()) {
                order.add("command");
                bus.unlock();
              }
            });
    command.start();
    while (command.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    bus.unlock();
    bus.lock();
    order.add("poll");
    bus.unlock();
    command.join();
    assertThat(order).containsExactly("command", "poll");
  }

  @Test
  void whoIsInterruptedStillGetsTheBusInItsTurn() throws Exception {
    I2cBus bus = bus(Map.of("deadline_ms", "10000"));
    boolean[] result = new boolean[2];
    bus.lock();
    Thread ending =
        new Thread(
            () -> {
              Thread.currentThread().interrupt();
              result[0] = bus.tryLock();
              result[1] = Thread.interrupted();
              bus.unlock();
            });
    ending.start();
    while (ending.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    bus.unlock();
    ending.join();
    assertThat(result).containsExactly(true, true);
  }

  /** A descriptor's number that is given back in the middle of a transfer may be reused. */
  @Test
  void partsThatAreClosedDuringATransferGiveTheirDescriptorsBackAfterIt() throws Exception {
    I2cBus bus = bus(Map.of("deadline_ms", "1"));
    LinuxSmbus one = bus.open("one", 0x40, false, false);
    LinuxSmbus other = bus.open("other", 0x48, false, false);
    CountDownLatch within = new CountDownLatch(1);
    CountDownLatch released = new CountDownLatch(1);
    libc.after =
        () -> {
          within.countDown();
          try {
            released.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        };
    Thread transfer = new Thread(() -> read(one));
    transfer.start();
    within.await();
    one.close();
    other.close();
    int during = libc.openCount();
    released.countDown();
    transfer.join();
    libc.after = () -> {};
    assertThat(during).isEqualTo(2);
    assertThat(libc.openCount()).isZero();
    assertThat(read(one).kind()).isEqualTo(Kind.REFUSED);
    assertThat(libc.openCount()).isZero();
  }

  @Test
  void aPartThatIsClosedBetweenTwoTriesIsNotOpenedAgain() throws HardwareFault {
    LinuxSmbus[] part = new LinuxSmbus[1];
    I2cBus bus =
        new I2cBus(
            libc,
            () -> {
              if (libc.transfers == 1) {
                part[0].close();
              }
              return libc.hostNanos;
            },
            "/dev/i2c-1",
            Map.of());
    part[0] = bus.open("one", 0x40, false, false);
    libc.part(0x40).error = ETIMEDOUT;
    assertThat(read(part[0]).kind()).isEqualTo(Kind.REFUSED);
    assertThat(libc.openCount()).isZero();
  }

  @Test
  void aLibraryThatBreaksLeavesTheBusFree() throws Exception {
    I2cBus bus = bus(Map.of());
    LinuxSmbus one = bus.open("one", 0x40, false, false);
    libc.after =
        () -> {
          throw new UnsatisfiedLinkError("ioctl");
        };
    assertThatThrownBy(() -> one.readWord(2)).isInstanceOf(UnsatisfiedLinkError.class);
    libc.after = () -> {};
    boolean[] free = new boolean[1];
    Thread other =
        new Thread(
            () -> {
              free[0] = bus.tryLock();
              if (free[0]) {
                bus.unlock();
              }
            });
    other.start();
    other.join();
    assertThat(free[0]).isTrue();
  }

  @Test
  void refusesParametersThatMakeNoSense() {
    for (Map<String, String> wrong :
        List.of(
            Map.of("deadline", "1"),
            Map.of("deadline_ms", "0"),
            Map.of("deadline_ms", "soon"),
            Map.of("deadline_ms", "1000000000"),
            Map.of("recovery_driver", DRIVER, "recovery_device", " "),
            Map.of("recovery_driver", DRIVER),
            Map.of("recovery_driver", DRIVER, "recovery_device", "../x"))) {
      HardwareFault fault = catchThrowableOfType(HardwareFault.class, () -> bus(wrong));
      assertThat(fault.kind()).as(wrong.toString()).isEqualTo(Kind.REFUSED);
    }
  }

  @Test
  void aBusThatCannotBeRecoveredSaysSo() throws HardwareFault {
    I2cBus bus = bus(Map.of());
    assertThatThrownBy(bus::recover).hasMessageContaining("do not say how");
  }

  @Test
  void aRecoveryOfWhichBothHalvesFailTellsBoth() throws HardwareFault {
    I2cBus bus = bus(RECOVERABLE);
    libc.fileErrors.put(DRIVER + "/unbind", 19);
    libc.fileErrors.put(DRIVER + "/bind", 13);
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, bus::recover);
    assertThat(fault).hasMessageContaining("/bind");
    assertThat(fault.getSuppressed())
        .singleElement()
        .satisfies(first -> assertThat(first).hasMessageContaining("/unbind"));
  }

  /** Two devices of one part are no witnesses for each other. */
  @Test
  void anotherDeviceOfTheSamePartSaysNothingOfTheBus() throws HardwareFault {
    I2cBus bus = bus(Map.of());
    LinuxSmbus one = bus.open("one", 0x40, false, false);
    LinuxSmbus same = bus.open("same", 0x40, false, false);
    same.readByte(0);
    libc.part(0x40).error = ETIMEDOUT;
    assertThat(read(one).device()).isEqualTo("/dev/i2c-1");
    assertThat(read(one).getSuppressed()).isEmpty();
  }
}
