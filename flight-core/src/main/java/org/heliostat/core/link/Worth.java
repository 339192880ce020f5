package org.heliostat.core.link;

import java.util.List;
import java.util.OptionalLong;
import org.heliostat.core.recorder.Recorder.Priority;
import org.heliostat.core.recorder.Recorder.Waiting;
import org.heliostat.protocol.AreaOfInterest;
import org.heliostat.protocol.DownlinkTable;
import org.heliostat.protocol.Product;

/**
 * What a record is worth by the table {@code downlink}. A number without a unit, of use only to put
 * records in order. Immutable.
 */
final class Worth {
  /** Bytes that a packet costs beside what it carries, with its seal and its MQTT header. */
  static final int PACKET_BYTES = 96;

  private static final int CORNERS = 4;

  private final DownlinkTable table;
  private final double largestFactor;
  private final double smallestFactor;

  /** By a table that the schema and {@link DownlinkTableCheck} have nothing against. */
  Worth(DownlinkTable table) {
    this.table = table;
    this.largestFactor =
        table.getAreasList().stream().mapToDouble(AreaOfInterest::getFactor).reduce(1, Math::max);
    this.smallestFactor =
        table.getAreasList().stream().mapToDouble(AreaOfInterest::getFactor).reduce(1, Math::min);
  }

  /** Whether what stands in a record may change its worth. */
  boolean dependsOnContent(Waiting record) {
    return record.type() == org.heliostat.protocol.Downlink.PRODUCT_FIELD_NUMBER
        && table.getAreasCount() > 0;
  }

  /** Of a record that is new; the most that it can be where its content was not looked at. */
  double expected(Waiting record) {
    return byPriority(record.priority()) * (dependsOnContent(record) ? largestFactor : 1);
  }

  /** Of a record that is new; the least that it can be where its content was not looked at. */
  double certain(Waiting record) {
    return byPriority(record.priority()) * (dependsOnContent(record) ? smallestFactor : 1);
  }

  /** Of a product that is new. */
  double expected(Waiting record, Product product) {
    return byPriority(record.priority()) * factor(product);
  }

  private double byPriority(Priority priority) {
    return switch (priority) {
      // they go first as it is
      case REPORT, ALERT, PRODUCT -> table.getProductWorth();
      case ROUTINE -> table.getRoutineWorth();
      case BULK -> table.getBulkWorth();
    };
  }

  private double factor(Product product) {
    List<Double> box = product.getBboxList();
    if (box.size() != CORNERS) {
      return 1;
    }
    return table.getAreasList().stream()
        .filter(area -> touches(area, box))
        .mapToDouble(AreaOfInterest::getFactor)
        .max()
        .orElse(1);
  }

  /**
   * Whether a box touches an area.
   *
   * @param box west, south, east, north in degrees
   */
  private static boolean touches(AreaOfInterest area, List<Double> box) {
    return box.get(1) <= area.getNorth()
        && box.get(3) >= area.getSouth()
        && touches(area.getWest(), area.getEast(), box.get(0), box.get(2));
  }

  /** Whether two spans of longitude touch; one whose east is smaller crosses the antimeridian. */
  private static boolean touches(double west, double east, double otherWest, double otherEast) {
    if (west > east) {
      return touches(west, 180, otherWest, otherEast) || touches(-180, east, otherWest, otherEast);
    }
    if (otherWest > otherEast) {
      return touches(west, east, otherWest, 180) || touches(west, east, -180, otherEast);
    }
    return west <= otherEast && otherWest <= east;
  }

  /**
   * What each byte brings that is still to be sent.
   *
   * @param expected of the record when it is new
   * @param bytesLeft of it that are still to be sent
   * @param nowNanos mission time
   * @param nextPassNanos mission time at which the next pass begins, where one is known
   */
  double perByte(
      Waiting record, double expected, int bytesLeft, long nowNanos, OptionalLong nextPassNanos) {
    double age = Math.max(0, nowNanos - record.storedNanos()) / 1e9;
    double halfLife = halfLife(record.priority());
    // an age beyond all measure must not make all alike
    double aged = halfLife > 0 ? Math.pow(2, -Math.min(500, age / halfLife)) : 1;
    double urgency = 1;
    if (record.expiryNanos() != 0) {
      long limit = nextPassNanos.orElse(nowNanos + (long) (table.getExpiringSeconds() * 1e9));
      urgency = record.expiryNanos() <= limit ? table.getExpiringFactor() : 1;
    }
    return expected * aged * urgency / (bytesLeft + PACKET_BYTES);
  }

  private double halfLife(Priority priority) {
    return switch (priority) {
      case REPORT, ALERT, PRODUCT -> table.getProductHalfLifeSeconds();
      case ROUTINE -> table.getRoutineHalfLifeSeconds();
      case BULK -> table.getBulkHalfLifeSeconds();
    };
  }
}
