package org.heliostat.hal.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Locale;
import org.heliostat.hal.NavigationReading.Fix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sentences with every kind of damage that a right sum lets through. */
class NmeaParserTest {
  private static final String HEIGHT =
      "GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,";
  private static final String MINIMUM =
      "GPRMC,123519,A,4807.038,N,01131.000,E,010.0,090.0,230324,,";
  private static final double KNOT = 1852.0 / 3600;

  private final Solution solution = new Solution();
  private final NmeaParser parser = new NmeaParser(solution);

  /** A sentence with one of its fields changed; 0 is its address. */
  private static String with(String sentence, int field, String value) {
    String[] fields = sentence.split(",", -1);
    fields[field] = value;
    return String.join(",", fields);
  }

  /** Whether a sentence ends a solution. */
  private boolean takes(String body) {
    return takesAll(GnssTest.sentence(body));
  }

  private boolean takesAll(String text) {
    boolean solved = false;
    for (byte one : text.getBytes(StandardCharsets.ISO_8859_1)) {
      solved |= parser.accept(one);
    }
    return solved;
  }

  @Test
  void whicheverOfTheTwoSentencesComesSecondEndsTheSolution() {
    assertThat(takes(HEIGHT)).isFalse();
    assertThat(takes(MINIMUM)).isTrue();
    assertThat(takes(MINIMUM)).isFalse();
    assertThat(takes(HEIGHT)).isTrue();
    assertThat(solution.fix).isEqualTo(Fix.THREE_DIMENSIONAL);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GPRXC", "GPRMX", "GPGXA", "GPGGX", "GPGSX", "GPVXG", "GPVTX", "GPXMC", "GPRMCX", "PUBX"
      })
  void aSentenceOfAnotherAddressIsLeftOut(String address) {
    takes(HEIGHT);
    assertThat(takes(with(MINIMUM, 0, address))).isFalse();
    assertThat(takes(MINIMUM)).isTrue();
    assertThat(solution.eastMetresPerSecond).isCloseTo(10 * KNOT, within(1e-9));
  }

  @ParameterizedTest
  @CsvSource({
    "'GPGSA,A,2', TWO_DIMENSIONAL",
    "'GPGSA,A,3', THREE_DIMENSIONAL",
    "'GPGSA,A,0', THREE_DIMENSIONAL",
    "'GPGSA,A,4', THREE_DIMENSIONAL",
    "'GPGSA,A', THREE_DIMENSIONAL"
  })
  void aFixIsFlatWhereTheReceiverSaysSo(String dimensions, Fix fix) {
    takes(dimensions);
    takes(MINIMUM);
    takes(HEIGHT);
    assertThat(solution.fix).isEqualTo(fix);
    assertThat(Double.isNaN(solution.altitudeMetres)).isEqualTo(fix == Fix.TWO_DIMENSIONAL);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "-", ".", "1.2.3", "1e3", "5x", "/", "1234567890123456", "-1234567890123456"})
  void aHeightThatIsNoNumberMakesTheFixFlat(String height) {
    takes(MINIMUM);
    assertThat(takes(with(HEIGHT, 9, height))).isTrue();
    assertThat(solution.fix).isEqualTo(Fix.TWO_DIMENSIONAL);
    assertThat(solution.altitudeMetres).isNaN();
  }

  @Test
  void aHeightMayBeBelowTheSeaAndComeWithoutTheGeoid() {
    takes(MINIMUM);
    takes(with(with(HEIGHT, 9, "-12.5"), 11, ""));
    assertThat(solution.altitudeMetres).isEqualTo(-12.5);
  }

  @Test
  void theNewestCourseAndSpeedCount() {
    takes(MINIMUM);
    takes("GPVTG,180.0,T,,M,020.0,N,037.0,K");
    takes(HEIGHT);
    assertThat(solution.northMetresPerSecond).isCloseTo(-20 * KNOT, within(1e-9));
    takes(MINIMUM);
    takes("GPVTG,180.0");
    takes(HEIGHT);
    assertThat(solution.northMetresPerSecond).isNaN();
  }

  @Test
  void whoStandsStillHasNoCourseButAVelocity() {
    takes(HEIGHT);
    takes(with(with(MINIMUM, 7, "0.0"), 8, ""));
    assertThat(solution.northMetresPerSecond).isZero();
    assertThat(solution.eastMetresPerSecond).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "9", "x", ""})
  void aFixOfNoQualityGivesTheTimeAlone(String quality) {
    takes(MINIMUM);
    assertThat(takes(with(HEIGHT, 6, quality))).isTrue();
    assertThat(solution.fix).isEqualTo(Fix.TIME);
    assertThat(solution.latitudeDegrees).isNaN();
  }

  @ParameterizedTest
  @CsvSource({"12, 12", "255, 255", "256, 0", "-1, 0", "x, 0"})
  void satellitesAreCountedWithinReason(String sent, int counted) {
    takes(MINIMUM);
    takes(with(HEIGHT, 7, sent));
    assertThat(solution.satellites).isEqualTo(counted);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-1", "240000", "126000", "123561", "12a519", "."})
  void aTimeThatIsNoneEndsNoSolution(String time) {
    takes(with(HEIGHT, 1, time));
    assertThat(takes(with(MINIMUM, 1, time))).isFalse();
    assertThat(takes(with(HEIGHT, 1, time))).isFalse();
    takes(HEIGHT);
    assertThat(takes(MINIMUM)).isTrue();
  }

  @Test
  void theSecondThatLeapsBelongsToTheNextDay() {
    takes(with(HEIGHT, 1, "235960"));
    assertThat(takes(with(with(MINIMUM, 1, "235960"), 9, "311216"))).isTrue();
    assertThat(solution.utcNanos)
        .isEqualTo(Instant.parse("2017-01-01T00:00:00Z").getEpochSecond() * 1_000_000_000L);
  }

  @Test
  void yearsOfTwoDigitsAreThoseFrom1980To2079() {
    takes(HEIGHT);
    takes(with(MINIMUM, 9, "010180"));
    assertThat(solution.utcNanos)
        .isEqualTo(Instant.parse("1980-01-01T12:35:19Z").getEpochSecond() * 1_000_000_000L);
    takes(HEIGHT);
    takes(with(MINIMUM, 9, "010179"));
    assertThat(solution.utcNanos)
        .isEqualTo(Instant.parse("2079-01-01T12:35:19Z").getEpochSecond() * 1_000_000_000L);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-10124", "311300", "300224", "23a324"})
  void aDateThatIsNoneCostsTheTimeButNotThePlace(String date) {
    takes(HEIGHT);
    assertThat(takes(with(MINIMUM, 9, date))).isTrue();
    assertThat(solution.fix).isEqualTo(Fix.THREE_DIMENSIONAL);
    assertThat(solution.utcNanos).isZero();
    takes(with(HEIGHT, 6, "0"));
    takes(with(MINIMUM, 9, date));
    assertThat(solution.fix).isEqualTo(Fix.NONE);
  }

  @ParameterizedTest
  @CsvSource({"3, ''", "4, S1", "4, ''", "5, ''", "5, 18100.0", "6, X", "6, ''"})
  void halfAPlaceIsNone(int field, String value) {
    takes(HEIGHT);
    assertThat(takes(with(MINIMUM, field, value))).isTrue();
    assertThat(solution.fix).isEqualTo(Fix.TIME);
    assertThat(solution.latitudeDegrees).isNaN();
    assertThat(solution.longitudeDegrees).isNaN();
  }

  @Test
  void whatTheReceiverCallsVoidIsNoFix() {
    takes(HEIGHT);
    assertThat(takes(with(MINIMUM, 2, "V"))).isTrue();
    assertThat(solution.fix).isEqualTo(Fix.NONE);
  }

  @Test
  void sumsMayHaveSmallLetters() {
    for (int used = 1; used < 30; used++) {
      takes(MINIMUM);
      String body = with(HEIGHT, 7, Integer.toString(used));
      String sentence = GnssTest.sentence(body);
      String sum = sentence.substring(sentence.indexOf('*')).toLowerCase(Locale.ROOT);
      assertThat(takesAll("$" + body + sum)).isTrue();
      assertThat(solution.satellites).isEqualTo(used);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", ":", "@", "G", "`", "g", " "})
  void aSumThatIsNoneIsNeverRight(String digit) {
    takes(MINIMUM);
    for (int used = 1; used < 30; used++) {
      String body = with(HEIGHT, 7, Integer.toString(used));
      String sentence = GnssTest.sentence(body);
      int star = sentence.indexOf('*');
      assertThat(takesAll("$" + body + "*" + digit + sentence.charAt(star + 2) + "\r\n")).isFalse();
      assertThat(takesAll("$" + body + "*" + sentence.charAt(star + 1) + digit + "\r\n")).isFalse();
    }
  }
}
