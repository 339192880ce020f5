package org.heliostat.hal.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.doReturn;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;

import com.sun.jna.Pointer;
import org.heliostat.hal.CardHealth;
import org.heliostat.hal.ComputeCard;
import org.heliostat.hal.FakeLibc;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.os.NvidiaLibrary;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mockito.stubbing.Answer;

/** What a card says beside heat and power; a library that supports nothing else to begin with. */
class NvmlHealthTest {
  private static final Pointer HANDLE = new Pointer(0x1234);
  private static final Pointer EVENTS = new Pointer(0x5678);

  private final FakeLibc libc = new FakeLibc();
  private final NvidiaLibrary nvml =
      mock(
          NvidiaLibrary.class,
          call -> call.getMethod().getReturnType() == int.class ? NvmlCard.NOT_SUPPORTED : null);

  private static Answer<Integer> ints(int... values) {
    return call -> {
      int pointers = 0;
      for (Object argument : call.getArguments()) {
        if (argument instanceof Pointer out && !out.equals(HANDLE)) {
          out.setInt(0, values[pointers++]);
        }
      }
      return NvmlCard.SUCCESS;
    };
  }

  private static Answer<Integer> handle(Pointer handle) {
    return call -> {
      call.<Pointer>getArgument(call.getArguments().length - 1).setPointer(0, handle);
      return NvmlCard.SUCCESS;
    };
  }

  private static Answer<Integer> number(long value) {
    return call -> {
      call.<Pointer>getArgument(call.getArguments().length - 1).setLong(0, value);
      return NvmlCard.SUCCESS;
    };
  }

  @BeforeEach
  void aCardWithoutHealth() {
    doReturn(NvmlCard.SUCCESS).when(nvml).nvmlInit_v2();
    doAnswer(ints(1)).when(nvml).nvmlDeviceGetCount_v2(any());
    doAnswer(handle(HANDLE)).when(nvml).nvmlDeviceGetHandleByIndex_v2(anyInt(), any());
    doAnswer(ints(61)).when(nvml).nvmlDeviceGetTemperature(any(), anyInt(), any());
    doAnswer(ints(42_500)).when(nvml).nvmlDeviceGetPowerUsage(any(), any());
    doAnswer(ints(60_000)).when(nvml).nvmlDeviceGetEnforcedPowerLimit(any(), any());
    doAnswer(ints(87)).when(nvml).nvmlDeviceGetUtilizationRates(any(), any());
    doAnswer(
            call -> {
              Pointer memory = call.getArgument(1);
              assertThat(memory.getInt(0)).isEqualTo(0x0200_0028);
              memory.setLong(8, 8_000_000_000L);
              memory.setLong(32, 5_000_000_000L);
              return NvmlCard.SUCCESS;
            })
        .when(nvml)
        .nvmlDeviceGetMemoryInfo_v2(any(), any());
  }

  private ComputeCard card() throws HardwareFault {
    return NvmlCard.byIndex("card0", libc.board(), nvml, 0);
  }

  private void withHealth() {
    doAnswer(
            call -> {
              Pointer margin = call.getArgument(1);
              assertThat(margin.getInt(0)).isEqualTo(0x0100_0008);
              margin.setInt(4, 26);
              return NvmlCard.SUCCESS;
            })
        .when(nvml)
        .nvmlDeviceGetMarginTemperature(any(), any());
    doAnswer(ints(1_410)).when(nvml).nvmlDeviceGetClockInfo(any(), eq(1), any());
    doAnswer(ints(1_215)).when(nvml).nvmlDeviceGetClockInfo(any(), eq(2), any());
    doAnswer(number(3)).when(nvml).nvmlDeviceGetTotalEccErrors(any(), eq(0), eq(0), any());
    doAnswer(number(1)).when(nvml).nvmlDeviceGetTotalEccErrors(any(), eq(1), eq(0), any());
    doAnswer(number(30)).when(nvml).nvmlDeviceGetTotalEccErrors(any(), eq(0), eq(1), any());
    doAnswer(number(10)).when(nvml).nvmlDeviceGetTotalEccErrors(any(), eq(1), eq(1), any());
    doAnswer(ints(2, 5, 1, 0))
        .when(nvml)
        .nvmlDeviceGetRemappedRows(any(), any(), any(), any(), any());
    doAnswer(number(0x20)).when(nvml).nvmlDeviceGetCurrentClocksThrottleReasons(any(), any());
  }

