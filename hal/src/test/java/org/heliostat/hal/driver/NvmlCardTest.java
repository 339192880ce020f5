package org.heliostat.hal.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.doReturn;
import static org.mockito.Mockito.lenient;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.heliostat.hal.CardIdentity;
import org.heliostat.hal.CardReading;
import org.heliostat.hal.ComputeCard;
import org.heliostat.hal.FakeLibc;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.os.NativeNvml;
import org.heliostat.hal.os.NvidiaLibrary;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
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

  @ParameterizedTest
  @ValueSource(
      ints = {
        NvmlCard.NOT_SUPPORTED,
        NvmlCard.FUNCTION_NOT_FOUND,
        NvmlCard.ARGUMENT_VERSION_MISMATCH
      })
  void aDriverWithoutTheNewerMemoryCallIsAskedByTheOlderFromThenOn(int answer)
      throws HardwareFault {
    doReturn(answer).when(nvml).nvmlDeviceGetMemoryInfo_v2(eq(HANDLE), any());
    ComputeCard card = card();
    assertThat(card.read().memoryUsedBytes()).isEqualTo(5_000_000_000L);
    card.poll();
    verify(nvml, times(1)).nvmlDeviceGetMemoryInfo_v2(any(), any());
    verify(nvml, times(2)).nvmlDeviceGetMemoryInfo(any(), any());
  }

  @Test
  void passingErrorsOfLimitAndMemoryAreTriedAgain() throws HardwareFault {
    when(nvml.nvmlDeviceGetEnforcedPowerLimit(eq(HANDLE), any()))
        .thenReturn(NvmlCard.UNKNOWN)
        .then(gives(55_000));
    doReturn(NvmlCard.TIMEOUT, NvmlCard.FUNCTION_NOT_FOUND)
        .when(nvml)
        .nvmlDeviceGetMemoryInfo_v2(eq(HANDLE), any());
    doReturn(NvmlCard.TIMEOUT)
        .doAnswer(
            call -> {
              call.<Pointer>getArgument(1).setLong(0, 2);
              call.<Pointer>getArgument(1).setLong(16, 1);
              return NvmlCard.SUCCESS;
            })
        .when(nvml)
        .nvmlDeviceGetMemoryInfo(eq(HANDLE), any());
    CardReading reading = card().read();
    assertThat(reading.powerLimitWatts()).isEqualTo(55);
    assertThat(reading.memoryUsedBytes()).isEqualTo(1);
  }

  @Test
  void lessThanNoMemoryInUseIsBadData() throws HardwareFault {
    doAnswer(
            call -> {
              call.<Pointer>getArgument(1).setLong(0, 8);
              call.<Pointer>getArgument(1).setLong(16, -1);
              return NvmlCard.SUCCESS;
            })
        .when(nvml)
        .nvmlDeviceGetMemoryInfo(eq(HANDLE), any());
    assertFault(Kind.BAD_DATA, card(), "-1 of 8 bytes");
  }

  @Test
  void colderThanAnyCardIsBadData() throws HardwareFault {
    doAnswer(gives(-101)).when(nvml).nvmlDeviceGetTemperature(any(), anyInt(), any());
    assertFault(Kind.BAD_DATA, card(), "temperature is -101");
  }

  @Test
  void moreHoldersThanAnyCardHasAreBadDataAndNoEndlessLoop() throws HardwareFault {
    doAnswer(
            call -> {
              call.<Pointer>getArgument(1).setInt(0, 1_000_000);
              return NvmlCard.INSUFFICIENT_SIZE;
            })
        .when(nvml)
        .nvmlDeviceGetComputeRunningProcesses_v3(eq(HANDLE), any(), any());
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, card()::holders);
    assertThat(fault.kind()).isEqualTo(Kind.BAD_DATA);
    verify(nvml, times(2)).nvmlDeviceGetComputeRunningProcesses_v3(any(), any(), any());
  }

  /** The library is left as it is while another thread may hang in it. */
  @Test
  void aCardInUseIsClosedWithoutEndingTheLibrary() throws Exception {
    CountDownLatch within = new CountDownLatch(1);
    CountDownLatch released = new CountDownLatch(1);
    doAnswer(
            call -> {
              within.countDown();
              released.await();
              return NvmlCard.TIMEOUT;
            })
        .when(nvml)
        .nvmlDeviceSetCpuAffinity(HANDLE);
    ComputeCard card = card();
    AtomicReference<Throwable> ended = new AtomicReference<>();
    Thread user = new Thread(() -> ended.set(catchThrowable(card::claim)));
    user.start();
    within.await();
    Thread.currentThread().interrupt();
    card.close();
    assertThat(Thread.interrupted()).isTrue();
    released.countDown();
    user.join();
    assertThat(ended.get()).hasMessageContaining("claim");
    verify(nvml, never()).nvmlShutdown();
    assertFault(Kind.REFUSED, card, "closed");
  }

  @Test
  void theDriverTakesIndexOrUuidAndSaysWhenThereIsNoLibrary(@TempDir Path folder)
      throws HardwareFault {
    NvmlDriver driver = new NvmlDriver();
    driver.check("card", Map.of("index", "3"));
    driver.check("card", Map.of("uuid", "GPU-1"));
    assertThat(driver.kind()).isEqualTo(ComputeCard.class);
    for (Map<String, String> wrong : List.of(Map.of("index", "-1"), Map.of("uuid", " "))) {
      assertThat(
              catchThrowableOfType(HardwareFault.class, () -> driver.check("card", wrong)).kind())
          .isEqualTo(Kind.REFUSED);
    }
    System.setProperty(NativeNvml.PROPERTY, folder.resolve("libnone.so").toString());
    try {
      for (Map<String, String> one : List.of(Map.of("index", "0"), Map.of("uuid", "GPU-1"))) {
        HardwareFault fault =
            catchThrowableOfType(HardwareFault.class, () -> driver.open("card", one, libc.board()));
        assertThat(fault.kind()).isEqualTo(Kind.LIBRARY_MISSING);
        assertThat(fault).hasMessageContaining("libnone.so");
      }
    } finally {
      System.clearProperty(NativeNvml.PROPERTY);
    }
  }
}
