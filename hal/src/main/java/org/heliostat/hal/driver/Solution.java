package org.heliostat.hal.driver;

import org.heliostat.hal.NavigationReading.Fix;

/** A navigation solution that is put together in place; see {@code NavigationReading}. */
final class Solution {
  private static final long SECOND_NANOS = 1_000_000_000L;
  private static final long DAY_SECONDS = 86_400;

  Fix fix = Fix.NONE;
  long utcNanos;
  double latitudeDegrees = Double.NaN;
  double longitudeDegrees = Double.NaN;
  double altitudeMetres = Double.NaN;
  double northMetresPerSecond = Double.NaN;
  double eastMetresPerSecond = Double.NaN;
  double downMetresPerSecond = Double.NaN;
  double accuracyMetres = Double.NaN;
  int satellites;

  void set(Solution other) {
    fix = other.fix;
    utcNanos = other.utcNanos;
    latitudeDegrees = other.latitudeDegrees;
    longitudeDegrees = other.longitudeDegrees;
    altitudeMetres = other.altitudeMetres;
    northMetresPerSecond = other.northMetresPerSecond;
    eastMetresPerSecond = other.eastMetresPerSecond;
    downMetresPerSecond = other.downMetresPerSecond;
    accuracyMetres = other.accuracyMetres;
    satellites = other.satellites;
  }

  void clear() {
    fix = Fix.NONE;
    utcNanos = 0;
    latitudeDegrees = Double.NaN;
    longitudeDegrees = Double.NaN;
    altitudeMetres = Double.NaN;
    northMetresPerSecond = Double.NaN;
    eastMetresPerSecond = Double.NaN;
    downMetresPerSecond = Double.NaN;
    accuracyMetres = Double.NaN;
    satellites = 0;
  }

  /**
   * UTC of a full date and time, ns since 1970; 0 for one that is none. A leap second (60) counts
   * as the first second of the next day.
   */
  static long utcNanos(int year, int month, int day, int hour, int minute, int second, long nanos) {
    if (year < 1980
        || year > 2199
        || month < 1
        || month > 12
        || day < 1
        || day > days(year, month)
        || hour < 0
        || hour > 23
        || minute < 0
        || minute > 59
        || second < 0
        || second > 60) {
      return 0;
    }
    // days from civil (Hinnant, "chrono-Compatible Low-Level Date Algorithms")
    int shifted = month <= 2 ? year - 1 : year;
    int era = shifted / 400;
    int ofEra = shifted - era * 400;
    int ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    long sinceEpoch = era * 146_097L + ofEra * 365L + ofEra / 4 - ofEra / 100 + ofYear - 719_468;
    return (sinceEpoch * DAY_SECONDS + hour * 3600L + minute * 60L + second) * SECOND_NANOS + nanos;
  }

  private static int days(int year, int month) {
    return switch (month) {
      case 4, 6, 9, 11 -> 30;
      case 2 -> (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28;
      default -> 31;
    };
  }
}
