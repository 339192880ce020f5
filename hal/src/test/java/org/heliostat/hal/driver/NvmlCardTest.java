package org.heliostat.hal.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.lenient;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.util.Map;
import java.util.stream.LongStream;
import org.heliostat.hal.CardIdentity;
import org.heliostat.hal.CardReading;
import org.heliostat.hal.ComputeCard;
import org.heliostat.hal.FakeLibc;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.os.NvidiaLibrary;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mockito.stubbing.Answer;

class NvmlCardTest {
  private static final Pointer HANDLE = new Pointer(0x1234);

  private final FakeLibc libc = new FakeLibc();
  private final NvidiaLibrary nvml = mock(NvidiaLibrary.class);

  private static Answer<Integer> gives(int value) {
    return call -> {
      call.<Pointer>getArgument(call.getArguments().length - 1).setInt(0, value);
      return NvmlCard.SUCCESS;
    };
  }

  private static Answer<Integer> givesText(String text) {
    return call -> {
      call.<Pointer>getArgument(1).setString(0, text);
      return NvmlCard.SUCCESS;
    };
  }

  @BeforeEach
  void oneCard() {
    lenient().when(nvml.nvmlDeviceGetCount_v2(any())).then(gives(1));
    lenient()
        .when(nvml.nvmlDeviceGetHandleByIndex_v2(eq(0), any()))
        .then(
            call -> {
              call.<Pointer>getArgument(1).setPointer(0, HANDLE);
              return NvmlCard.SUCCESS;
            });
    lenient().when(nvml.nvmlDeviceGetTemperature(eq(HANDLE), eq(0), any())).then(gives(61));
    lenient().when(nvml.nvmlDeviceGetPowerUsage(eq(HANDLE), any())).then(gives(42_500));
    lenient().when(nvml.nvmlDeviceGetEnforcedPowerLimit(eq(HANDLE), any())).then(gives(60_000));
    lenient().when(nvml.nvmlDeviceGetUtilizationRates(eq(HANDLE), any())).then(gives(87));
    lenient()
        .when(nvml.nvmlDeviceGetMemoryInfo_v2(eq(HANDLE), any()))
        .thenReturn(NvmlCard.FUNCTION_NOT_FOUND);
    lenient()
        .when(nvml.nvmlDeviceGetMemoryInfo(eq(HANDLE), any()))
        .then(
            call -> {
              call.<Pointer>getArgument(1).setLong(0, 8_000_000_000L);
              call.<Pointer>getArgument(1).setLong(16, 5_000_000_000L);
              return NvmlCard.SUCCESS;
            });
  }

  private ComputeCard card() throws HardwareFault {
    return NvmlCard.byIndex("card0", libc.board(), nvml, 0);
  }

  @Test
  void readsInSiUnits() throws HardwareFault {
    assertThat(card().read())
        .usingRecursiveComparison()
        .ignoringFields("health")
        .isEqualTo(new CardReading(61, 42.5, 60, 0.87, 5_000_000_000L, libc.monotonicNanos));
  }

  @Test
  void saysWhoItIs() throws HardwareFault {
    doAnswer(givesText("A Card")).when(nvml).nvmlDeviceGetName(eq(HANDLE), any(), anyInt());
    doAnswer(givesText("17")).when(nvml).nvmlDeviceGetSerial(eq(HANDLE), any(), anyInt());
    doAnswer(givesText("GPU-1")).when(nvml).nvmlDeviceGetUUID(eq(HANDLE), any(), anyInt());
    assertThat(card().identity()).isEqualTo(new CardIdentity("A Card", "17", "GPU-1"));
  }

  @Test
  void aCardWithoutSerialNumberHasAnEmptyOne() throws HardwareFault {
    doAnswer(givesText("A Card")).when(nvml).nvmlDeviceGetName(eq(HANDLE), any(), anyInt());
    when(nvml.nvmlDeviceGetSerial(eq(HANDLE), any(), anyInt())).thenReturn(NvmlCard.NOT_SUPPORTED);
    doAnswer(givesText("GPU-1")).when(nvml).nvmlDeviceGetUUID(eq(HANDLE), any(), anyInt());
    assertThat(card().identity().serial()).isEmpty();
  }

  @Test
  void isFoundByUuid() throws HardwareFault {
    when(nvml.nvmlDeviceGetHandleByUUID(any(), any()))
        .then(
            call -> {
              assertThat(call.<Pointer>getArgument(0).getString(0)).isEqualTo("GPU-7");
              call.<Pointer>getArgument(1).setPointer(0, HANDLE);
              return NvmlCard.SUCCESS;
            });
    ComputeCard card = NvmlCard.byUuid("card0", libc.board(), nvml, "GPU-7");
    assertThat(card.read().temperatureCelsius()).isEqualTo(61);
  }

  @Test
  void aCardThatThereIsNotIsAbsent() throws HardwareFault {
    assertFault(Kind.ABSENT, NvmlCard.byIndex("card3", libc.board(), nvml, 3), "knows 1");
  }

  @Test
  void aNullHandleIsBadData() throws HardwareFault {
    doAnswer(
            call -> {
              call.<Pointer>getArgument(1).setPointer(0, Pointer.NULL);
              return NvmlCard.SUCCESS;
            })
        .when(nvml)
        .nvmlDeviceGetHandleByIndex_v2(eq(0), any());
    assertFault(Kind.BAD_DATA, card(), "no handle");
  }