  @Test
  void aCardThatSaysNothingMoreIsPolledAllTheSameAndNotAskedAgain() throws HardwareFault {
    ComputeCard card = card();
    for (int i = 0; i < 3; i++) {
      assertThat(card.read().health())
          .isEqualTo(
              new CardHealth(
                  Double.NaN, -1, -1, 8_000_000_000L, -1, -1, -1, -1, -1, false, 0, 0, -1));
    }
    verify(nvml, times(1)).nvmlDeviceGetMarginTemperature(any(), any());
    verify(nvml, times(1)).nvmlDeviceGetTemperatureThreshold(any(), anyInt(), any());
    verify(nvml, times(2)).nvmlDeviceGetClockInfo(any(), anyInt(), any());
    verify(nvml, times(4)).nvmlDeviceGetTotalEccErrors(any(), anyInt(), anyInt(), any());
    verify(nvml, times(1)).nvmlDeviceGetRemappedRows(any(), any(), any(), any(), any());
    verify(nvml, times(1)).nvmlDeviceGetRetiredPages(any(), anyInt(), any(), any());
    verify(nvml, times(1)).nvmlDeviceGetCurrentClocksThrottleReasons(any(), any());
    verify(nvml, times(1)).nvmlEventSetCreate(any());
  }

  @Test
  void saysAllThatTheCardSays() throws HardwareFault {
    withHealth();
    assertThat(card().read().health())
        .isEqualTo(
            new CardHealth(26, 1_410, 1_215, 8_000_000_000L, 3, 1, 30, 10, 7, true, 0x20, 0, -1));
  }

  @Test
  void anOlderDriverGivesTheMarginByItsThreshold() throws HardwareFault {
    doReturn(NvmlCard.FUNCTION_NOT_FOUND).when(nvml).nvmlDeviceGetMarginTemperature(any(), any());
    doAnswer(ints(95)).when(nvml).nvmlDeviceGetTemperatureThreshold(any(), eq(1), any());
    assertThat(card().read().health().marginCelsius()).isEqualTo(34);
  }

  @Test
  void anOlderCardCountsPagesInsteadOfRows() throws HardwareFault {
    doAnswer(
            call -> {
              call.<Pointer>getArgument(2).setInt(0, 4 + call.<Integer>getArgument(1));
              return NvmlCard.INSUFFICIENT_SIZE;
            })
        .when(nvml)
        .nvmlDeviceGetRetiredPages(any(), anyInt(), any(), any());
    doAnswer(ints(1)).when(nvml).nvmlDeviceGetRetiredPagesPendingStatus(any(), any());
    CardHealth health = card().read().health();
    assertThat(health.retiredPages()).isEqualTo(9);
    assertThat(health.repairPending()).isTrue();
  }

  @Test
  void aPassingErrorLeavesAValueOutOnce() throws HardwareFault {
    withHealth();
    ComputeCard card = card();
    doReturn(NvmlCard.UNKNOWN).when(nvml).nvmlDeviceGetClockInfo(any(), eq(1), any());
    assertThat(card.read().health().computeMegahertz()).isEqualTo(-1);
    doAnswer(ints(900)).when(nvml).nvmlDeviceGetClockInfo(any(), eq(1), any());
    assertThat(card.read().health().computeMegahertz()).isEqualTo(900);
  }

