package org.heliostat.hil.spacelink;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Real sockets on loopback; every wait is for an event, and the timeout only turns a hang into a
 * failure.
 */
@Timeout(30)
class SpaceLinkTest {
  private final AtomicBoolean up = new AtomicBoolean(true);
  private final ServerSocket broker;

  SpaceLinkTest() throws IOException {
    broker = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  @AfterEach
  void brokerStops() throws IOException {
    broker.close();
  }

  @Test
  void bytesPassBothWaysUnchanged() throws Exception {
    byte[] sent = new byte[300_000];
    new Random(1).nextBytes(sent);
    try (SpaceLink link = link(LinkModel.ideal(), LinkClock.SYSTEM);
        Socket satellite = connect(link);
        Socket ground = broker.accept()) {
      CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> write(satellite, sent));
      assertThat(ground.getInputStream().readNBytes(sent.length)).isEqualTo(sent);
      writing.get(10, TimeUnit.SECONDS);
      CompletableFuture<Void> answering = CompletableFuture.runAsync(() -> write(ground, sent));
      assertThat(satellite.getInputStream().readNBytes(sent.length)).isEqualTo(sent);
      answering.get(10, TimeUnit.SECONDS);
      // the ends are passed on too, and then the link has counted all
      satellite.shutdownOutput();
      assertThat(ground.getInputStream().read()).isEqualTo(-1);
      ground.shutdownOutput();
      assertThat(satellite.getInputStream().read()).isEqualTo(-1);
      assertThat(link.counters()).isEqualTo(new LinkCounters(300_000, 300_000, 1, 0, 0, 0));
    }
  }

  @Test
  @SuppressWarnings("try") // closing early is what is tested
  void linkDownCutsInMidMessage() throws Exception {
    HeldClock clock = new HeldClock(1);
    try (SpaceLink link = link(new LinkModel(100_000, 0), clock);
        Socket satellite = connect(link);
        Socket ground = broker.accept()) {
      write(satellite, new byte[3000]);
      // the clock lets one chunk of 2,000 bytes arrive and holds the next
      assertThat(ground.getInputStream().readNBytes(2000)).hasSize(2000);
      clock.holding.await();
      up.set(false);
      assertThat(readsToEnd(ground.getInputStream())).isZero();
      assertThat(readsToEnd(satellite.getInputStream())).isZero();
      assertThat(link.counters().bytesUp()).isEqualTo(2000);
      link.close();
      assertThat(link.counters().cuts()).isEqualTo(1);
    }
  }

  @Test
  void connectionWhileDownIsRefused() throws Exception {
    up.set(false);
    try (SpaceLink link = link(LinkModel.ideal(), LinkClock.SYSTEM)) {
      assertThat(refusedAtOnce(link)).isTrue();
      assertThat(link.counters().refused()).isEqualTo(1);
      assertThat(link.counters().connections()).isZero();
      up.set(true);
      try (Socket satellite = connect(link);
          Socket ground = broker.accept()) {
        write(satellite, new byte[] {7});
        assertThat(ground.getInputStream().read()).isEqualTo(7);
      }
    }
  }

  @Test
  void linkWhoseStateIsUnknownIsDown() throws Exception {
    InetSocketAddress address =
        new InetSocketAddress(broker.getInetAddress(), broker.getLocalPort());
    BooleanSupplier unknown =
        () -> {
          throw new IllegalStateException("no contact plan");
        };
    try (SpaceLink link = new SpaceLink(0, address, LinkModel.ideal(), unknown)) {
      assertThat(refusedAtOnce(link)).isTrue();
      assertThat(refusedAtOnce(link)).isTrue();
      assertThat(link.counters().refused()).isEqualTo(2);
    }
  }

  @Test
  void linkCarriesAgainAfterACut() throws Exception {
    try (SpaceLink link = link(LinkModel.ideal(), LinkClock.SYSTEM)) {
      try (Socket satellite = connect(link);
          Socket ground = broker.accept()) {
        up.set(false);
        assertThat(readsToEnd(satellite.getInputStream())).isZero();
        assertThat(readsToEnd(ground.getInputStream())).isZero();
      }
      up.set(true);
      try (Socket satellite = connect(link);
          Socket ground = broker.accept()) {
        write(ground, new byte[] {9});
        assertThat(satellite.getInputStream().read()).isEqualTo(9);
      }
    }
  }

