package org.heliostat.hil.report;

import static org.heliostat.hil.report.JsonFiles.number;
import static org.heliostat.hil.report.JsonFiles.text;
import static org.heliostat.hil.report.JsonFiles.whole;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * {@code report.html} of a flight: one file that needs no other and no network. Everything that
 * came from a satellite, a file name included, is escaped.
 */
public final class Report {
  private static final int MOST_PICTURES = 60;
  private static final int MOST_EVENTS = 500;

  private final Path flight;
  private final JsonObject summary;
  private final List<JsonObject> frames;

  private Report(Path flight) throws IOException {
    this.flight = flight;
    this.summary = JsonFiles.object(flight.resolve("summary.json")).orElseGet(JsonObject::new);
    this.frames = JsonFiles.lines(flight.resolve("frames.jsonl"));
  }

  /** Writes the report of the flight that left its files in a folder. */
  public static void write(Path flight, Path file) throws IOException {
    Files.writeString(file, new Report(flight).html());
  }

  private String html() throws IOException {
    boolean passed = text(summary, "passed").equals("true");
    StringBuilder page = new StringBuilder(1 << 18);
    page.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n")
        .append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n")
        .append("<meta name=\"color-scheme\" content=\"light dark\">\n<title>Heliostat flight ")
        .append(Html.escape(text(summary, "id")))
        .append("</title>\n<style>")
        .append(STYLE)
        .append("</style></head><body>\n<header><h1>Heliostat flight report</h1><p>")
        .append(Html.escape(text(summary, "mission")))
        .append(" &middot; scenario ")
        .append(Html.escape(text(summary, "scenario")))
        .append(" &middot; flight ")
        .append(Html.escape(text(summary, "id")))
        .append(" &middot; ")
        .append(Html.escape(text(summary, "started")))
        .append("</p><p class=\"verdict ")
        .append(passed ? "pass\">All checks passed" : "fail\">A check failed")
        .append("</p></header>\n<main>\n");
    tiles(page);
    page.append("<section><h2>Over mission time</h2>\n")
        .append(
            new Plots(
                    summary,
                    JsonFiles.lines(flight.resolve("rig.jsonl")),
                    JsonFiles.lines(flight.resolve("telemetry.jsonl")))
                .html())
        .append("</section>\n");
    pictures(page);
    checks(page);
    table(page);
    events(page);
    return page.append("</main></body></html>\n").toString();
  }

  private void tiles(StringBuilder page) {
    page.append("<section class=\"tiles\">");
    tile(
        page,
        whole(summary, "frames", "inferred") + " of " + whole(summary, "frames", "taken"),
        "frames inferred on board");
    tile(page, percent(number(summary, 0, "bytes", "sent_fraction")), "of the raw bytes sent");
    tile(
        page,
        whole(summary, "products", "lost") + " / " + whole(summary, "products", "duplicated"),
        "products lost / duplicated");
    tile(
        page,
        whole(summary, "workers", "restarts") + "",
        whole(summary, "workers", "restarts") == 1 ? "worker restart" : "worker restarts");
    if (summary.has("score")) {
      tile(
          page,
          String.format(Locale.ROOT, "%.3f", number(summary, 0, "score", "iou")),
          "IoU against the rig's truth");
    }
    tile(
        page,
        String.format(Locale.ROOT, "%.0f s", number(summary, 0, "duration")),
        String.format(
            Locale.ROOT, "for %.0f s of mission time", number(summary, 0, "mission_seconds")));
    page.append("</section>\n");
  }

  private static void tile(StringBuilder page, String value, String name) {
    page.append("<div><b>")
        .append(Html.escape(value))
        .append("</b><span>")
        .append(Html.escape(name))
        .append("</span></div>");
  }

  private void pictures(StringBuilder page) {
    page.append("<section class=\"pictures\"><h2>Frames</h2>\n");
    page.append(
        "<input type=\"checkbox\" id=\"masks\" checked><label for=\"masks\">show cloud masks</label>\n<div class=\"grid\">");
    int shown = 0;
    for (JsonObject frame : frames) {
      if (shown++ == MOST_PICTURES) {
        break;
      }
      picture(page, frame);
    }
    page.append("</div>");
    if (frames.size() > MOST_PICTURES) {
      page.append("<p>").append(frames.size() - MOST_PICTURES).append(" more in stac/.</p>");
    }
    page.append("</section>\n");
  }

