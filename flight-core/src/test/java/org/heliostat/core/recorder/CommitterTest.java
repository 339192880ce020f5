package org.heliostat.core.recorder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.heliostat.core.recorder.Recorder.Priority;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CommitterTest {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(20);
  private static final long LITTLE = TimeUnit.MILLISECONDS.toNanos(50);

  private final FakeFolder folder = new FakeFolder();
  private final Counters counters = new Counters();

  private Committer open(long deadlineNanos) throws IOException {
    Limits limits = Fixture.roomy(1 << 14);
    Segments segments = new Segments(folder, limits.segmentBytes(), limits.crowdedBytes());
    Journal journal =
        new Journal(
            limits, segments, new Index(), new Log(segments), new Numbers(folder), counters, 1);
    return new Committer(journal, counters, deadlineNanos);
  }

  /** Stores something, and says what became of it. */
  private static class Probe extends Request {
    private final CountDownLatch applied = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile String end = "";
    private volatile Optional<Index.Entry> entry = Optional.empty();

    @Override
    void apply(Journal journal) throws RecorderFault, IOException {
      entry = Optional.of(journal.stage(Priority.PRODUCT, 1, 0, 0, new byte[8]));
      applied.countDown();
    }

    @Override
    void kept(Journal journal) {
      end = "kept";
      entry.ifPresent(journal::publish);
      ended.countDown();
    }

    @Override
    void lost(Journal journal) {
      end = "lost";
      entry.ifPresent(journal::forget);
      ended.countDown();
    }
  }

  /** Asked for by a thread of its own, which is the one that is told. */
  private static final class Caller {
    private final CompletableFuture<Probe> probe = new CompletableFuture<>();
    private final CompletableFuture<Optional<RecorderFault.Kind>> answer =
        new CompletableFuture<>();
    private final Thread thread;

    private Caller(Committer committer, Supplier<Probe> made) {
      thread =
          new Thread(
              () -> {
                try {
                  Probe own = made.get();
                  probe.complete(own);
                  committer.call(own);
                  answer.complete(Optional.empty());
                } catch (RecorderFault e) {
                  answer.complete(Optional.of(e.kind()));
                }
              });
      thread.setDaemon(true);
      thread.start();
    }

    /** Returns when it stands in the queue: it waits for its answer then. */
    private void awaitQueued() {
      probe.join();
      awaitWaiting(thread);
    }
  }

  /** Returns when a thread waits for so long at the most, or has ended. */
  private static void awaitWaiting(Thread thread) {
    while (thread.isAlive() && thread.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
  }

  private static RecorderFault.Kind refused(Committer committer, Request request) {
    try {
      committer.call(request);
    } catch (RecorderFault e) {
      return e.kind();
    }
    throw new AssertionError("it was done");
  }

  @Test
  void whoeverIsToldFindsItOnDisk() throws Exception {
    Committer committer = open(PATIENCE);
    committer.call(new Probe());
    AtomicInteger forces = new AtomicInteger();
    Probe probe =
        new Probe() {
          @Override
          void kept(Journal journal) {
            assertThat(forces).hasPositiveValue();
            super.kept(journal);
          }
        };
    folder.hook(
        (what, name) -> {
          if (what.equals("force") && name.startsWith("seg-")) {
            forces.incrementAndGet();
          }
        });
    committer.call(probe);
    assertThat(probe.end).isEqualTo("kept");
    committer.close();
  }

  @Test
  void whatOneCannotDoIsRefusedToItAlone() throws Exception {
    Committer committer = open(PATIENCE);
    Probe full =
        new Probe() {
          @Override
          void apply(Journal journal) throws RecorderFault {
            throw new RecorderFault(RecorderFault.Kind.FULL, "no room");
          }
        };
    assertThat(refused(committer, full)).isEqualTo(RecorderFault.Kind.FULL);
    assertThat(full.end).isEqualTo("lost");
    Probe next = new Probe();
    committer.call(next);
    assertThat(next.end).isEqualTo("kept");
    committer.close();
  }

  @Test
  void whatComesWhileTheDiskWorksIsBroughtToItTogether() throws Exception {
    Committer committer = open(PATIENCE);
    // begins a segment
    committer.call(new Probe());
    CountDownLatch go = new CountDownLatch(1);
    AtomicInteger forces = new AtomicInteger();
    folder.hook(
        (what, name) -> {
          if (what.equals("force") && name.startsWith("seg-") && forces.incrementAndGet() == 1) {
            Fixture.await(go);
          }
        });
    Caller first = new Caller(committer, Probe::new);
    first.probe.get().applied.await();
    List<Caller> others = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      others.add(new Caller(committer, Probe::new));
    }
    others.forEach(Caller::awaitQueued);
    go.countDown();
    assertThat(first.answer.get()).isEmpty();
    for (Caller other : others) {
      assertThat(other.answer.get()).isEmpty();
      assertThat(other.probe.get().end).isEqualTo("kept");
    }
    assertThat(forces).as("one for the first, one for all others").hasValue(2);
    committer.close();
  }

  @Test
  void whoeverHasGoneIsNotToldThatItWasDone() throws Exception {
    Committer committer = open(LITTLE);
    CountDownLatch go = new CountDownLatch(1);
    folder.hook(
        (what, name) -> {
          if (what.equals("force")) {
            Fixture.await(go);
          }
        });
    Probe inHand = new Probe();
    assertThat(refused(committer, inHand)).isEqualTo(RecorderFault.Kind.HUNG);
    Probe queued = new Probe();
    assertThat(refused(committer, queued)).isEqualTo(RecorderFault.Kind.HUNG);
    assertThat(counters.hung).hasValue(2);
    go.countDown();
    inHand.ended.await();
    assertThat(inHand.end).isEqualTo("lost");
    Probe after = new Probe();
    while (!after.end.equals("kept")) {
      after = new Probe();
      try {
        committer.call(after);
      } catch (RecorderFault e) {
        assertThat(e.kind()).isEqualTo(RecorderFault.Kind.HUNG);
      }
    }
    assertThat(queued.entry).as("not even begun").isEmpty();
    assertThat(queued.end).isEmpty();
  }

  @Test
  void aDiskThatFailsTellsAllThatWereTogether() throws Exception {
    Committer committer = open(PATIENCE);
    folder.hook(
        (what, name) -> {
          if (what.equals("force")) {
            throw new IOException("bad");
          }
        });
    Probe probe = new Probe();
    assertThat(refused(committer, probe)).isEqualTo(RecorderFault.Kind.DISK);
    assertThat(probe.end).isEqualTo("lost");
    folder.hook((what, name) -> {});
    Probe next = new Probe();
    committer.call(next);
    assertThat(next.end).isEqualTo("kept");
    committer.close();
  }

  @Test
  void whatIsWantedBeforeItIsClosedIsDoneAndNothingAfter() throws Exception {
    Committer committer = open(PATIENCE);
    CountDownLatch go = new CountDownLatch(1);
    Caller first =
        new Caller(
            committer,
            () ->
                new Probe() {
                  @Override
                  void apply(Journal journal) throws RecorderFault, IOException {
                    super.apply(journal);
                    Fixture.await(go);
                  }
                });
    first.probe.get().applied.await();
    CompletableFuture<String> closed = new CompletableFuture<>();
    Thread closing =
        new Thread(
            () -> {
              try {
                committer.close();
                closed.complete("closed");
              } catch (IOException | InterruptedException e) {
                closed.completeExceptionally(e);
              }
            });
    closing.start();
    awaitWaiting(closing);
    assertThatThrownBy(committer::checkOpen).hasMessageContaining("closed");
    assertThat(refused(committer, new Probe())).isEqualTo(RecorderFault.Kind.CLOSED);
    go.countDown();
    assertThat(first.answer.get()).isEmpty();
    assertThat(first.probe.get().end).isEqualTo("kept");
    assertThat(closed.get()).isEqualTo("closed");
  }

  @Test
  void closingGivesUpOnADiskThatHangsAndSaysWhereItFails() throws Exception {
    Committer committer = open(LITTLE);
    CountDownLatch go = new CountDownLatch(1);
    folder.hook(
        (what, name) -> {
          if (what.equals("close")) {
            Fixture.await(go);
            throw new IOException("bad");
          }
        });
    assertThatThrownBy(committer::close).hasMessageContaining("has not answered for 0.05 s");
    go.countDown();
    CompletableFuture<String> end = new CompletableFuture<>();
    while (!end.isDone()) {
      try {
        committer.close();
        end.complete("closed");
      } catch (IOException e) {
        if (!String.valueOf(e.getMessage()).contains("has not answered")) {
          end.complete(String.valueOf(e.getMessage()));
        }
      }
    }
    assertThat(end.get()).isEqualTo("bad");
  }
}