  @Test
  void startsNvmlOnceAndEndsItOnce() throws HardwareFault {
    ComputeCard card = card();
    verify(nvml, never()).nvmlInit_v2();
    card.read();
    card.read();
    card.close();
    card.close();
    verify(nvml, times(1)).nvmlInit_v2();
    verify(nvml, times(1)).nvmlShutdown();
    assertFault(Kind.REFUSED, card, "closed");
  }

  @Test
  void aCardThatWasNeverUsedEndsNothing() throws HardwareFault {
    card().close();
    verify(nvml, never()).nvmlShutdown();
  }

  @Test
  void passingErrorsAreTriedThreeTimes() throws HardwareFault {
    when(nvml.nvmlDeviceGetPowerUsage(eq(HANDLE), any()))
        .thenReturn(NvmlCard.TIMEOUT, NvmlCard.IRQ_ISSUE)
        .then(gives(10_000));
    assertThat(card().read().powerWatts()).isEqualTo(10);
    when(nvml.nvmlDeviceGetUtilizationRates(eq(HANDLE), any())).thenReturn(NvmlCard.TIMEOUT);
    assertFault(Kind.TIMEOUT, card(), "utilisation");
    verify(nvml, times(4)).nvmlDeviceGetUtilizationRates(eq(HANDLE), any());
  }

  @ParameterizedTest
  @CsvSource({
    "1, ABSENT",
    "6, ABSENT",
    "8, ABSENT",
    "9, ABSENT",
    "15, ABSENT",
    "4, REFUSED",
    "3, REFUSED",
    "16, REFUSED",
    "10, TIMEOUT",
    "999, BAD_DATA",
    "17, BAD_DATA"
  })
  void saysWhatTheErrorMeans(int error, Kind kind) throws HardwareFault {
    when(nvml.nvmlDeviceGetTemperature(any(), anyInt(), any())).thenReturn(error);
    try (Memory text = new Memory(16)) {
      text.setString(0, "in words");
      when(nvml.nvmlErrorString(error)).thenReturn(text);
      assertFault(kind, card(), "temperature: NVML error " + error + " (in words)");
    }
  }

  @Test
  void aLostCardIsLookedUpAgain() throws HardwareFault {
    ComputeCard card = card();
    when(nvml.nvmlDeviceGetTemperature(any(), anyInt(), any()))
        .thenReturn(NvmlCard.GPU_IS_LOST)
        .then(gives(30));
    assertFault(Kind.ABSENT, card, "15");
    assertThat(card.read().temperatureCelsius()).isEqualTo(30);
    verify(nvml, times(2)).nvmlDeviceGetHandleByIndex_v2(eq(0), any());
  }

  @Test
  void valuesThatNoCardHasAreBadData() throws HardwareFault {
    doAnswer(gives(4_000)).when(nvml).nvmlDeviceGetTemperature(any(), anyInt(), any());
    assertFault(Kind.BAD_DATA, card(), "temperature is 4000");
    doAnswer(gives(50)).when(nvml).nvmlDeviceGetTemperature(any(), anyInt(), any());
    doAnswer(gives(101)).when(nvml).nvmlDeviceGetUtilizationRates(any(), any());
    assertFault(Kind.BAD_DATA, card(), "utilisation");
  }

  @Test
  void claimsTheCardAndTakesACardWithoutAffinity() throws HardwareFault {
    card().claim();
    verify(nvml).nvmlDeviceSetCpuAffinity(HANDLE);
    when(nvml.nvmlDeviceSetCpuAffinity(HANDLE)).thenReturn(NvmlCard.NOT_SUPPORTED);
    card().claim();
    when(nvml.nvmlDeviceSetCpuAffinity(HANDLE)).thenReturn(NvmlCard.NO_PERMISSION);
    assertThatThrownBy(() -> card().claim()).hasMessageContaining("claim");
  }

  @Test
  void namesItsHoldersHoweverMany() throws HardwareFault {
    when(nvml.nvmlDeviceGetComputeRunningProcesses_v3(eq(HANDLE), any(), any()))
        .then(
            call -> {
              Pointer count = call.getArgument(1);
              Pointer infos = call.getArgument(2);
              int room = count.getInt(0);
              count.setInt(0, 100);
              for (int i = 0; i < Math.min(room, 100); i++) {
                infos.setInt((long) i * NvmlCard.PROCESS_BYTES, 1000 + i);
              }
              return room < 100 ? NvmlCard.INSUFFICIENT_SIZE : NvmlCard.SUCCESS;
            });
    assertThat(card().holders())
        .containsExactlyElementsOf(LongStream.range(1000, 1100).boxed().toList());
  }

  @Test
  void theDriverWantsIndexOrUuid() throws HardwareFault {
    assertThatThrownBy(() -> new NvmlDriver().open("card", Map.of(), libc.board()))
        .hasMessageContaining("\"index\" and \"uuid\"");
    assertThatThrownBy(
            () ->
                new NvmlDriver().open("card", Map.of("index", "0", "uuid", "GPU-1"), libc.board()))
        .hasMessageContaining("\"index\" and \"uuid\"");
  }

  private static void assertFault(Kind kind, ComputeCard card, String message) {
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, card::read);
    assertThat(fault.kind()).isEqualTo(kind);
    assertThat(fault).hasMessageContaining(message);
  }
}