  @Test
  void delayedBytesWaitForTheirTime() throws Exception {
    HeldClock clock = new HeldClock(0);
    try (SpaceLink link = link(new LinkModel(0, 5_000_000_000L), clock);
        Socket satellite = connect(link);
        Socket ground = broker.accept()) {
      write(satellite, new byte[] {1});
      clock.holding.await();
      assertThat(clock.deadline).isEqualTo(HeldClock.NOW + 5_000_000_000L);
      assertThat(ground.getInputStream().available()).isZero();
      assertThat(link.counters().bytesUp()).isZero();
      clock.release.countDown();
      assertThat(ground.getInputStream().read()).isEqualTo(1);
    }
  }

  @Test
  void fullLineStopsReading() throws Exception {
    HeldClock clock = new HeldClock(0);
    try (SpaceLink link = link(LinkModel.ideal(), clock);
        Socket satellite = connect(link);
        Socket ground = broker.accept()) {
      // more than queue (2 MiB) and socket buffers hold
      byte[] much = new byte[64 << 20];
      CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> write(satellite, much));
      clock.holding.await();
      assertThat(writing.isDone()).isFalse();
      assertThat(link.counters().bytesUp()).isZero();
      clock.release.countDown();
      assertThat(ground.getInputStream().readNBytes(much.length)).hasSize(much.length);
      writing.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  @SuppressWarnings("try") // closing early is what is tested
  void absentBrokerEndsTheConnection() throws Exception {
    broker.close();
    try (SpaceLink link = link(LinkModel.ideal(), LinkClock.SYSTEM)) {
      try (Socket satellite = connect(link)) {
        assertThat(readsToEnd(satellite.getInputStream())).isZero();
      }
      link.close();
      assertThat(link.counters().brokerFailures()).isEqualTo(1);
      assertThat(link.counters().cuts()).isZero();
    }
  }

  @Test
  @SuppressWarnings("try") // closing early is what is tested
  void resetOfOneSideReachesTheOther() throws Exception {
    try (SpaceLink link = link(LinkModel.ideal(), LinkClock.SYSTEM);
        Socket satellite = connect(link);
        Socket ground = broker.accept()) {
      satellite.setSoLinger(true, 0);
      satellite.close();
      assertThat(readsToEnd(ground.getInputStream())).isZero();
      assertThat(link.counters().cuts()).isZero();
    }
  }

  @Test
  @SuppressWarnings("try") // closing early is what is tested
  void closeLeavesNoThread() throws Exception {
    SpaceLink link = link(new LinkModel(10, 0), new HeldClock(0));
    try (Socket satellite = connect(link);
        Socket ground = broker.accept()) {
      write(satellite, new byte[1000]);
      link.close();
      link.close();
      assertThat(link.liveThreads()).isZero();
      assertThat(readsToEnd(satellite.getInputStream())).isZero();
      assertThat(readsToEnd(ground.getInputStream())).isZero();
    }
  }

  private SpaceLink link(LinkModel model, LinkClock clock) throws IOException {
    InetSocketAddress address =
        new InetSocketAddress(broker.getInetAddress(), broker.getLocalPort());
    return new SpaceLink(0, address, model, up::get, clock);
  }

  private static Socket connect(SpaceLink link) throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), link.port());
  }

  private static boolean refusedAtOnce(SpaceLink link) {
    try (Socket satellite = connect(link)) {
      return satellite.getInputStream().read() == -1;
    } catch (IOException e) {
      return true;
    }
  }

  private static void write(Socket socket, byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Bytes until the stream ends, in good order or by a reset. */
  private static int readsToEnd(InputStream in) {
    int count = 0;
    try {
      while (in.read() >= 0) {
        count++;
      }
    } catch (IOException e) {
      return count;
    }
    return count;
  }

  /** Time stands still; the first waits pass, the later ones last until released. */
  private static final class HeldClock implements LinkClock {
    static final long NOW = 1_000;

    private final CountDownLatch holding = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);
    private final Semaphore free;
    private volatile long deadline;

    HeldClock(int passes) {
      free = new Semaphore(passes);
    }

    @Override
    public long nanoTime() {
      return NOW;
    }

    @Override
    public void awaitUntil(long deadlineNanos) throws InterruptedException {
      if (free.tryAcquire()) {
        return;
      }
      deadline = deadlineNanos;
      holding.countDown();
      release.await();
    }
  }
}
