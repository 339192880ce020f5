package org.heliostat.payload.card;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.heliostat.core.app.Services;
import org.heliostat.core.mission.MissionFile;
import org.heliostat.payload.model.ModelFolder;
import org.heliostat.protocol.CardConfig;
import org.heliostat.protocol.CardStatus;
import org.heliostat.protocol.DeviceConfig;

/**
 * The compute cards that are in use and the queue before them: any cool card takes the next job. A
 * job ends in exactly one {@link JobResult}. The queue is bounded by its one submitter, which holds
 * no more than the mission's frames in flight. Thread-safe.
 */
public final class CardPool implements AutoCloseable {
  private static final long JOIN_MILLIS = 5_000;

  private final LinkedBlockingDeque<FrameJob> waiting = new LinkedBlockingDeque<>();
  private final LinkedBlockingQueue<JobResult> finished = new LinkedBlockingQueue<>();
  private final List<CardSupervisor> supervisors = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final int maxAttempts;
  private volatile String whyNone = "no compute card is usable";

  /** Starts a worker for each card in use. */
  public CardPool(Services services, ModelFolder model) throws IOException {
    WorkerProcess.removeSockets(services.run());
    this.maxAttempts = services.mission().getPayload().getMaxAttempts();
    for (CardConfig card : MissionFile.activeCards(services.mission())) {
      DeviceConfig device =
          services.mission().getDevicesList().stream()
              .filter(one -> one.getName().equals(card.getDevice()))
              .findFirst()
              .orElseThrow();
      CardSupervisor supervisor = new CardSupervisor(services, card, device, model, this);
      supervisors.add(supervisor);
      Thread thread = new Thread(supervisor, "card-" + card.getName());
      thread.setDaemon(true);
      threads.add(thread);
    }
    threads.forEach(Thread::start);
  }

  /** Hands in a job; its end comes out of {@link #finished}. */
  public void submit(FrameJob job) {
    waiting.addLast(job);
    if (!usable()) {
      declineWaiting();
    }
  }

  /** The next job that has ended, if one ends within the time. */
  public Optional<JobResult> finished(long millis) throws InterruptedException {
    return Optional.ofNullable(finished.poll(millis, TimeUnit.MILLISECONDS));
  }

  /** State of every card in use. */
  public List<CardStatus> status() {
    return supervisors.stream().map(CardSupervisor::status).toList();
  }

  Optional<FrameJob> take(long millis) throws InterruptedException {
    return Optional.ofNullable(waiting.pollFirst(millis, TimeUnit.MILLISECONDS));
  }

  void finish(JobResult result) {
    finished.add(result);
  }

  /** A job that a card took and then could not start; the next card takes it first. */
  void putBack(FrameJob job) {
    waiting.addFirst(job);
  }

  /** A job whose worker is gone; the next card takes it first. */
  void giveBack(FrameJob job, String why) {
    if (job.attempts() >= maxAttempts) {
      finish(new JobResult.Failed(job, "given up after " + job.attempts() + " attempts: " + why));
    } else {
      putBack(job);
    }
  }

  void explain(String reason) {
    whyNone = reason;
  }

  void cardEnded() {
    if (!usable()) {
      declineWaiting();
    }
  }

  private boolean usable() {
    return supervisors.stream().anyMatch(CardSupervisor::usable);
  }

  private void declineWaiting() {
    for (FrameJob job = waiting.pollFirst(); job != null; job = waiting.pollFirst()) {
      finish(new JobResult.Declined(job, whyNone));
    }
  }

  @Override
  public void close() {
    supervisors.forEach(CardSupervisor::close);
    for (Thread thread : threads) {
      try {
        thread.join(JOIN_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      thread.interrupt();
    }
  }
}
