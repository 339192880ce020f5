package org.heliostat.payload.card;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.heliostat.hal.CardReading;
import org.heliostat.payload.TestFlight;
import org.heliostat.payload.TestFrames;
import org.heliostat.payload.manager.PayloadEvent;
import org.heliostat.protocol.CardState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Cards with real worker processes that work, die, hang and refuse. */
@Timeout(60)
class CardPoolTest {
  private static final long LONG_MILLIS = 30_000;

  @TempDir private Path folder;
  private Path run;

  @BeforeEach
  void runFolder() throws IOException {
    // a Unix socket's path is short, so not in a folder that a test framework names
    run = Files.createTempDirectory("p");
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    Files.deleteIfExists(run.resolve("misbehaved"));
    assertThat(run).isEmptyDirectory();
    Files.delete(run);
    assertThat(ProcessHandle.current().children()).isEmpty();
  }

  private FrameJob job(int number) throws IOException {
    return new FrameJob(
        number,
        TestFrames.planar(
            folder.resolve("f" + number),
            "f" + number,
            8,
            4,
            List.of("blue"),
            TestFrames.smooth(number)),
        folder.resolve("r" + number),
        0);
  }

  private TestFlight flight(int cards, String behaviour) throws IOException {
    return new TestFlight(folder, run, cards, behaviour);
  }

