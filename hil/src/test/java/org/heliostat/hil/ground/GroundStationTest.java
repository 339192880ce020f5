package org.heliostat.hil.ground;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.heliostat.hil.rig.MissionTime;
import org.heliostat.protocol.KeyMaker;
import org.heliostat.protocol.TlsConfig;
import org.heliostat.protocol.TlsMaterial;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GroundStationTest {
  private static final long LOOK_NANOS = 500_000_000L;
  private static final int LOOKS = 20;

  @TempDir private Path folder;

  @Test
  void whyTheBrokerIsNotThereIsToldOnce() throws Exception {
    KeyMaker.make(folder.resolve("board"), folder.resolve("station"));
    AtomicLong clock = new AtomicLong();
    Optional<TlsMaterial> tls =
        Optional.of(
            new TlsMaterial(
                TlsConfig.newBuilder().setTrust("ca.pem").build(), folder, Optional::empty));
    AtomicInteger looks = new AtomicInteger();
    Path out = folder.resolve("out");
    try (GroundStation station =
        new GroundStation(
            out,
            new GroundStation.Broker("ssl://127.0.0.1:1", tls),
            7,
            GroundKeys.open(folder.resolve("station"), new Random(2)::nextBytes),
            new MissionTime(0, 0, 0, 1_000_000),
            clock::get)) {
      station.run(
          () -> {
            clock.addAndGet(LOOK_NANOS);
            return looks.incrementAndGet() > LOOKS;
          });
      assertThat(Files.readString(out.resolve("ground.json")))
          .contains("\"connected\":false", "\"broker_trouble\":\"there is no ");
    }
    assertThat(Files.readAllLines(out.resolve("events.jsonl")))
        .filteredOn(line -> line.contains("\"BROKER_REFUSED\""))
        .hasSize(1)
        .allMatch(line -> line.contains("ca.pem"));
  }
}
