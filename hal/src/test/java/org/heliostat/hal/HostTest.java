package org.heliostat.hal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import com.sun.jna.Pointer;
import java.util.concurrent.atomic.AtomicInteger;
import org.heliostat.hal.os.HostCalls;
import org.junit.jupiter.api.Test;

class HostTest {
  private final HostCalls calls = mock(HostCalls.class);
  private final Host host = new Host(calls);

  @Test
  void asksForFifoThatChildrenDoNotInherit() {
    AtomicInteger priority = new AtomicInteger();
    when(calls.sched_setscheduler(anyInt(), anyInt(), any()))
        .thenAnswer(
            call -> {
              priority.set(call.<Pointer>getArgument(2).getInt(0));
              return 0;
            });
    assertThat(host.schedule(20)).isEqualTo(new Host.Answer(true, "fifo 20"));
    assertThat(priority).hasValue(20);
    verify(calls).sched_setscheduler(eq(0), eq(0x40000001), any());
    assertThat(host.schedule(77, 3).granted()).isTrue();
    verify(calls).sched_setscheduler(eq(77), eq(0x40000001), any());
  }

  @Test
  void saysWhyItIsRefused() {
    when(calls.sched_setscheduler(anyInt(), anyInt(), any())).thenReturn(-1);
    when(calls.sched_setaffinity(anyInt(), anyLong(), any())).thenReturn(-1);
    when(calls.mlockall(anyInt())).thenReturn(-1);
    when(calls.lastError()).thenReturn(1, 22, 12);
    assertThat(host.schedule(1)).isEqualTo(new Host.Answer(false, "refused with error 1"));
    assertThat(host.pin(5)).isEqualTo(new Host.Answer(false, "refused with error 22"));
    assertThat(host.lockMemory()).isEqualTo(new Host.Answer(false, "refused with error 12"));
  }

  @Test
  void pinsToOneProcessor() {
    AtomicInteger byteOfNine = new AtomicInteger();
    when(calls.sched_setaffinity(eq(0), eq(128L), any()))
        .thenAnswer(
            call -> {
              byteOfNine.set(call.<Pointer>getArgument(2).getByte(1));
              return 0;
            });
    assertThat(host.pin(9)).isEqualTo(new Host.Answer(true, "processor 9"));
    assertThat(byteOfNine).hasValue(2);
  }

  @Test
  void knowsNoProcessorBeyondItsSet() {
    assertThat(host.pin(-1).granted()).isFalse();
    assertThat(host.pin(Host.MOST_PROCESSORS).granted()).isFalse();
    verify(calls, never()).sched_setaffinity(anyInt(), anyLong(), any());
  }

  @Test
  void locksWhatIsTouchedAndNoMore() {
    assertThat(host.lockMemory().granted()).isTrue();
    verify(calls).mlockall(1 | 2 | 4);
  }

  @Test
  void countsTheProcessorTimeOfTheThread() {
    when(calls.clock_gettime(eq(3), any()))
        .thenAnswer(
            call -> {
              call.<Pointer>getArgument(1).setLong(0, 2);
              call.<Pointer>getArgument(1).setLong(8, 5);
              return 0;
            });
    assertThat(host.threadCpuNanos()).isEqualTo(2_000_000_005L);
    when(calls.clock_gettime(anyInt(), any())).thenReturn(-1);
    assertThat(host.threadCpuNanos()).isZero();
  }

  @Test
  void theRealHostCountsAndKnowsItsThread() {
    Host real = Host.open();
    long before = real.threadCpuNanos();
    assertThat(before).isPositive();
    assertThat(real.threadId()).isPositive();
    assertThat(real.threadCpuNanos()).isGreaterThanOrEqualTo(before);
    // refused without the right to it, granted with it; both are answers
    assertThat(real.pin(Host.MOST_PROCESSORS - 1).granted()).isFalse();
  }
}
