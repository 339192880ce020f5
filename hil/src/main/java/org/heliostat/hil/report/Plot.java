package org.heliostat.hil.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A plot over mission time as inline SVG; colours are the page's. One thread. */
final class Plot {
  private static final int WIDTH = 760;
  private static final int HEIGHT = 210;
  private static final int LEFT = 52;
  private static final int RIGHT = 12;
  private static final int TOP = 10;
  private static final int BOTTOM = 30;
  private static final int MOST_POINTS = 700;

  private final String title;
  private final String unit;
  private final double from;
  private final double to;
  private final List<Line> lines = new ArrayList<>();
  private final List<Band> bands = new ArrayList<>();
  private final List<Limit> limits = new ArrayList<>();
  private double low = Double.POSITIVE_INFINITY;
  private double high = Double.NEGATIVE_INFINITY;

  private record Line(String name, int colour, List<Point> points, boolean steps) {}

  private record Band(String name, String style, double from, double to) {}

  private record Limit(String name, double value) {}

  /** A value at a time, in seconds of flight. */
  record Point(double at, double value) {}

  /** An empty plot of a span of time. */
  Plot(String title, String unit, double from, double to) {
    this.title = title;
    this.unit = unit;
    this.from = from;
    this.to = to > from ? to : from + 1;
  }

  /** Adds a line; steps hold a value until the next one. */
  Plot line(String name, int colour, List<Point> points, boolean steps) {
    List<Point> shown = thinned(points);
    lines.add(new Line(name, colour, shown, steps));
    for (Point point : shown) {
      low = Math.min(low, point.value());
      high = Math.max(high, point.value());
    }
    return this;
  }

  /** Shades spans of time; the style is a class of the page. */
  Plot bands(String name, String style, List<double[]> spans) {
    for (double[] span : spans) {
      bands.add(new Band(name, style, span[0], span[1]));
    }
    return this;
  }

  /** Draws a limit, and makes room for it. */
  Plot limit(String name, double value) {
    limits.add(new Limit(name, value));
    low = Math.min(low, value);
    high = Math.max(high, value);
    return this;
  }

  /** Makes room for a value. */
  Plot include(double value) {
    low = Math.min(low, value);
    high = Math.max(high, value);
    return this;
  }

  /** The figure. */
  String html() {
    StringBuilder out = new StringBuilder();
    out.append("<figure class=\"plot\"><figcaption><b>")
        .append(Html.escape(title))
        .append("</b> <span class=\"unit\">")
        .append(Html.escape(unit))
        .append("</span>");
    for (Line line : lines) {
      out.append("<span class=\"key\"><i class=\"c")
          .append(line.colour())
          .append("\"></i>")
          .append(Html.escape(line.name()))
          .append("</span>");
    }
    String shaded = "";
    for (Band band : bands) {
      if (!band.name().equals(shaded)) {
        shaded = band.name();
        out.append("<span class=\"key\"><i class=\"")
            .append(band.style())
            .append("\"></i>")
            .append(Html.escape(shaded))
            .append("</span>");
      }
    }
    out.append("</figcaption>");
    svg(out);
    return out.append("</figure>\n").toString();
  }

  private void svg(StringBuilder out) {
    if (!(high >= low)) {
      low = 0;
      high = 1;
    }
    double step = step((high - low) / 4);
    double bottom = Math.floor(low / step) * step;
    double top = Math.max(bottom + step, Math.ceil(high / step) * step);
    add(
        out,
        "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">",
        WIDTH,
        HEIGHT,
        Html.escape(title));
    for (Band band : bands) {
      double left = x(Math.max(from, band.from()));
      double right = x(Math.min(to, band.to()));
      if (right > left) {
        add(
            out,
            "<rect class=\"%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>",
            band.style(),
            left,
            TOP,
            right - left,
            HEIGHT - TOP - BOTTOM);
      }
    }
    for (int i = 0; bottom + i * step <= top + step / 2; i++) {
      double value = bottom + i * step;
      double y = y(value, bottom, top);
      add(
          out,
          "<line class=\"rule\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>",
          LEFT,
          WIDTH - RIGHT,
          y,
          y);
      add(
          out,
          "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
          LEFT - 6,
          y + 4,
          number(value));
    }
    double span = step((to - from) / 7);
    for (double at = Math.ceil(from / span) * span; at <= to; at += span) {
      add(
          out,
          "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
          x(at),
          HEIGHT - 12,
          number(at));
    }
    add(
        out,
        "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">mission time, s</text>",
        WIDTH - RIGHT,
        HEIGHT - 1);
    for (Limit limit : limits) {
      double y = y(limit.value(), bottom, top);
      add(
          out,
          "<line class=\"limit\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>",
          LEFT,
          WIDTH - RIGHT,
          y,
          y);
      add(
          out,
          "<text class=\"limit\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
          WIDTH - RIGHT - 3,
          y - 4,
          Html.escape(limit.name()));
    }
    for (Line line : lines) {
      StringBuilder path = new StringBuilder();
      double last = 0;
      for (Point point : line.points()) {
        double px = x(point.at());
        double py = y(point.value(), bottom, top);
        if (line.steps() && !path.isEmpty()) {
          add(path, "L%.1f %.1f", px, last);
        }
        add(path, "%s%.1f %.1f", path.isEmpty() ? "M" : "L", px, py);
        last = py;
      }
      add(out, "<path class=\"line c%d\" d=\"%s\"/>", line.colour(), path);
    }
    out.append("</svg>");
  }

  private double x(double at) {
    return LEFT + (at - from) / (to - from) * (WIDTH - LEFT - RIGHT);
  }

  private static double y(double value, double bottom, double top) {
    return TOP + (top - value) / (top - bottom) * (HEIGHT - TOP - BOTTOM);
  }

  /** A distance of 1, 2 or 5 times a power of ten that is not below this one. */
  private static double step(double least) {
    if (!(least > 0)) {
      return 1;
    }
    double power = Math.pow(10, Math.floor(Math.log10(least)));
    for (double factor : new double[] {1, 2, 5}) {
      if (factor * power >= least) {
        return factor * power;
      }
    }
    return 10 * power;
  }

  private List<Point> thinned(List<Point> points) {
    int every = Math.max(1, points.size() / MOST_POINTS);
    List<Point> shown = new ArrayList<>();
    for (int i = 0; i < points.size(); i++) {
      Point point = points.get(i);
      boolean inside = point.at() >= from && point.at() <= to;
      if (inside && Double.isFinite(point.value()) && (i % every == 0 || i == points.size() - 1)) {
        shown.add(point);
      }
    }
    return shown;
  }

  private static String number(double value) {
    double rounded = Math.round(value * 1e6) / 1e6;
    return rounded == Math.rint(rounded) ? Long.toString((long) rounded) : Double.toString(rounded);
  }

  private static void add(StringBuilder out, String format, Object... values) {
    out.append(String.format(Locale.ROOT, format, values));
  }
}
