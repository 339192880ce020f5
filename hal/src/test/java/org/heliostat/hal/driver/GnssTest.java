package org.heliostat.hal.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.heliostat.hal.FakeLibc;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.NavigationReading;
import org.heliostat.hal.NavigationReading.Fix;
import org.heliostat.hal.NavigationReceiver;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GnssTest {
  private static final String PATH = "/dev/ttyS1";

  private final FakeLibc libc = new FakeLibc();
  private final Map<Long, Integer> errors = new HashMap<>();
  private final Map<Long, int[]> termios = new HashMap<>();

  @BeforeEach
  void line() {
    libc.incoming.put(PATH, new ArrayDeque<>());
    libc.controls.put(
        PATH,
        (request, argument) -> {
          termios.put(request, argument.getIntArray(0, 11));
          return errors.getOrDefault(request, 0);
        });
  }

  private NavigationReceiver open(String protocol) throws HardwareFault {
    return libc.board()
        .device(
            NavigationReceiver.class, "gnss", "gnss", Map.of("path", PATH, "protocol", protocol));
  }

  private void comes(byte[] bytes) {
    libc.incoming.computeIfAbsent(PATH, path -> new ArrayDeque<>()).add(bytes);
  }

  private void comes(String text) {
    comes(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  static String sentence(String body) {
    int sum = 0;
    for (int i = 0; i < body.length(); i++) {
      sum ^= body.charAt(i);
    }
    return "$%s*%02X\r\n".formatted(body, sum);
  }

  /** A NAV-PVT of 2024-02-29 12:34:56 with a full fix over Paris. */
  static ByteBuffer pvt() {
    ByteBuffer pvt = ByteBuffer.allocate(92).order(ByteOrder.LITTLE_ENDIAN);
    pvt.putShort(4, (short) 2024).put(6, (byte) 2).put(7, (byte) 29);
    pvt.put(8, (byte) 12).put(9, (byte) 34).put(10, (byte) 56).put(11, (byte) 0x07);
    pvt.putInt(16, -250_000_000).put(20, (byte) 3).put(21, (byte) 1).put(23, (byte) 11);
    pvt.putInt(24, 23_522_000).putInt(28, 488_566_000).putInt(32, 525_000_000);
    pvt.putInt(40, 1_500).putInt(48, 7_000_500).putInt(52, -100_000).putInt(56, 250);
    return pvt;
  }

  static byte[] frame(int messageClass, int id, byte[] payload) {
    ByteBuffer frame = ByteBuffer.allocate(payload.length + 8).order(ByteOrder.LITTLE_ENDIAN);
    frame.put((byte) 0xB5).put((byte) 0x62).put((byte) messageClass).put((byte) id);
    frame.putShort((short) payload.length).put(payload);
    int a = 0;
    int b = 0;
    for (int i = 2; i < frame.position(); i++) {
      a = (a + frame.get(i)) & 0xff;
      b = (b + a) & 0xff;
    }
    return frame.put((byte) a).put((byte) b).array();
  }

  @Test
  void readsASolutionOfUbx() throws HardwareFault {
    NavigationReceiver gnss = open("ubx");
    comes(frame(0x0A, 0x04, new byte[200]));
    comes(frame(1, 7, pvt().array()));
    NavigationReading reading = gnss.read();
    assertThat(reading.fix()).isEqualTo(Fix.THREE_DIMENSIONAL);
    assertThat(reading.utcNanos())
        .isEqualTo(Instant.parse("2024-02-29T12:34:55.750Z").toEpochMilli() * 1_000_000);
    assertThat(reading.latitudeDegrees()).isCloseTo(48.8566, within(1e-9));
    assertThat(reading.longitudeDegrees()).isCloseTo(2.3522, within(1e-9));
    assertThat(reading.altitudeMetres()).isEqualTo(525_000);
    assertThat(reading.northMetresPerSecond()).isCloseTo(7000.5, within(1e-9));
    assertThat(reading.eastMetresPerSecond()).isEqualTo(-100);
    assertThat(reading.downMetresPerSecond()).isEqualTo(0.25);
    assertThat(reading.accuracyMetres()).isEqualTo(1.5);
    assertThat(reading.satellites()).isEqualTo(11);
    assertThat(reading.takenNanos()).isEqualTo(libc.monotonicNanos);
  }

  @Test
  void aSolutionMayComeByteByByte() throws HardwareFault {
    NavigationReceiver gnss = open("ubx");
    for (byte one : frame(1, 7, pvt().array())) {
      comes(new byte[] {one});
      try {
        gnss.poll();
      } catch (HardwareFault e) {
        assertThat(e.kind()).isEqualTo(Kind.STALE);
      }
    }
    gnss.poll();
    assertThat(gnss.reading().satellites()).isEqualTo(11);
  }

  @ParameterizedTest
  @CsvSource({"0, NONE", "1, NONE", "2, TWO_DIMENSIONAL", "4, THREE_DIMENSIONAL", "5, TIME"})
  void aFixOfUbxIsWhatItIsMadeOf(int type, Fix fix) throws HardwareFault {
    NavigationReceiver gnss = open("ubx");
    comes(frame(1, 7, pvt().put(20, (byte) type).array()));
    assertThat(gnss.read().fix()).isEqualTo(fix);
    comes(frame(1, 7, pvt().put(20, (byte) type).put(21, (byte) 0).put(11, (byte) 1).array()));
    NavigationReading none = gnss.read();
    assertThat(none.fix()).isIn(Fix.NONE, Fix.TIME);
    assertThat(none.utcNanos()).isZero();
    assertThat(none.latitudeDegrees()).isNaN();
  }

  @Test
  void aPlaceThatIsNoneIsNoFix() throws HardwareFault {
    NavigationReceiver gnss = open("ubx");
    comes(frame(1, 7, pvt().putInt(28, 900_000_001).array()));
    assertThat(gnss.read().fix()).isEqualTo(Fix.NONE);
  }

  @Test
  void aDamagedFrameIsLeftOutAndTheNextOneRead() throws HardwareFault {
    NavigationReceiver gnss = open("ubx");
    byte[] damaged = frame(1, 7, pvt().array());
    damaged[40] ^= 1;
    comes(damaged);
    assertKind(Kind.STALE, gnss);
    comes(frame(1, 7, pvt().array()));
    gnss.poll();
  }

  @Test
  void readsASolutionOfNmeaWithHeight() throws HardwareFault {
    NavigationReceiver gnss = open("nmea");
    comes(sentence("GNGSA,A,3,01,02,03,04,,,,,,,,,1.8,0.9,1.5"));
    comes(sentence("GPGGA,123519.50,4807.038,N,01131.000,W,1,08,0.9,545.4,M,46.9,M,,"));
    comes(sentence("GPRMC,123519.50,A,4807.038,N,01131.000,W,022.4,090.0,230324,003.1,W"));
    NavigationReading reading = gnss.read();
    assertThat(reading.fix()).isEqualTo(Fix.THREE_DIMENSIONAL);
    assertThat(reading.utcNanos())
        .isEqualTo(Instant.parse("2024-03-23T12:35:19.500Z").toEpochMilli() * 1_000_000);
    assertThat(reading.latitudeDegrees()).isCloseTo(48.1173, within(1e-9));
    assertThat(reading.longitudeDegrees()).isCloseTo(-11.516666667, within(1e-8));
    assertThat(reading.altitudeMetres()).isCloseTo(592.3, within(1e-6));
    assertThat(reading.eastMetresPerSecond()).isCloseTo(22.4 * 1852 / 3600, within(1e-6));
    assertThat(reading.northMetresPerSecond()).isCloseTo(0, within(1e-6));
    assertThat(reading.downMetresPerSecond()).isNaN();
    assertThat(reading.accuracyMetres()).isCloseTo(4.5, within(1e-9));
    assertThat(reading.satellites()).isEqualTo(8);
  }

  @Test
  void withoutAPositionThereIsTimeAlone() throws HardwareFault {
    NavigationReceiver gnss = open("nmea");
    comes(sentence("GPRMC,000000.00,A,,,,,,,010124,,"));
    comes(sentence("GPGGA,000000.00,,,,,0,00,,,M,,M,,"));
    NavigationReading reading = gnss.read();
    assertThat(reading.fix()).isEqualTo(Fix.TIME);
    assertThat(reading.utcNanos()).isEqualTo(1_704_067_200_000_000_000L);
    comes(sentence("GPRMC,000001.00,V,,,,,,,010124,,"));
    comes(sentence("GPGGA,000001.00,,,,,0,00,,,M,,M,,"));
    assertThat(gnss.read().fix()).isEqualTo(Fix.NONE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GPRMC,123519,A,4867.038,N,01131.000,W,022.4,090.0,230324,,",
        "GPRMC,123519,A,4807.038,X,01131.000,W,022.4,090.0,230324,,",
        "GPRMC,123519,A,9107.038,N,01131.000,W,022.4,090.0,230324,,",
        "GPRMC,123519,A,48a7.038,N,01131.000,W,022.4,090.0,230324,,"
      })
  void aPlaceOfNmeaThatIsNoneIsNoFix(String minimum) throws HardwareFault {
    NavigationReceiver gnss = open("nmea");
    comes(sentence("GPGGA,123519,4807.038,N,01131.000,W,1,08,0.9,545.4,M,46.9,M,,"));
    comes(sentence(minimum));
    assertThat(gnss.read().fix()).isEqualTo(Fix.TIME);
  }

  @Test
  void aSentenceWithAWrongSumOrOfAnotherSecondIsLeftOut() throws HardwareFault {
    NavigationReceiver gnss = open("nmea");
    comes(sentence("GPGGA,123519,4807.038,N,01131.000,W,1,08,0.9,545.4,M,46.9,M,,"));
    comes("$GPRMC,123519,A,4807.038,N,01131.000,W,022.4,090.0,230324,,*00\r\n");
    comes(sentence("GPRMC,123520,A,4807.038,N,01131.000,W,022.4,090.0,230324,,"));
    comes("$" + "A".repeat(500) + "\r\n");
    comes(sentence("GPRMC," + ",".repeat(40)));
    assertKind(Kind.STALE, gnss);
  }

  @Test
  void aSilentReceiverGrowsStale() throws HardwareFault {
    NavigationReceiver gnss = open("ubx");
    comes(frame(1, 7, pvt().array()));
    gnss.poll();
    libc.monotonicNanos += 3_000_000_000L;
    gnss.poll();
    libc.monotonicNanos += 1;
    assertKind(Kind.STALE, gnss);
    assertThat(gnss.reading().satellites()).isEqualTo(11);
  }

  @Test
  void theLineIsRawAndOfTheWantedSpeed() throws HardwareFault {
    open("ubx").close();
    NavigationReceiver gnss = open("ubx");
    assertKind(Kind.STALE, gnss);
    int[] set = termios.getOrDefault(SerialLine.TCSETS2, new int[11]);
    assertThat(set[0]).isZero();
    assertThat(set[2]).isEqualTo(0x1000 | 0x30 | 0x80 | 0x800);
    assertThat(set[9]).isEqualTo(115_200);
    assertThat(set[10]).isEqualTo(115_200);
    gnss.close();
    assertThat(libc.openCount()).isZero();
  }

  @Test
  void anOlderLineKnowsTheUsualSpeedsAlone() throws HardwareFault {
    errors.put(SerialLine.TCGETS2, 25);
    assertKind(Kind.STALE, open("ubx"));
    assertThat(termios.getOrDefault(SerialLine.TCSETS, new int[11])[2])
        .isEqualTo(0x1002 | 0x30 | 0x80 | 0x800);
    errors.put(SerialLine.TCSETS, 5);
    assertKind(Kind.BAD_DATA, open("ubx"));
  }

  @Test
  void aLineThatIsLostIsOpenedAgain() throws HardwareFault {
    NavigationReceiver gnss = open("ubx");
    libc.readError = 19;
    assertKind(Kind.ABSENT, gnss);
    libc.readError = 0;
    comes(frame(1, 7, pvt().array()));
    gnss.poll();
    assertThat(libc.calls).filteredOn(("open " + PATH)::equals).hasSize(2);
    libc.readError = 4;
    gnss.poll();
    libc.openError = 2;
    assertKind(Kind.ABSENT, open("nmea"));
  }

  @Test
  void refusesParametersThatMakeNoSense() {
    assertThatThrownBy(() -> open("sirf")).hasMessageContaining("there are [nmea, ubx]");
    assertThatThrownBy(
            () ->
                libc.board()
                    .device(
                        NavigationReceiver.class,
                        "gnss",
                        "gnss",
                        Map.of("path", PATH, "protocol", "ubx", "baud", "10000")))
        .hasMessageContaining("not one of the usual speeds");
  }

  @Property(seed = "1")
  void utcIsThatOfTheCalendar(
      @ForAll @LongRange(min = 315_532_800L, max = 7_258_118_399L) long seconds) {
    LocalDateTime utc = LocalDateTime.ofEpochSecond(seconds, 0, ZoneOffset.UTC);
    assertThat(
            Solution.utcNanos(
                utc.getYear(),
                utc.getMonthValue(),
                utc.getDayOfMonth(),
                utc.getHour(),
                utc.getMinute(),
                utc.getSecond(),
                0))
        .isEqualTo(seconds * 1_000_000_000L);
  }

  @Test
  void datesThatAreNoneGiveNoTimeAndALeapSecondIsTheNext() {
    assertThat(Solution.utcNanos(2023, 2, 29, 0, 0, 0, 0)).isZero();
    assertThat(Solution.utcNanos(2023, 13, 1, 0, 0, 0, 0)).isZero();
    assertThat(Solution.utcNanos(2016, 12, 31, 23, 59, 60, 0))
        .isEqualTo(Solution.utcNanos(2017, 1, 1, 0, 0, 0, 0));
  }

  @Property(seed = "1")
  void anyBytesLeaveTheUbxParserAlive(
      @ForAll @Size(max = 400) byte[] noise, @ForAll @IntRange(max = 99) int damaged) {
    UbxParser parser = new UbxParser(new Solution());
    byte[] broken = frame(1, 7, pvt().array());
    broken[damaged] ^= 0x55;
    feed(parser, noise);
    feed(parser, broken);
    // a frame of the greatest length that is taken may still be going on
    feed(parser, new byte[UbxParser.MOST_BYTES + 8]);
    assertThat(feed(parser, frame(1, 7, pvt().array()))).isEqualTo(1);
  }

  @Property(seed = "1")
  void anyPayloadOfUbxIsDecoded(@ForAll @Size(92) byte[] payload) {
    Solution solution = new Solution();
    assertThat(feed(new UbxParser(solution), frame(1, 7, payload))).isEqualTo(1);
    if (solution.fix == Fix.THREE_DIMENSIONAL) {
      assertThat(solution.latitudeDegrees).isBetween(-90.0, 90.0);
    }
  }

  @Property(seed = "1")
  void anyTextLeavesTheNmeaParserAlive(@ForAll @Size(max = 400) byte[] noise) {
    NmeaParser parser = new NmeaParser(new Solution());
    feed(parser, noise);
    String text =
        "\r\n"
            + sentence("GPGGA,123519,4807.038,N,01131.000,W,1,08,0.9,545.4,M,46.9,M,,")
            + sentence("GPRMC,123519,A,4807.038,N,01131.000,W,022.4,090.0,230324,,");
    assertThat(feed(parser, text.getBytes(StandardCharsets.US_ASCII))).isEqualTo(1);
  }

  @Property(seed = "1")
  void anyFieldsOfNmeaAreDecoded(@ForAll @Size(max = 16) List<String> fields) {
    Solution solution = new Solution();
    NmeaParser parser = new NmeaParser(solution);
    for (String kind : new String[] {"GGA", "RMC", "GSA", "VTG"}) {
      String body = "GN" + kind + "," + String.join(",", fields);
      feed(parser, sentence(body).getBytes(StandardCharsets.ISO_8859_1));
    }
    assertThat(solution.fix).isNotNull();
  }

  private static int feed(NavigationParser parser, byte[] bytes) {
    int solutions = 0;
    for (byte one : bytes) {
      solutions += parser.accept(one) ? 1 : 0;
    }
    return solutions;
  }

  private static void assertKind(Kind kind, NavigationReceiver gnss) {
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, gnss::poll);
    assertThat(fault.kind()).isEqualTo(kind);
  }

  @Test
  void anInterruptedOrEmptyReadIsNoFaultAndAWaitThatFailsIs() throws HardwareFault {
    NavigationReceiver gnss = open("ubx");
    comes(frame(1, 7, pvt().array()));
    gnss.poll();
    libc.readError = 11;
    gnss.poll();
    libc.readError = 0;
    libc.pollError = 4;
    gnss.poll();
    assertThat(libc.calls).filteredOn(("open " + PATH)::equals).hasSize(1);
    libc.pollError = 5;
    assertKind(Kind.BAD_DATA, gnss);
    assertThat(libc.openCount()).isZero();
  }

  /** The B constants of {@code asm-generic/termbits.h}. */
  @ParameterizedTest
  @CsvSource({
    "4800, 0x000C",
    "9600, 0x000D",
    "19200, 0x000E",
    "38400, 0x000F",
    "57600, 0x1001",
    "115200, 0x1002",
    "230400, 0x1003",
    "460800, 0x1004",
    "921600, 0x1007"
  })
  void anOlderLineIsToldItsSpeedByTheKernelsConstant(String baud, String bits)
      throws HardwareFault {
    errors.put(SerialLine.TCGETS2, 25);
    NavigationReceiver gnss =
        libc.board()
            .device(
                NavigationReceiver.class,
                "gnss",
                "gnss",
                Map.of("path", PATH, "protocol", "nmea", "baud", baud));
    assertKind(Kind.STALE, gnss);
    assertThat(termios.getOrDefault(SerialLine.TCSETS, new int[11])[2])
        .isEqualTo(Integer.decode(bits) | 0x30 | 0x80 | 0x800);
  }

  @Test
  void onePollTakesSoMuchOfAFloodAndNoMore() throws HardwareFault {
    NavigationReceiver gnss = open("ubx");
    for (int i = 0; i < 64; i++) {
      comes(new byte[] {0});
    }
    comes(frame(1, 7, pvt().array()));
    assertKind(Kind.STALE, gnss);
    assertThat(gnss.read().satellites()).isEqualTo(11);
  }

  @Test
  void theMissionSaysWhenASolutionIsStale() throws HardwareFault {
    NavigationReceiver gnss =
        libc.board()
            .device(
                NavigationReceiver.class,
                "gnss",
                "gnss",
                Map.of("path", PATH, "protocol", "ubx", "stale_seconds", "10"));
    comes(frame(1, 7, pvt().array()));
    gnss.poll();
    libc.monotonicNanos += 10_000_000_000L;
    gnss.poll();
    libc.monotonicNanos += 1;
    assertKind(Kind.STALE, gnss);
  }

  @ParameterizedTest
  @CsvSource({
    "1979, 12, 31, 0, 0, 0",
    "2200, 1, 1, 0, 0, 0",
    "2024, 0, 1, 0, 0, 0",
    "2024, 4, 0, 0, 0, 0",
    "2024, 4, 31, 0, 0, 0",
    "2100, 2, 29, 0, 0, 0",
    "2024, 1, 1, -1, 0, 0",
    "2024, 1, 1, 24, 0, 0",
    "2024, 1, 1, 0, -1, 0",
    "2024, 1, 1, 0, 60, 0",
    "2024, 1, 1, 0, 0, -1",
    "2024, 1, 1, 0, 0, 61"
  })
  void aDateThatIsNoneGivesNoTime(int year, int month, int day, int hour, int minute, int second) {
    assertThat(Solution.utcNanos(year, month, day, hour, minute, second, 0)).isZero();
  }

  @Test
  void leapYearsAreThoseOfTheGregorianCalendar() {
    for (int year : new int[] {2000, 2024}) {
      assertThat(Solution.utcNanos(year, 2, 29, 0, 0, 0, 0))
          .isEqualTo(Instant.parse(year + "-02-29T00:00:00Z").getEpochSecond() * 1_000_000_000L);
    }
  }

  @Test
  void framesOfUbxOfAnotherClassIdOrLengthGiveNoSolution() {
    UbxParser parser = new UbxParser(new Solution());
    assertThat(feed(parser, frame(1, 7, new byte[0]))).isZero();
    assertThat(feed(parser, frame(1, 7, new byte[84]))).isZero();
    assertThat(feed(parser, frame(1, 0x35, pvt().array()))).isZero();
    assertThat(feed(parser, frame(2, 7, pvt().array()))).isZero();
    assertThat(feed(parser, frame(1, 7, pvt().array()))).isEqualTo(1);
  }
}
