package org.heliostat.hil.report;

import static org.heliostat.hil.report.JsonFiles.number;
import static org.heliostat.hil.report.JsonFiles.text;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** The plots of a flight: power, battery, temperature, link and backlog over mission time. */
final class Plots {
  private static final int COLOURS = 6;

  private final JsonObject summary;
  private final List<JsonObject> world;
  private final List<JsonObject> telemetry;
  private final double to;

  Plots(JsonObject summary, List<JsonObject> rig, List<JsonObject> telemetry) {
    this.summary = summary;
    this.world = rig.stream().filter(line -> line.has("bus_w")).toList();
    this.telemetry = telemetry;
    this.to = world.isEmpty() ? 1 : number(world.get(world.size() - 1), 1, "t");
  }

  String html() {
    List<double[]> shadow = spans("sunlight", line -> number(line, 1, "sunlight") < 0.5);
    return power(shadow) + battery(shadow) + temperature(shadow) + link();
  }

  private String power(List<double[]> shadow) {
    Plot plot =
        new Plot("Power", "W", 0, to)
            .bands("in the shadow of the Earth", "shadow", shadow)
            .line("solar array", 1, points(line -> number(line, 0, "solar_w")), false)
            .line("bus load", 0, points(line -> number(line, 0, "bus_w")), false)
            .include(0);
    for (int card = 0; card < cards(); card++) {
      int index = card;
      plot.line(name(card), 2 + card, points(line -> ofCard(line, index, "w")), false);
    }
    return plot.html();
  }

  private String battery(List<double[]> shadow) {
    return new Plot("Battery", "% charge", 0, to)
        .bands("in the shadow of the Earth", "shadow", shadow)
        .line("charge", 1, points(line -> 100 * number(line, 0, "battery_soc")), false)
        .html();
  }

  private String temperature(List<double[]> shadow) {
    Plot plot =
        new Plot("Temperature", "\u00b0C", 0, to)
            .bands("in the shadow of the Earth", "shadow", shadow)
            .line("board", 0, points(line -> number(line, 0, "board_c")), false)
            .line("radiator", 1, points(line -> number(line, 0, "radiator_c")), false);
    double hottest = Double.NEGATIVE_INFINITY;
    for (int card = 0; card < cards(); card++) {
      int index = card;
      List<Plot.Point> points = points(line -> ofCard(line, index, "c"));
      for (Plot.Point point : points) {
        hottest = Math.max(hottest, point.value());
      }
      plot.line(name(card), 2 + card, points, false);
    }
    // a limit far above everything would only flatten the lines
    List<JsonObject> limits = JsonFiles.children(summary, "card_limits");
    if (!limits.isEmpty() && hottest > number(limits.get(0), 80, "warm_celsius") - 25) {
      plot.limit("no more work", number(limits.get(0), 80, "warm_celsius"));
      plot.limit("limit of the part", number(limits.get(0), 95, "max_celsius"));
    }
    return plot.html();
  }

  private String link() {
    double epoch = number(summary, 1e12, "mission_epoch_nanos");
    List<Plot.Point> records = new ArrayList<>();
    for (JsonObject packet : telemetry) {
      // of another set: it says nothing about the backlog
      if (!packet.has("backlog_records")) {
        continue;
      }
      records.add(
          new Plot.Point(
              (number(packet, 0, "mission_nanos") - epoch) / 1e9,
              number(packet, 0, "backlog_records")));
    }
    // recorded packets come late, and may have come live before
    records.sort(Comparator.comparingDouble(Plot.Point::at));
    return new Plot("Link and backlog", "records", 0, to)
        .bands("link up", "up", spans("link", line -> text(line, "link").equals("true")))
        .line("records on board that ground has not confirmed", 0, records, true)
        .include(0)
        .html();
  }

  private int cards() {
    return Math.min(
        COLOURS, world.isEmpty() ? 0 : JsonFiles.children(world.get(0), "cards").size());
  }

  private String name(int card) {
    List<JsonObject> limits = JsonFiles.children(summary, "card_limits");
    return card < limits.size() ? text(limits.get(card), "name") : "card " + card;
  }

  private static double ofCard(JsonObject line, int card, String field) {
    List<JsonObject> cards = JsonFiles.children(line, "cards");
    return card < cards.size() ? number(cards.get(card), Double.NaN, field) : Double.NaN;
  }

  private List<Plot.Point> points(ToDoubleFunction<JsonObject> value) {
    List<Plot.Point> points = new ArrayList<>(world.size());
    for (JsonObject line : world) {
      points.add(new Plot.Point(number(line, 0, "t"), value.applyAsDouble(line)));
    }
    return points;
  }

  private List<double[]> spans(String field, java.util.function.Predicate<JsonObject> inside) {
    List<double[]> spans = new ArrayList<>();
    double since = Double.NaN;
    for (JsonObject line : world) {
      boolean in = line.has(field) && inside.test(line);
      double at = number(line, 0, "t");
      if (in && Double.isNaN(since)) {
        since = at;
      } else if (!in && !Double.isNaN(since)) {
        spans.add(new double[] {since, at});
        since = Double.NaN;
      }
    }
    if (!Double.isNaN(since)) {
      spans.add(new double[] {since, to});
    }
    return spans;
  }
}