  private void picture(StringBuilder page, JsonObject frame) {
    String source = Html.escape(text(frame, "source"));
    page.append("<figure class=\"frame\"><div>");
    boolean inferred = text(frame, "outcome").equals("INFERRED");
    Optional<String> thumbnail =
        text(frame, "thumbnail").isEmpty()
            ? Optional.empty()
            : Pictures.inline(flight.resolve(text(frame, "thumbnail")), "image/jpeg");
    thumbnail.ifPresent(
        address ->
            page.append("<img src=\"")
                .append(address)
                .append("\" alt=\"")
                .append(source)
                .append("\">"));
    if (!text(frame, "cloud_mask").isEmpty()) {
      Pictures.overlay(flight.resolve(text(frame, "cloud_mask")))
          .ifPresent(
              address ->
                  page.append("<img class=\"mask\" src=\"")
                      .append(address)
                      .append("\" alt=\"cloud mask\">"));
    }
    page.append("</div><figcaption><b>").append(source).append("</b><br>");
    if (inferred) {
      page.append(
          String.format(
              Locale.ROOT,
              "%.1f %% cloud &middot; %s &middot; %.0f ms",
              100 * number(frame, 0, "cloud_fraction"),
              Html.escape(text(frame, "card")),
              number(frame, 0, "inference_milliseconds")));
      if (thumbnail.isEmpty()) {
        page.append("<br>the cloud mask alone: too cloudy for a thumbnail");
      }
    } else {
      page.append(Html.escape(text(frame, "outcome").toLowerCase(Locale.ROOT)))
          .append(": ")
          .append(Html.escape(text(frame, "reason")));
    }
    page.append("</figcaption></figure>\n");
  }

  private void checks(StringBuilder page) {
    page.append("<section><h2>Checks</h2><table><tbody>\n");
    for (JsonObject check : JsonFiles.children(summary, "checks")) {
      boolean passed = text(check, "passed").equals("true");
      page.append("<tr><td><span class=\"verdict ")
          .append(passed ? "pass\">pass" : "fail\">FAIL")
          .append("</span></td><th>")
          .append(Html.escape(text(check, "name").replace('_', ' ')))
          .append("</th><td>")
          .append(Html.escape(text(check, "detail")))
          .append("</td></tr>\n");
    }
    page.append("</tbody></table></section>\n");
  }

  private void table(StringBuilder page) {
    page.append("<section><h2>In numbers</h2><table><tbody>\n");
    for (String group :
        List.of(
            "frames", "bytes", "products", "workers", "commands", "events", "score", "versions")) {
      JsonObject values = JsonFiles.child(summary, group);
      StringBuilder text = new StringBuilder();
      for (String name : values.keySet()) {
        text.append(text.isEmpty() ? "" : " &middot; ")
            .append(Html.escape(name.replace('_', ' ').toLowerCase(Locale.ROOT)))
            .append(" <b>")
            .append(Html.escape(text(values, name)))
            .append("</b>");
      }
      if (!text.isEmpty()) {
        page.append("<tr><th>")
            .append(group)
            .append("</th><td>")
            .append(text)
            .append("</td></tr>\n");
      }
    }
    page.append("<tr><th>flight</th><td>seed <b>")
        .append(whole(summary, "seed"))
        .append("</b> &middot; speed <b>")
        .append(number(summary, 0, "speed"))
        .append("</b> &middot; cards <b>")
        .append(whole(summary, "cards"))
        .append("</b></td></tr>\n</tbody></table></section>\n");
  }

  private void events(StringBuilder page) throws IOException {
    double epoch = number(summary, 1e12, "mission_epoch_nanos");
    List<JsonObject> events = JsonFiles.lines(flight.resolve("events.jsonl"));
    events.sort(
        java.util.Comparator.comparingDouble(
            event -> number(event, Double.POSITIVE_INFINITY, "mission_nanos")));
    page.append(
        "<section><h2>Events</h2><table class=\"events\"><thead><tr><th>s</th><th>severity</th><th>event</th><th></th></tr></thead><tbody>\n");
    int shown = 0;
    for (JsonObject event : events) {
      if (shown++ == MOST_EVENTS) {
        break;
      }
      String severity = text(event, "severity");
      page.append("<tr class=\"")
          .append(Html.escape(severity.toLowerCase(Locale.ROOT)))
          .append("\"><td>");
      if (event.has("mission_nanos")) {
        page.append(
            String.format(Locale.ROOT, "%.1f", (number(event, 0, "mission_nanos") - epoch) / 1e9));
      }
      page.append("</td><td>")
          .append(Html.escape(severity))
          .append("</td><td>")
          .append(Html.escape(text(event, "source") + "/" + text(event, "name")))
          .append("</td><td>")
          .append(Html.escape(text(event, "text")))
          .append("</td></tr>\n");
    }
    page.append("</tbody></table>");
    if (events.size() > MOST_EVENTS) {
      page.append("<p>").append(events.size() - MOST_EVENTS).append(" more in events.jsonl.</p>");
    }
    page.append("</section>\n");
  }

