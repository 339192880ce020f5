package org.heliostat.hal.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.heliostat.hal.FakeLibc;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.PlatformBus;
import org.heliostat.hal.PlatformReading;
import org.heliostat.hal.PlatformReading.Signal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CanTest {
  static final Map<String, String> LAYOUT =
      Map.of(
          "interface", "can0",
          "stale_seconds", "5",
          "frame.rates", "rx 0x121",
          "signal.rates.x", "0 16 le signed 1e-4 0",
          "signal.rates.y", "16 16 le signed 1e-4 0",
          "frame.health", "rx 0x122",
          "signal.health.state", "0 8 le unsigned 1 0",
          "frame.wheel", "tx 0x220",
          "signal.wheel.opcode", "0 8 le unsigned 1 0",
          "signal.wheel.argument", "8 16 le signed 0.5 -10");

  private final FakeLibc libc = new FakeLibc();

  private PlatformBus open() throws HardwareFault {
    libc.incoming.put("socket", new ArrayDeque<>());
    libc.controls.put(
        "socket",
        (request, argument) -> {
          assertThat(argument.getString(0)).isEqualTo("can0");
          argument.setInt(16, 5);
          return 0;
        });
    return libc.board().device(PlatformBus.class, "platform", "can", LAYOUT);
  }

  static byte[] frame(int id, int length, int... data) {
    ByteBuffer frame = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    frame.putInt(0, id).put(4, (byte) length);
    for (int i = 0; i < data.length; i++) {
      frame.put(8 + i, (byte) data[i]);
    }
    return frame.array();
  }

  private void comes(byte[] frame) {
    libc.incoming.computeIfAbsent("socket", name -> new ArrayDeque<>()).add(frame);
  }

  @Test
  void readsSignalsOfTheFramesThatCameIn() throws HardwareFault {
    PlatformBus bus = open();
    comes(frame(0x121, 4, 0x10, 0x27, 0xF0, 0xD8));
    comes(frame(0x300, 8, 1, 2, 3, 4, 5, 6, 7, 8));
    PlatformReading reading = bus.read();
    assertThat(reading.signals()).hasSize(2);
    assertThat(reading.signals().get(0).name()).isEqualTo("x");
    assertThat(reading.signals().get(0).value()).isCloseTo(1, within(1e-9));
    assertThat(reading.signals().get(1).value()).isCloseTo(-1, within(1e-9));
    assertThat(reading.takenNanos()).isEqualTo(libc.monotonicNanos);
    assertThat(libc.calls)
        .contains("socket 29 526339 1", "bind 29 5", "setsockopt 101 1", "setsockopt 101 2");
  }

  @Test
  void signalsGrowStaleFrameByFrame() throws HardwareFault {
    PlatformBus bus = open();
    assertKind(Kind.STALE, bus);
    comes(frame(0x121, 4));
    bus.poll();
    libc.monotonicNanos += 4_000_000_000L;
    comes(frame(0x122, 1, 7));
    assertThat(bus.read().signals()).hasSize(3);
    libc.monotonicNanos += 2_000_000_000L;
    assertThat(bus.read().signals())
        .containsExactly(new Signal("state", 7, libc.monotonicNanos - 2_000_000_000L));
    libc.monotonicNanos += 4_000_000_000L;
    assertKind(Kind.STALE, bus);
  }

  @Test
  void framesThatAreTooShortOrRemoteAreLeftOut() throws HardwareFault {
    PlatformBus bus = open();
    comes(frame(0x121, 3, 1, 2, 3));
    comes(frame(0x121 | SocketCan.REMOTE, 4));
    comes(frame(0x121, 9));
    comes(new byte[5]);
    assertKind(Kind.STALE, bus);
  }

  @Test
  void aControllerThatGoesOffTheBusIsCounted() throws HardwareFault {
    PlatformBus bus = open();
    comes(frame(0x122, 1, 7));
    bus.poll();
    comes(frame(SocketCan.ERROR | SocketCan.ERROR_BUS_OFF, 8));
    comes(frame(SocketCan.ERROR | 0x04, 8));
    bus.poll();
    assertThat(bus.resets()).isEqualTo(1);
  }

  @Test
  void sendsCommands() throws HardwareFault {
    PlatformBus bus = open();
    bus.send("wheel", Map.of("opcode", 3.0, "argument", -20.0));
    assertThat(libc.sent).hasSize(1);
    assertThat(libc.sent.get(0)).isEqualTo(frame(0x220, 3, 3, 0xEC, 0xFF));
  }

  @Test
  void whatCannotBeSentIsTyped() throws HardwareFault {
    PlatformBus bus = open();
    Map<String, Double> values = Map.of("opcode", 3.0, "argument", 0.0);
    assertSend(Kind.REFUSED, bus, "brake", values);
    assertSend(Kind.REFUSED, bus, "rates", values);
    assertSend(Kind.REFUSED, bus, "wheel", Map.of("opcode", 3.0));
    assertSend(Kind.REFUSED, bus, "wheel", Map.of("opcode", 1.0, "argument", 1.0, "more", 1.0));
    assertSend(Kind.OUT_OF_RANGE, bus, "wheel", Map.of("opcode", 256.0, "argument", 0.0));
    assertSend(Kind.OUT_OF_RANGE, bus, "wheel", Map.of("opcode", -1.0, "argument", 0.0));
    assertSend(Kind.OUT_OF_RANGE, bus, "wheel", Map.of("opcode", Double.NaN, "argument", 0.0));
    libc.writeError = 105;
    assertSend(Kind.TIMEOUT, bus, "wheel", values);
    libc.writeError = 100;
    assertSend(Kind.ABSENT, bus, "wheel", values);
    assertThat(libc.openCount()).isZero();
    libc.writeError = 0;
    bus.send("wheel", values);
  }

  @Test
  void anInterfaceThatIsLostIsOpenedAgain() throws HardwareFault {
    PlatformBus bus = open();
    comes(frame(0x122, 1, 7));
    bus.poll();
    libc.readError = 100;
    assertKind(Kind.ABSENT, bus);
    assertThat(libc.openCount()).isZero();
    libc.readError = 0;
    bus.poll();
    libc.bindError = 19;
    assertKind(Kind.ABSENT, open());
    libc.socketError = 1;
    assertKind(Kind.REFUSED, open());
    PlatformBus unknown = open();
    libc.socketError = 0;
    libc.bindError = 0;
    libc.controls.put("socket", (request, argument) -> 19);
    assertKind(Kind.ABSENT, unknown);
    bus.close();
    assertKind(Kind.REFUSED, bus);
  }

  @Test
  void refusesLayoutsThatMakeNoSense() {
    assertRefused("frame.a", "0x120", "\"rx ID\"");
    assertRefused("frame.a", "rx 0x20000000", "\"rx ID\"");
    assertRefused("frame.a", "rx 0x121", "have one id");
    assertRefused("signal.rates.z", "60 16 le signed 1 0", "within 8 bytes");
    assertRefused("signal.rates.z", "0 16 le signed 0 0", "within 8 bytes");
    assertRefused("signal.rates.z", "0 16 me signed 1 0", "within 8 bytes");
    assertRefused("signal.rates.z", "0 x le signed 1 0", "within 8 bytes");
    assertRefused("signal.health.x", "0 8 le signed 1 0", "is in frames");
    assertRefused("signal.none.x", "0 8 le signed 1 0", "unknown frames [none]");
    assertRefused("interface", "../can0", "no network interface");
    assertRefused("speed", "1", "no parameter \"speed\"");
    assertThatThrownBy(() -> CanDriver.settings("c", Map.of("interface", "can0")))
        .hasMessageContaining("no frame comes in");
  }

  private static void assertRefused(String key, String value, String message) {
    Map<String, String> changed = new HashMap<>(LAYOUT);
    changed.put(key, value);
    HardwareFault fault =
        catchThrowableOfType(HardwareFault.class, () -> new CanDriver().check("c", changed));
    assertThat(fault.kind()).isEqualTo(Kind.REFUSED);
    assertThat(fault).hasMessageContaining(message);
  }

  /** Start bits of a DBC file: Motorola counts from the highest bit, Intel from the lowest. */
  @Test
  void bitsAreCountedAsInDbcFiles() {
    CanSignal motorola = new CanSignal("m", 7, 16, true, false, 1, 0);
    assertThat(motorola.decode(0x3412L)).isEqualTo(0x1234);
    CanSignal intel = new CanSignal("i", 0, 16, false, false, 1, 0);
    assertThat(intel.decode(0x3412L)).isEqualTo(0x3412);
    CanSignal twelve = new CanSignal("t", 3, 12, true, true, 1, 0);
    assertThat(twelve.decode(0xFF0FL)).isEqualTo(-1);
    CanSignal all = new CanSignal("a", 0, 64, false, false, 1, 0);
    assertThat(all.decode(-1L)).isEqualTo(Math.scalb(1.0, 64));
    assertThat(all.decode(all.encode(Math.scalb(1.0, 63), 0))).isEqualTo(Math.scalb(1.0, 63));
  }

  @Property(seed = "1")
  void whatIsEncodedIsDecodedAndTouchesNothingElse(
      @ForAll @IntRange(max = 63) int start,
      @ForAll @IntRange(min = 1, max = 32) int length,
      @ForAll boolean bigEndian,
      @ForAll boolean signed,
      @ForAll long value,
      @ForAll long background) {
    CanSignal signal = new CanSignal("s", start, length, bigEndian, signed, 0.5, 3);
    if (signal.bytes() > 8) {
      return;
    }
    long raw = signed ? value << (64 - length) >> (64 - length) : value & ((1L << length) - 1);
    double wanted = raw * 0.5 + 3;
    assertThat(signal.holds(wanted)).isTrue();
    long data = signal.encode(wanted, background);
    assertThat(signal.decode(data)).isEqualTo(wanted);
    assertThat(signal.encode(signal.decode(background), data)).isEqualTo(background);
    assertThat(signal.holds(Math.scalb(1.0, 40))).isFalse();
  }

  /** Whatever comes in, a poll ends in a sample or is stale. */
  @Property(tries = 300, seed = "1")
  void anyFramesLeaveTheBusAlive(@ForAll @Size(max = 30) List<@Size(max = 20) byte[]> frames)
      throws HardwareFault {
    PlatformBus bus = open();
    frames.stream().filter(frame -> frame.length > 0).forEach(this::comes);
    try {
      bus.poll();
    } catch (HardwareFault e) {
      assertThat(e.kind()).isEqualTo(Kind.STALE);
    }
    for (int i = 0; i < 64; i++) {
      comes(frame(0x122, 1, 9));
    }
    assertThat(bus.read().signals()).contains(new Signal("state", 9, libc.monotonicNanos));
  }

  private static void assertSend(
      Kind kind, PlatformBus bus, String frame, Map<String, Double> values) {
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, () -> bus.send(frame, values));
    assertThat(fault.kind()).isEqualTo(kind);
  }

  private static void assertKind(Kind kind, PlatformBus bus) {
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, bus::poll);
    assertThat(fault.kind()).isEqualTo(kind);
  }

  @Test
  void aPollTakesSoManyFramesAndLeavesTheRestToTheNext() throws HardwareFault {
    PlatformBus bus = open();
    for (int i = 0; i < 512; i++) {
      comes(frame(0x122, 1, 1));
    }
    comes(frame(0x122, 1, 9));
    assertThat(bus.read().signals()).containsExactly(new Signal("state", 1, libc.monotonicNanos));
    assertThat(bus.read().signals()).containsExactly(new Signal("state", 9, libc.monotonicNanos));
  }

  @Test
  void aReadThatIsInterruptedIsTriedAgainAndAnEndIsFound() throws HardwareFault {
    PlatformBus bus = open();
    libc.readError = 4;
    assertKind(Kind.STALE, bus);
    assertThat(libc.openCount()).isEqualTo(1);
  }

  @Test
  void aFullQueueIsATimeoutHoweverTheKernelSaysIt() throws HardwareFault {
    PlatformBus bus = open();
    libc.writeError = 11;
    assertSend(Kind.TIMEOUT, bus, "wheel", Map.of("opcode", 3.0, "argument", 0.0));
    assertThat(libc.openCount()).isEqualTo(1);
  }

  @Test
  void aBusThatWasNeverUsedClosesNothing() throws HardwareFault {
    open().close();
    assertThat(libc.calls).isEmpty();
  }

  @Test
  void framesWithLongIdsAreThoseOfTheExtendedFormat() throws HardwareFault {
    open();
    PlatformBus bus =
        libc.board()
            .device(
                PlatformBus.class,
                "platform",
                "can",
                Map.of(
                    "interface",
                    "can0",
                    "frame.far",
                    "rx 0x800",
                    "signal.far.x",
                    "7 8 be signed 1 0"));
    comes(frame(0x800 | SocketCan.EXTENDED, 1, 0xFE));
    assertThat(bus.read().signals()).containsExactly(new Signal("x", -2, libc.monotonicNanos));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rx", "rx 0x120 1", "in 0x120", "rx -1", "rx 0x1g", "tx 0x20000000"})
  void aFrameWithoutDirectionOrIdIsRefused(String frame) {
    assertRefused("frame.a", frame, "\"rx ID\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0 16 le signed 1",
        "0 16 le signed 1 0 0",
        "0 16 le plain 1 0",
        "-1 16 le signed 1 0",
        "64 1 le signed 1 0",
        "0 0 le signed 1 0",
        "0 65 le signed 1 0",
        "0 16 be unsigned Infinity 0",
        "0 16 be unsigned 1 NaN"
      })
  void aSignalThatNoFrameCanHoldIsRefused(String signal) {
    assertRefused("signal.rates.z", signal, "within 8 bytes");
  }

  @Test
  void aLayoutIsCheckedWithoutTheInterface() throws HardwareFault {
    new CanDriver().check("c", LAYOUT);
    assertThat(libc.calls).isEmpty();
  }
}
