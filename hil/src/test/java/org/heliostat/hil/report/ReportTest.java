package org.heliostat.hil.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A page of anything that a flight may leave. */
class ReportTest {
  private static final String EVIL = "<script>alert('x')</script>\\\"&";

  @TempDir private Path flight;

  @Test
  void whatCameFromOutsideIsEscaped() throws IOException {
    Files.writeString(
        flight.resolve("summary.json"),
        """
        {"id":"%1$s","mission":"%1$s","passed":false,
         "checks":[{"name":"%1$s","passed":false,"detail":"%1$s"}]}"""
            .formatted(EVIL));
    Files.writeString(
        flight.resolve("frames.jsonl"),
        "{\"source\":\"%1$s\",\"outcome\":\"DECLINED\",\"reason\":\"%1$s\"}\n".formatted(EVIL));
    Files.writeString(
        flight.resolve("events.jsonl"),
        "{\"severity\":\"%1$s\",\"source\":\"%1$s\",\"text\":\"%1$s\"}\n".formatted(EVIL));
    String page = page();
    assertThat(page).doesNotContain("<script").doesNotContain("alert('x')");
    assertThat(page).contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;");
  }

  @Test
  void plotsShowWhatRigAndTelemetryHold() throws IOException {
    Files.writeString(flight.resolve("summary.json"), "{\"mission_epoch_nanos\":1000000000000}");
    Files.writeString(
        flight.resolve("rig.jsonl"),
        """
        {"t":1,"bus_w":60,"solar_w":280,"battery_soc":0.8,"sunlight":1,"link":true,"board_c":20,"radiator_c":10,"cards":[{"w":15,"c":24}]}
        {"t":9,"bus_w":70,"solar_w":0,"battery_soc":0.7,"sunlight":0,"link":false,"board_c":20,"radiator_c":10,"cards":[{"w":25,"c":34}]}
        """);
    Files.writeString(
        flight.resolve("telemetry.jsonl"),
        "{\"mission_nanos\":1005000000000,\"backlog_records\":3}\n");
    String page = page();
    assertThat(page.split("<svg", -1)).hasSize(5);
    assertThat(page).contains("card 0").doesNotContain("NaN").doesNotContain("http");
  }

  @Test
  void aFrameWithoutThumbnailShowsItsMaskAndSaysSo() throws IOException {
    Files.writeString(
        flight.resolve("frames.jsonl"),
        "{\"source\":\"a\",\"outcome\":\"INFERRED\",\"cloud_fraction\":0.9}\n");
    assertThat(page()).contains("<br>the cloud mask alone: too cloudy for a thumbnail");
  }

  @Test
  void anEmptyFolderMakesAPage() throws IOException {
    assertThat(page()).contains("Heliostat flight report").endsWith("</html>\n");
  }

  private String page() throws IOException {
    Path file = flight.resolve("report.html");
    Report.write(flight, file);
    return Files.readString(file);
  }
}
