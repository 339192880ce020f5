package org.heliostat.hal.driver;

import org.heliostat.hal.NavigationReading.Fix;

/**
 * NMEA 0183 sentences GGA, RMC, GSA and VTG of any talker (NMEA 0183 version 4.10, section 6.3).
 *
 * <p>A solution is an RMC, whose date is the only full one, with the GGA of the same time of day
 * and the last GSA and VTG. It ends with whichever of RMC and GGA comes second.
 */
final class NmeaParser implements NavigationParser {
  /** The standard allows 82; some receivers send more. */
  static final int MOST_CHARACTERS = 128;

  private static final int MOST_FIELDS = 24;
  private static final double METRES_PER_SECOND_OF_A_KNOT = 1852.0 / 3600;

  /** User equivalent range error, one sigma, of the standard positioning service. */
  private static final double RANGE_ERROR_METRES = 5;

  private final Solution solution;
  private final byte[] line = new byte[MOST_CHARACTERS];
  private final int[] starts = new int[MOST_FIELDS + 1];
  private int length;
  private boolean inside;
  private int fields;

  // of the last GGA
  private long heightTime = -1;
  private int quality;
  private int satellites;
  private double altitude = Double.NaN;
  private double dilution = Double.NaN;

  // of the last GSA
  private int dimensions;

  // of the last RMC
  private long positionTime = -1;
  private boolean valid;
  private long utcNanos;
  private double latitude = Double.NaN;
  private double longitude = Double.NaN;
  private double speed = Double.NaN;
  private double course = Double.NaN;

  NmeaParser(Solution solution) {
    this.solution = solution;
  }

  @Override
  public boolean accept(byte one) {
    if (one == '$') {
      inside = true;
      length = 0;
      return false;
    }
    if (!inside) {
      return false;
    }
    if (one == '\r' || one == '\n') {
      inside = false;
      return checked() && sentence();
    }
    if (length == MOST_CHARACTERS || one < 0x20) {
      inside = false;
      return false;
    }
    line[length++] = one;
    return false;
  }

  /** Whether the line ends with the exclusive or of its characters; splits it into fields. */
  private boolean checked() {
    if (length < 9 || line[length - 3] != '*') {
      return false;
    }
    int sum = 0;
    int end = length - 3;
    fields = 0;
    starts[0] = 0;
    for (int i = 0; i < end; i++) {
      sum ^= line[i];
      if (line[i] == ',') {
        if (fields + 1 >= MOST_FIELDS) {
          return false;
        }
        starts[++fields] = i + 1;
      }
    }
    starts[++fields] = end + 1;
    return sum == (hexadecimal(line[length - 2]) << 4 | hexadecimal(line[length - 1]));
  }

  private boolean sentence() {
    // address: two letters of talker, three of sentence
    if (starts[1] != 6) {
      return false;
    }
    if (line[2] == 'R' && line[3] == 'M' && line[4] == 'C') {
      return recommendedMinimum();
    }
    if (line[2] == 'G' && line[3] == 'G' && line[4] == 'A') {
      return fixData();
    }
    if (line[2] == 'G' && line[3] == 'S' && line[4] == 'A') {
      double mode = number(2);
      dimensions = mode >= 1 && mode <= 3 ? (int) mode : 0;
    } else if (line[2] == 'V' && line[3] == 'T' && line[4] == 'G') {
      course = number(1);
      speed = number(5) * METRES_PER_SECOND_OF_A_KNOT;
    }
    return false;
  }

  private boolean recommendedMinimum() {
    if (fields < 10) {
      return false;
    }
    positionTime = timeOfDay(1);
    valid = character(2) == 'A';
    latitude = angle(3, 90, 'N', 'S');
    longitude = angle(5, 180, 'E', 'W');
    speed = number(7) * METRES_PER_SECOND_OF_A_KNOT;
    course = number(8);
    utcNanos = date(9);
    return solved();
  }

  private boolean fixData() {
    if (fields < 12) {
      return false;
    }
    heightTime = timeOfDay(1);
    double indicator = number(6);
    quality = indicator >= 0 && indicator <= 8 ? (int) indicator : 0;
    double used = number(7);
    satellites = used >= 0 && used <= 255 ? (int) used : 0;
    dilution = number(8);
    // mean sea level, and the geoid's height above the ellipsoid
    double geoid = number(11);
    altitude = number(9) + (Double.isNaN(geoid) ? 0 : geoid);
    return solved();
  }

