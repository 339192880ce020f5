package org.heliostat.tests.flight;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.heliostat.tests.broker.Certificates;
import org.heliostat.tests.broker.Mosquitto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole flight through mosquitto, over TLS with certificates of all ends. */
class MosquittoFlightTest {
  @TempDir private Path folder;

  @Test
  void theDefaultMissionFliesThroughMosquittoOverTls() throws Exception {
    Mosquitto.assumeInstalled();
    Certificates made = Certificates.make(folder.resolve("keys"));
    Path mission = folder.resolve("mission.textproto");
    Files.writeString(
        mission,
        Files.readString(FlightRun.ROOT.resolve("payload-ai/src/main/missions/default.textproto"))
            .replace(
                "link {",
                "link { tls { trust: \"%s\" certificate: \"%s\" key: \"%s\" }"
                    .formatted(
                        made.file("ca.pem"), made.file("client.pem"), made.file("client.key"))));
    try (Mosquitto broker =
            Mosquitto.start(
                folder,
                "cafile " + made.file("ca.pem"),
                "certfile " + made.file("broker.pem"),
                "keyfile " + made.file("broker.key"),
                "require_certificate true");
        FlightRun run =
            FlightRun.run(
                folder,
                "--mission",
                mission.toString(),
                "--frame-count",
                "3",
                "--broker",
                "ssl://127.0.0.1:" + broker.port(),
                "--tls-trust",
                made.file("ca.pem").toString(),
                "--tls-certificate",
                made.file("client.pem").toString(),
                "--tls-key",
                made.file("client.key").toString())) {
      assertThat(run.exitCode()).as(run.output()).isZero();
      assertThat(run.failedChecks()).isEmpty();
      assertThat(run.number("products", "delivered")).isEqualTo(3);
      assertThat(broker.log()).contains("heliostat-42", "heliostat-ground-42");
    }
    // beacons came, and each of them read
    assertThat(left("ground.json")).contains("\"beacons_not_read\":0");
    assertThat(List.of(left("telemetry.jsonl").split("\n", -1)))
        .anyMatch(line -> line.contains("\"beacon\":") && line.contains("\"bus_volts\":"));
  }

  private String left(String file) throws IOException {
    return Files.readString(folder.resolve("out").resolve(file));
  }
}