  private static List<JobResult> results(CardPool pool, int count) throws InterruptedException {
    List<JobResult> results = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      results.add(pool.finished(LONG_MILLIS).orElseThrow());
    }
    return results;
  }

  private static CardState state(CardPool pool) {
    return pool.status().get(0).getState();
  }

  @Test
  void aJobIsDoneAndItsResultLiesThere() throws Exception {
    TestFlight flight = flight(1, "works");
    try (CardPool pool = new CardPool(flight.services, TestFlight.model())) {
      pool.submit(job(1));
      pool.submit(job(2));
      List<JobResult> results = results(pool, 2);
      assertThat(results).extracting(result -> result.job().number()).containsExactly(1L, 2L);
      JobResult.Done done = (JobResult.Done) results.get(0);
      assertThat(done.card()).isEqualTo("card0");
      assertThat(done.dispatchCelsius()).isEqualTo(40);
      assertThat(done.job().result()).hasSize(4 * 8 * 4);
      assertThat(flight.count(PayloadEvent.WORKER_STARTED)).isEqualTo(1);
      assertThat(flight.count(PayloadEvent.WORKER_DIED)).isZero();
      assertThat(pool.finished(0)).isEmpty();
    }
  }

  @Test
  void twoCardsShareTheQueue() throws Exception {
    try (CardPool pool = new CardPool(flight(2, "works").services, TestFlight.model())) {
      for (int i = 1; i <= 6; i++) {
        pool.submit(job(i));
      }
      assertThat(results(pool, 6)).allMatch(JobResult.Done.class::isInstance);
      assertThat(pool.status()).hasSize(2);
    }
  }

  @Test
  void noWorkerIsAwaitedWhereOneOfAnEarlierFlightMayCome() throws Exception {
    Path left = Files.createFile(run.resolve("w-card0-old.sock"));
    try (CardPool pool = new CardPool(flight(1, "dies-once").services, TestFlight.model())) {
      assertThat(left).doesNotExist();
      pool.submit(job(1));
      List<JobResult> unused = results(pool, 1);
      Path first = Path.of(Files.readString(run.resolve("misbehaved")));
      assertThat(first.getParent()).isEqualTo(run);
      assertThat(first).doesNotExist();
      try (Stream<Path> sockets = Files.list(run)) {
        assertThat(sockets.filter(path -> path.toString().endsWith(".sock"))).hasSize(1);
      }
    }
  }

  @Test
  void aWorkerThatDiesInMidFrameCostsOneRetry() throws Exception {
    TestFlight flight = flight(1, "dies-once");
    try (CardPool pool = new CardPool(flight.services, TestFlight.model())) {
      pool.submit(job(1));
      pool.submit(job(2));
      List<JobResult> results = results(pool, 2);
      // the job that came back goes first
      assertThat(results).extracting(result -> result.job().number()).containsExactly(1L, 2L);
      assertThat(results).allMatch(JobResult.Done.class::isInstance);
      assertThat(results).extracting(result -> result.job().attempts()).containsExactly(1, 0);
      assertThat(flight.count(PayloadEvent.WORKER_DIED)).isEqualTo(1);
      assertThat(flight.count(PayloadEvent.FRAME_DELAYED)).isEqualTo(1);
      assertThat(flight.reported.toString()).contains("exit code 7");
      assertThat(flight.state.get().getWorkerRestarts()).isEqualTo(1);
      assertThat(pool.status().get(0).getRestarts()).isEqualTo(1);
    }
  }

  @Test
  void aWorkerThatHangsIsKilledAndItsFrameIsDoneByTheNext() throws Exception {
    TestFlight flight = flight(1, "hangs-once");
    try (CardPool pool = new CardPool(flight.services, TestFlight.model())) {
      pool.submit(job(1));
      JobResult result = results(pool, 1).get(0);
      assertThat(result).isInstanceOf(JobResult.Done.class);
      assertThat(result.job().attempts()).isEqualTo(1);
      assertThat(flight.reported.toString()).contains("hangs");
      assertThat(ProcessHandle.current().children()).hasSize(1);
    }
  }

  @Test
  void aWorkerThatDoesNotConnectWithinTheMissionsDeadlineCountsAsHung() throws Exception {
    TestFlight flight = flight(1, "never-connects");
    try (CardPool pool = new CardPool(flight.services, TestFlight.model())) {
      pool.submit(job(1));
      assertThat(results(pool, 1)).allMatch(JobResult.Declined.class::isInstance);
      assertThat(flight.reported.toString()).contains("did not connect in time");
      assertThat(flight.count(PayloadEvent.CARD_QUARANTINED)).isEqualTo(1);
      assertThat(ProcessHandle.current().children()).isEmpty();
    }
  }

  @Test
  void aCardWithoutPowerHasNoWorkerAndTheFrameWaits() throws Exception {
    TestFlight flight = flight(1, "works");
    AtomicBoolean on = new AtomicBoolean();
    when(flight.hardware.powered(any())).thenAnswer(call -> on.get());
    try (CardPool pool = new CardPool(flight.services, TestFlight.model())) {
      pool.submit(job(1));
      awaitState(pool, CardState.CARD_OFF);
      assertThat(ProcessHandle.current().children()).isEmpty();
      on.set(true);
      assertThat(results(pool, 1)).allMatch(JobResult.Done.class::isInstance);
    }
  }

  @Test
  void aCardThatDoesNotAnswerHasNoWorker() throws Exception {
    TestFlight flight = flight(1, "works");
    Optional<CardReading> answer = flight.reading.getAndSet(Optional.empty());
    try (CardPool pool = new CardPool(flight.services, TestFlight.model())) {
      pool.submit(job(1));
      awaitState(pool, CardState.CARD_OFF);
      flight.reading.set(answer);
      assertThat(results(pool, 1)).allMatch(JobResult.Done.class::isInstance);
    }
  }

  /** The rail goes as soon as the worker hangs, in mid-frame or while it loads its model. */
  @ParameterizedTest
  @ValueSource(strings = {"hangs-once", "hangs-in-load-once"})
  void aWorkerWhoseRailGoesEndsWithoutBlameAndItsFrameCostsNoAttempt(String behaviour)
      throws Exception {
    TestFlight flight = flight(1, behaviour);
    AtomicBoolean back = new AtomicBoolean();
    when(flight.hardware.powered(any()))
        .thenAnswer(call -> back.get() || !Files.exists(run.resolve("misbehaved")));
    try (CardPool pool = new CardPool(flight.services, TestFlight.model())) {
      pool.submit(job(1));
      awaitState(pool, CardState.CARD_OFF);
      back.set(true);
      JobResult result = results(pool, 1).get(0);
      assertThat(result).isInstanceOf(JobResult.Done.class);
      assertThat(result.job().attempts()).isZero();
      assertThat(flight.count(PayloadEvent.CARD_UNPOWERED)).isEqualTo(1);
      assertThat(flight.count(PayloadEvent.WORKER_DIED)).isZero();
      assertThat(flight.state.get().getWorkerRestarts()).isZero();
    }
  }

  private static void awaitState(CardPool pool, CardState wanted) {
    while (state(pool) != wanted) {
      Thread.onSpinWait();
    }
  }

  @Test
  void aCardWhoseWorkerAlwaysDiesIsQuarantinedAndItsJobsEnd() throws Exception {
    TestFlight flight = flight(1, "dies-always");
    try (CardPool pool = new CardPool(flight.services, TestFlight.model())) {
      pool.submit(job(1));
      pool.submit(job(2));
      pool.submit(job(3));
      List<JobResult> results = results(pool, 3);
      // three attempts at the first, two at the second, then five deaths are enough
      assertThat(results.get(0)).isInstanceOf(JobResult.Failed.class);
      assertThat(((JobResult.Failed) results.get(0)).reason())
          .contains("given up after 3 attempts", "exit code 7");
      assertThat(results.subList(1, 3)).allMatch(JobResult.Declined.class::isInstance);
      assertThat(flight.count(PayloadEvent.CARD_QUARANTINED)).isEqualTo(1);
      assertThat(flight.count(PayloadEvent.WORKER_DIED)).isEqualTo(5);
      assertThat(state(pool)).isEqualTo(CardState.QUARANTINED);
      pool.submit(job(4));
      assertThat(results(pool, 1).get(0)).isInstanceOf(JobResult.Declined.class);
    }
  }

  @Test
  void aModelThatTheWorkerRefusesDeclinesEveryJobWithTheReason() throws Exception {
    TestFlight flight = flight(1, "refuses-model");
    try (CardPool pool = new CardPool(flight.services, TestFlight.model())) {
      pool.submit(job(1));
      JobResult.Declined declined = (JobResult.Declined) results(pool, 1).get(0);
      assertThat(declined.reason()).contains("m1 refused", "no input x");
      assertThat(flight.count(PayloadEvent.MODEL_REFUSED)).isEqualTo(1);
      assertThat(state(pool)).isEqualTo(CardState.DOWN);
    }
  }

  @Test
  void aWorkerOfAnotherProtocolIsNotUsed() throws Exception {
    TestFlight flight = flight(1, "speaks-another-protocol");
    try (CardPool pool = new CardPool(flight.services, TestFlight.model())) {
      pool.submit(job(1));
      JobResult.Declined declined = (JobResult.Declined) results(pool, 1).get(0);
      assertThat(declined.reason()).contains("protocol 99");
    }
  }

  @Test
  void aFrameThatTheWorkerRefusesIsDeclinedAndTheWorkerLivesOn() throws Exception {
    TestFlight flight = flight(1, "refuses-frame");
    try (CardPool pool = new CardPool(flight.services, TestFlight.model())) {
      pool.submit(job(1));
      pool.submit(job(2));
      assertThat(results(pool, 2))
          .allSatisfy(
              result ->
                  assertThat(((JobResult.Declined) result).reason()).isEqualTo("no such band"));
      assertThat(flight.count(PayloadEvent.WORKER_STARTED)).isEqualTo(1);
    }
  }

  @Test
  void aFullDiskPostponesAFrameAndBlamesNeitherFrameNorWorker() throws Exception {
    TestFlight flight = flight(1, "has-no-room");
    try (CardPool pool = new CardPool(flight.services, TestFlight.model())) {
      pool.submit(job(1));
      JobResult first = results(pool, 1).get(0);
      assertThat(first).isEqualTo(new JobResult.Postponed(first.job(), "disk full"));
      assertThat(first.job().attempts()).isZero();
      pool.submit(first.job());
      assertThat(results(pool, 1).get(0)).isInstanceOf(JobResult.Postponed.class);
      assertThat(flight.count(PayloadEvent.WORKER_DIED)).isZero();
    }
  }

  @Test
  void aHotCardGetsNoWorkUntilItHasCooled() throws Exception {
    TestFlight flight = flight(1, "works");
    flight.reading.set(Optional.of(new CardReading(90, 20, 70, 0.5, 0, 0)));
    try (CardPool pool = new CardPool(flight.services, TestFlight.model())) {
      pool.submit(job(1));
      assertThat(pool.finished(1_500)).isEmpty();
      flight.reading.set(Optional.of(new CardReading(75, 20, 70, 0.5, 0, 0)));
      assertThat(pool.finished(200)).isEmpty();
      flight.reading.set(Optional.of(new CardReading(60, 20, 70, 0.5, 0, 0)));
      assertThat(((JobResult.Done) results(pool, 1).get(0)).dispatchCelsius()).isEqualTo(60);
      assertThat(flight.count(PayloadEvent.CARD_HOT)).isEqualTo(1);
      assertThat(flight.count(PayloadEvent.CARD_COOL)).isEqualTo(1);
    }
  }

  @Test
  void aCardThatBecomesHotWhileItWaitsForWorkGetsNone() throws Exception {
    TestFlight flight = flight(1, "works");
    try (CardPool pool = new CardPool(flight.services, TestFlight.model())) {
      pool.submit(job(1));
      assertThat(results(pool, 1).get(0)).isInstanceOf(JobResult.Done.class);
      // it has looked at the heat and waits for a job
      flight.reading.set(Optional.of(new CardReading(90, 20, 70, 0.5, 0, 0)));
      pool.submit(job(2));
      assertThat(pool.finished(300)).isEmpty();
      flight.reading.set(Optional.of(new CardReading(60, 20, 70, 0.5, 0, 0)));
      JobResult.Done done = (JobResult.Done) results(pool, 1).get(0);
      assertThat(done.dispatchCelsius()).isEqualTo(60);
      assertThat(done.job().attempts()).isZero();
    }
  }

  @Test
  void aCardThatCannotBeOpenedIsOutOfUse() throws Exception {
    TestFlight flight = flight(1, "works");
    when(flight.hardware.hasCard(anyString())).thenReturn(false);
    try (CardPool pool = new CardPool(flight.services, TestFlight.model())) {
      pool.submit(job(1));
      assertThat(((JobResult.Declined) results(pool, 1).get(0)).reason())
          .contains("cannot be opened");
      assertThat(flight.count(PayloadEvent.CARD_DOWN)).isEqualTo(1);
    }
  }

  @Test
  void aWorkerThatCannotBeStartedEndsInQuarantine() throws Exception {
    TestFlight flight = flight(1, "works");
    Files.delete(folder.resolve("worker.sh"));
    try (CardPool pool = new CardPool(flight.services, TestFlight.model())) {
      pool.submit(job(1));
      assertThat(results(pool, 1).get(0)).isInstanceOf(JobResult.Declined.class);
      assertThat(flight.reported.toString()).contains("not an executable file");
      assertThat(state(pool)).isEqualTo(CardState.QUARANTINED);
    }
  }
}