  /** Ends a solution where the last RMC and the last GGA are of one time. */
  private boolean solved() {
    if (positionTime < 0 || positionTime != heightTime) {
      return false;
    }
    solution.clear();
    solution.utcNanos = utcNanos;
    solution.satellites = satellites;
    boolean position = valid && quality > 0 && !Double.isNaN(latitude) && !Double.isNaN(longitude);
    if (position) {
      boolean flat = dimensions == 2 || Double.isNaN(altitude);
      solution.fix = flat ? Fix.TWO_DIMENSIONAL : Fix.THREE_DIMENSIONAL;
      solution.latitudeDegrees = latitude;
      solution.longitudeDegrees = longitude;
      solution.altitudeMetres = flat ? Double.NaN : altitude;
      // the sentences give no accuracy; dilution times the usual error of a range
      solution.accuracyMetres = dilution * RANGE_ERROR_METRES;
      if (speed == 0) {
        solution.northMetresPerSecond = 0;
        solution.eastMetresPerSecond = 0;
      } else {
        solution.northMetresPerSecond = speed * Math.cos(Math.toRadians(course));
        solution.eastMetresPerSecond = speed * Math.sin(Math.toRadians(course));
      }
    } else {
      solution.fix = utcNanos != 0 && valid ? Fix.TIME : Fix.NONE;
    }
    heightTime = -1;
    positionTime = -1;
    return true;
  }

  /** Milliseconds of the day of hhmmss.sss; -1 for none. */
  private long timeOfDay(int field) {
    double value = number(field);
    if (!(value >= 0 && value < 240_000)) {
      return -1;
    }
    long whole = (long) value;
    long hour = whole / 10_000;
    long minute = whole / 100 % 100;
    long second = whole % 100;
    if (minute > 59 || second > 60) {
      return -1;
    }
    return (hour * 3600 + minute * 60 + second) * 1000 + Math.round((value - whole) * 1000);
  }

  /** UTC of ddmmyy and the sentence's time; years are those from 1980 to 2079. */
  private long date(int field) {
    double value = number(field);
    if (!(value >= 0 && value <= 311_299) || positionTime < 0) {
      return 0;
    }
    int whole = (int) value;
    int year = whole % 100;
    // the time counts from midnight, so that a leap second at its end is the first of the next day
    long midnight =
        Solution.utcNanos(
            year + (year < 80 ? 2000 : 1900), whole / 100 % 100, whole / 10_000, 0, 0, 0, 0);
    return midnight == 0 ? 0 : midnight + positionTime * 1_000_000;
  }

  /** Degrees of d..dmm.mmm and its letter. */
  private double angle(int field, double most, char positive, char negative) {
    double value = number(field);
    double whole = Math.floor(value / 100);
    double minutes = value - whole * 100;
    double degrees = whole + minutes / 60;
    int letter = character(field + 1);
    if (!(value >= 0 && minutes < 60 && degrees <= most)) {
      return Double.NaN;
    }
    return letter == positive ? degrees : letter == negative ? -degrees : Double.NaN;
  }

  /** The one character of a field that is there; 0 for any other length. */
  private int character(int field) {
    return starts[field + 1] - 1 - starts[field] == 1 ? line[starts[field]] : 0;
  }

  /** The number of a field; NaN where it is empty or none. */
  private double number(int field) {
    if (field >= fields) {
      return Double.NaN;
    }
    int at = starts[field];
    int end = starts[field + 1] - 1;
    boolean minus = at < end && line[at] == '-';
    if (minus) {
      at++;
    }
    if (end - at < 1 || end - at > 15) {
      return Double.NaN;
    }
    if (end - at == 1 && line[at] == '.') {
      return Double.NaN;
    }
    long digits = 0;
    long scale = 0;
    for (; at < end; at++) {
      int digit = line[at] - '0';
      if (line[at] == '.' && scale == 0) {
        scale = 1;
      } else if (digit >= 0 && digit <= 9) {
        digits = digits * 10 + digit;
        scale *= 10;
      } else {
        return Double.NaN;
      }
    }
    double value = scale == 0 ? digits : digits / (double) scale;
    return minus ? -value : value;
  }

  private static int hexadecimal(byte character) {
    if (character >= '0' && character <= '9') {
      return character - '0';
    }
    if (character >= 'A' && character <= 'F') {
      return character - 'A' + 10;
    }
    return character >= 'a' && character <= 'f' ? character - 'a' + 10 : 0x100;
  }
}