  @Test
  void aCardThatIsLostWhileItTellsOfItsHealthIsAbsent() throws HardwareFault {
    withHealth();
    doReturn(NvmlCard.GPU_IS_LOST).when(nvml).nvmlDeviceGetClockInfo(any(), anyInt(), any());
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, card()::read);
    assertThat(fault.kind()).isEqualTo(Kind.ABSENT);
  }

  @Test
  void memoryThatCannotBeIsBadData() throws HardwareFault {
    doAnswer(
            call -> {
              call.<Pointer>getArgument(1).setLong(8, 1);
              call.<Pointer>getArgument(1).setLong(32, 2);
              return NvmlCard.SUCCESS;
            })
        .when(nvml)
        .nvmlDeviceGetMemoryInfo_v2(any(), any());
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, card()::read);
    assertThat(fault.kind()).isEqualTo(Kind.BAD_DATA);
  }

  @Test
  void countsCriticalEvents() throws HardwareFault {
    doAnswer(handle(EVENTS)).when(nvml).nvmlEventSetCreate(any());
    doReturn(NvmlCard.SUCCESS)
        .when(nvml)
        .nvmlDeviceRegisterEvents(HANDLE, NvmlCard.XID_EVENT, EVENTS);
    int[] left = {2};
    doAnswer(
            call -> {
              if (left[0] == 0) {
                return NvmlCard.TIMEOUT;
              }
              Pointer data = call.getArgument(1);
              data.setLong(8, NvmlCard.XID_EVENT);
              data.setLong(16, 77 + left[0]--);
              return NvmlCard.SUCCESS;
            })
        .when(nvml)
        .nvmlEventSetWait_v2(eq(EVENTS), any(), eq(0));
    ComputeCard card = card();
    CardHealth health = card.read().health();
    assertThat(health.criticalEvents()).isEqualTo(2);
    assertThat(health.lastCriticalEvent()).isEqualTo(78);
    assertThat(card.read().health().criticalEvents()).isEqualTo(2);
    verify(nvml, times(1)).nvmlEventSetCreate(any());
    card.close();
    verify(nvml).nvmlEventSetFree(EVENTS);
  }

  @Test
  void aCardThatTakesNoEventsFreesTheSet() throws HardwareFault {
    doAnswer(handle(EVENTS)).when(nvml).nvmlEventSetCreate(any());
    assertThat(card().read().health().criticalEvents()).isZero();
    verify(nvml).nvmlDeviceRegisterEvents(any(), anyLong(), any());
    verify(nvml).nvmlEventSetFree(EVENTS);
    verify(nvml, never()).nvmlEventSetWait_v2(any(), any(), anyInt());
  }

  @Test
  void setsThePowerLimitWithinWhatTheCardTakes() throws HardwareFault {
    doAnswer(ints(30_000, 70_000))
        .when(nvml)
        .nvmlDeviceGetPowerManagementLimitConstraints(any(), any(), any());
    doReturn(NvmlCard.SUCCESS).when(nvml).nvmlDeviceSetPowerManagementLimit(any(), anyInt());
    ComputeCard card = card();
    card.setPowerLimit(45.5);
    verify(nvml).nvmlDeviceSetPowerManagementLimit(HANDLE, 45_500);
    for (double wrong : new double[] {29.9, 70.1, -1, Double.NaN, 1e6}) {
      HardwareFault fault =
          catchThrowableOfType(HardwareFault.class, () -> card.setPowerLimit(wrong));
      assertThat(fault.kind()).isEqualTo(Kind.REFUSED);
    }
    doReturn(NvmlCard.NO_PERMISSION).when(nvml).nvmlDeviceSetPowerManagementLimit(any(), anyInt());
    assertThat(catchThrowableOfType(HardwareFault.class, () -> card.setPowerLimit(40)).kind())
        .isEqualTo(Kind.REFUSED);
  }

  private void onPciBus(String place) {
    doAnswer(
            call -> {
              call.<Pointer>getArgument(1).setString(NvmlCard.PCI_BUS_ID, place);
              return NvmlCard.SUCCESS;
            })
        .when(nvml)
        .nvmlDeviceGetPciInfo_v3(any(), any());
  }

  @Test
  void resetsThroughThePciBusWhenNobodyHoldsTheCard() throws HardwareFault {
    String file = "/sys/bus/pci/devices/0000:0a:00.0/reset";
    libc.files.put(file, "");
    onPciBus("00000000:0A:00.0");
    ComputeCard card = card();
    doAnswer(
            call -> {
              call.<Pointer>getArgument(1).setInt(0, 1);
              call.<Pointer>getArgument(2).setInt(0, 4711);
              return NvmlCard.SUCCESS;
            })
        .when(nvml)
        .nvmlDeviceGetComputeRunningProcesses_v3(any(), any(), any());
    HardwareFault held = catchThrowableOfType(HardwareFault.class, card::reset);
    assertThat(held.kind()).isEqualTo(Kind.REFUSED);
    assertThat(held).hasMessageContaining("4711");
    assertThat(libc.written).isEmpty();
    doAnswer(
            call -> {
              call.<Pointer>getArgument(1).setInt(0, 0);
              return NvmlCard.SUCCESS;
            })
        .when(nvml)
        .nvmlDeviceGetComputeRunningProcesses_v3(any(), any(), any());
    card.reset();
    assertThat(libc.written).containsExactly(file + " 1");
    onPciBus("somewhere");
    assertThat(catchThrowableOfType(HardwareFault.class, card::reset).kind())
        .isEqualTo(Kind.BAD_DATA);
  }

  @Test
  void aCardThatDoesNotSayWhatIsPendingIsNotAskedAgain() throws HardwareFault {
    doAnswer(
            call -> {
              call.<Pointer>getArgument(2).setInt(0, 3);
              return NvmlCard.SUCCESS;
            })
        .when(nvml)
        .nvmlDeviceGetRetiredPages(any(), anyInt(), any(), any());
    doAnswer(
            call -> {
              call.<Pointer>getArgument(1).setInt(0, 1);
              return NvmlCard.NOT_SUPPORTED;
            })
        .when(nvml)
        .nvmlDeviceGetRetiredPagesPendingStatus(any(), any());
    ComputeCard card = card();
    for (int i = 0; i < 2; i++) {
      CardHealth health = card.read().health();
      assertThat(health.retiredPages()).isEqualTo(6);
      assertThat(health.repairPending()).isFalse();
    }
    verify(nvml, times(1)).nvmlDeviceGetRetiredPagesPendingStatus(any(), any());
  }

  @Test
  void aSetOfEventsThatIsNoneIsNeitherWaitedForNorFreed() throws HardwareFault {
    doAnswer(handle(Pointer.NULL)).when(nvml).nvmlEventSetCreate(any());
    ComputeCard card = card();
    card.poll();
    card.poll();
    card.close();
    verify(nvml, times(1)).nvmlEventSetCreate(any());
    verify(nvml, never()).nvmlDeviceRegisterEvents(any(), anyLong(), any());
    verify(nvml, never()).nvmlEventSetFree(any());
  }

  @Test
  void aWaitThatTheCardCannotIsNotTriedAgainAndTheSetIsFreedAtTheEnd() throws HardwareFault {
    doAnswer(handle(EVENTS)).when(nvml).nvmlEventSetCreate(any());
    doReturn(NvmlCard.SUCCESS)
        .when(nvml)
        .nvmlDeviceRegisterEvents(HANDLE, NvmlCard.XID_EVENT, EVENTS);
    ComputeCard card = card();
    card.poll();
    card.poll();
    verify(nvml, times(1)).nvmlEventSetWait_v2(any(), any(), anyInt());
    card.close();
    verify(nvml).nvmlEventSetFree(EVENTS);
  }
}
