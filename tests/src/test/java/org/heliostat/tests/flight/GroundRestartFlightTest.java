package org.heliostat.tests.flight;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.heliostat.core.recorder.Recorder.Priority;
import org.heliostat.tests.broker.Mosquitto;
import org.heliostat.tests.link.LineFaults;
import org.heliostat.tests.link.LinkFlight;
import org.heliostat.tests.link.LinkMission;
import org.heliostat.tests.link.PlannedProduct;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The ground station is killed in the middle of what comes down and goes up, and started again. */
class GroundRestartFlightTest {
  private static final int PRODUCT_BYTES = 480_000;
  private static final int ALL_PARTS = 30;

  /** Of the product, before the kill. */
  private static final int PARTS_BEFORE = 14;

  /** Twice what the window holds. */
  private static final int PARTS_UNDER_WAY = 8;

  private static final int FILE_BYTES = 400_000;
  private static final double PRODUCT_SECONDS = 20;

  @TempDir private Path folder;

  private FlightRun upload(LinkFlight flight, Path file) throws IOException {
    JsonObject description = new JsonObject();
    description.addProperty("pid", ProcessHandle.current().pid());
    description.addProperty("socket", flight.operators().toString());
    description.addProperty("signer", flight.signer().toString());
    description.addProperty("spacecraft_id", 42);
    Files.writeString(flight.out().resolve("flight.json"), description.toString());
    return FlightRun.start(
        Files.createDirectory(folder.resolve("verb")),
        Map.of(),
        "upload",
        file.toString(),
        "--to",
        "models/m",
        "--version",
        "1",
        "--flight",
        flight.out().toString(),
        "--wait",
        "100");
  }

  @Test
  void aProductInPartsComesOnceAndAFileGoesUpWhole() throws Exception {
    Path file = folder.resolve("file");
    byte[] content = new byte[FILE_BYTES];
    new Random(3).nextBytes(content);
    Files.write(file, content);
    LinkFlight.Plan plan =
        new LinkFlight.Plan(
            FlightRun.ROOT,
            folder.resolve("out"),
            LinkMission.of(FlightRun.ROOT, List.of(), 64),
            LinkMission.scenario(List.of()),
            List.of(
                new PlannedProduct(
                    LinkMission.missionNanos(PRODUCT_SECONDS),
                    "large",
                    PRODUCT_BYTES,
                    Priority.PRODUCT,
                    true)),
            new LineFaults(60_000, 50_000, 20_000_000L, 0, 0, 0),
            1,
            5);
    try (Mosquitto broker = Mosquitto.start(folder.resolve("broker"));
        LinkFlight flight = LinkFlight.start(plan, "127.0.0.1:" + broker.port())) {
      flight.await("the first parts", () -> flight.counter("parts") >= PARTS_BEFORE);
      assertThat(flight.lines("frames.jsonl")).isEmpty();
      flight.killGroundAndStartItAgain();
      flight.await("the product", () -> !flight.lines("frames.jsonl").isEmpty());

      Path placed = flight.data().resolve("files/models/m");
      try (FlightRun upload = upload(flight, file)) {
        upload.awaitOutput("UPLOAD_RECEIVING [3-9]0 %");
        assertThat(placed).doesNotExist();
        // what the first station had was not sent again, but for what it had not told of
        assertThat(flight.counter("parts"))
            .isPositive()
            .isLessThan(ALL_PARTS - PARTS_BEFORE + PARTS_UNDER_WAY);
        flight.killGroundAndStartItAgain();
        assertThat(upload.exitCode()).as(upload.output()).isZero();
      }
      assertThat(placed).hasSameBinaryContentAs(file);

      assertThat(flight.end()).isTrue();
      assertThat(flight.counter("damaged")).isZero();
      assertThat(flight.lines("frames.jsonl")).hasSize(1);
      assertThat(flight.lines("frames.jsonl").get(0).get("id").getAsString()).isEqualTo("large");
      assertThat(flight.lines("events.jsonl").toString()).contains("\"BOOT\"");
    }
  }
}