  private static String percent(double fraction) {
    return String.format(Locale.ROOT, "%.2f %%", 100 * fraction);
  }

  private static final String STYLE =
      """
      :root{--paper:#fbfbf9;--ink:#1c1d1f;--soft:#66696e;--line:#dcdcd6;--card:#fff;--good:#14804a;--bad:#c4262e;
      --c0:#2668c5;--c1:#d9820f;--c2:#0f8f7a;--c3:#a13fb0;--c4:#6f7d1c;--c5:#c0433c;--shadow:#8b8fa33a;--up:#2aa16b2e}
      @media (prefers-color-scheme:dark){:root{--paper:#15171a;--ink:#e9e9e6;--soft:#9da1a8;--line:#33373d;--card:#1d2025;
      --good:#4cc38a;--bad:#ff6b6b;--c0:#6ea8ff;--c1:#f3ae4f;--c2:#45cdb3;--c3:#d98be6;--c4:#c1cf5d;--c5:#ff8a82;
      --shadow:#aab0c82e;--up:#45cd8a2b}}
      *{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);
      font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
      header,main{max-width:1040px;margin:auto;padding:0 20px}header{padding-top:28px}
      h1{font-size:26px;margin:0 0 4px;letter-spacing:-.01em}h2{font-size:18px;margin:34px 0 10px}
      header p{margin:0 0 6px;color:var(--soft)}.verdict{font-weight:600;white-space:nowrap}.unit{color:var(--soft);font-size:13px}.pass{color:var(--good)!important}
      .fail{color:var(--bad)!important}
      .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin-top:20px}
      .tiles div{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 14px}
      .tiles b{display:block;font-size:22px;font-variant-numeric:tabular-nums}.tiles span{color:var(--soft);font-size:13px}
      .plot{margin:0 0 14px;background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 14px 6px}
      .plot svg{width:100%;height:auto;display:block}.plot text{fill:var(--soft);font-size:11px}
      .plot .rule{stroke:var(--line);stroke-width:1}.plot line.limit{stroke:var(--bad);stroke-dasharray:5 4}
      .plot text.limit{fill:var(--bad)}.line{fill:none;stroke-width:1.6;stroke-linejoin:round}
      .key{margin-left:16px;color:var(--soft);font-size:13px;white-space:nowrap}
      .key i{display:inline-block;width:14px;height:4px;border-radius:2px;margin-right:6px;vertical-align:middle}
      .key i.shadow,.key i.up{height:12px}
      .c0{stroke:var(--c0)}.c1{stroke:var(--c1)}.c2{stroke:var(--c2)}.c3{stroke:var(--c3)}.c4{stroke:var(--c4)}
      .c5,.c6,.c7{stroke:var(--c5)}
      i.c0{background:var(--c0)}i.c1{background:var(--c1)}i.c2{background:var(--c2)}i.c3{background:var(--c3)}
      i.c4{background:var(--c4)}i.c5,i.c6,i.c7{background:var(--c5)}
      .shadow{fill:var(--shadow)}i.shadow{background:var(--shadow)}.up{fill:var(--up)}i.up{background:var(--up)}
      .grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:14px;margin-top:10px}
      .frame{margin:0}.frame div{position:relative;aspect-ratio:1;background:#0b0d10;border-radius:8px;overflow:hidden}
      .frame img{position:absolute;inset:0;width:100%;height:100%;object-fit:contain}
      .mask{opacity:0}#masks:checked~.grid .mask{opacity:.5}
      .frame figcaption{font-size:12px;color:var(--soft);overflow-wrap:anywhere;margin-top:4px}
      .frame b{color:var(--ink);font-weight:600}
      table{border-collapse:collapse;width:100%;background:var(--card);border:1px solid var(--line);font-size:14px}
      th,td{text-align:left;vertical-align:top;padding:6px 10px;border-top:1px solid var(--line);overflow-wrap:anywhere}
      th{white-space:nowrap;font-weight:600}.events td{font-size:13px;font-variant-numeric:tabular-nums}
      .warning td:nth-child(2){color:var(--c1);font-weight:600}
      .error td:nth-child(2),.critical td:nth-child(2){color:var(--bad);font-weight:600}
      label{margin-left:6px;color:var(--soft)}main{padding-bottom:48px}
      """;
}
