package org.heliostat.hil.ground;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.heliostat.hil.report.JsonFiles;
import org.heliostat.hil.rig.MissionTime;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.KeyMaker;
import org.heliostat.protocol.Stage;
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

  private static CommandReport report(long counter, Stage stage) {
    return CommandReport.newBuilder()
        .setCounter(counter)
        .setCommand("noop")
        .setStage(stage)
        .setReason("why")
        .setMissionNanos(9)
        .build();
  }

  @Test
  void whatAKilledStationHasKeptAndNotNotedIsInTheAuditLogOnce() throws Exception {
    KeyMaker.make(folder.resolve("board"), folder.resolve("station"));
    Path out = folder.resolve("out");
    // never closed: a kill has ended it between keeping the last stages and noting them
    DiskArchive killed = new DiskArchive(out, new MissionUtc(0, 0), 7, new Counters());
    List<CommandReport> reports =
        List.of(
            report(5, Stage.ACCEPTED),
            report(5, Stage.COMPLETED),
            report(0, Stage.COMPLETED),
            report(6, Stage.FAILED),
            report(7, Stage.STARTED));
    for (int record = 0; record < reports.size(); record++) {
      assertThat(
              killed.store(
                  Downlink.newBuilder()
                      .setRecord(record + 1)
                      .setCommandReport(reports.get(record))
                      .build()))
          .isTrue();
    }
    AuditLog noted =
        new AuditLog(out.resolve("commands.jsonl"), InstantSource.fixed(Instant.EPOCH));
    noted.note(report(5, Stage.ACCEPTED));
    // nothing ends twice
    noted.note(report(6, Stage.COMPLETED));
    for (int start = 0; start < 2; start++) {
      try (GroundStation station =
          new GroundStation(
              out,
              new GroundStation.Broker("tcp://127.0.0.1:1", Optional.empty()),
              7,
              GroundKeys.open(folder.resolve("station"), new Random(2)::nextBytes),
              new MissionTime(0, 0, 0, 1_000_000),
              () -> 0)) {
        assertThat(station.desk().json().get("open").getAsInt()).isZero();
      }
      assertThat(JsonFiles.lines(out.resolve("commands.jsonl")))
          .extracting(line -> line.get("counter") + " " + line.get("stage").getAsString())
          .containsExactly("5 ACCEPTED", "6 COMPLETED", "5 COMPLETED", "7 STARTED");
    }
    JsonObject line = JsonFiles.lines(out.resolve("commands.jsonl")).get(2);
    assertThat(line.get("command").getAsString()).isEqualTo("noop");
    assertThat(line.get("reason").getAsString()).isEqualTo("why");
    assertThat(line.get("mission_nanos").getAsLong()).isEqualTo(9);
  }
}
