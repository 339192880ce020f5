package org.heliostat.tests.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LinkProxyTest {
  private static final LineFaults CUTS = new LineFaults(0, 0, 5_000_000L, 0, 1, 0);

  private ServerSocket broker = unopened();

  private static ServerSocket unopened() {
    try {
      return new ServerSocket();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @BeforeEach
  void listen() throws IOException {
    broker.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  @AfterEach
  void stop() throws IOException {
    broker.close();
  }

  private LinkProxy proxy(LineFaults faults, long seed) throws IOException {
    return new LinkProxy((InetSocketAddress) broker.getLocalSocketAddress(), faults, seed);
  }

  private static Socket connect(LinkProxy proxy) throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), proxy.port());
  }

  /** A publish of QoS 0 with so much inside that one length byte more than one is needed. */
  private static byte[] message(int bytes) {
    byte[] content = new byte[bytes];
    new Random(5).nextBytes(content);
    content[0] = 0x30;
    int length = bytes - 4;
    content[1] = (byte) ((length & 0x7F) | 0x80);
    content[2] = (byte) (((length >> 7) & 0x7F) | 0x80);
    content[3] = (byte) (length >> 14);
    content[4] = 0;
    content[5] = 1;
    content[6] = 't';
    content[7] = 0;
    return content;
  }

  @Test
  void whatIsNotCutArrivesAsItWasSentInBothDirections() throws IOException {
    byte[] sent = message(300_000);
    LineFaults slow = new LineFaults(1_500_000, 1_500_000, 20_000_000L, 1_000_000L, 0, 1);
    long begun = System.nanoTime();
    try (LinkProxy proxy = proxy(slow, 3);
        Socket satellite = connect(proxy);
        Socket ground = broker.accept()) {
      satellite.getOutputStream().write(sent);
      byte[] down = ground.getInputStream().readNBytes(sent.length);
      assertThat(Arrays.equals(down, sent)).isTrue();
      // the line carries no more than its rate
      assertThat(System.nanoTime() - begun).isGreaterThan(200_000_000L);
      ground.getOutputStream().write(sent, 0, 1_000);
      assertThat(satellite.getInputStream().readNBytes(1_000))
          .isEqualTo(Arrays.copyOf(sent, 1_000));
      assertThat(proxy.downlink().bytes()).isEqualTo(sent.length);
      assertThat(proxy.downlink().payloadBytes(0)).isEqualTo(sent.length - 8);
      assertThat(proxy.deeds().cuts()).isZero();
      assertThat(proxy.deeds().holds()).isEqualTo(1);
    }
  }

  @Test
  void aCutComesInTheMiddleOfAMessageAndBothEndsSeeIt() throws IOException {
    long seed = seedOf(false);
    byte[] sent = message(300_000);
    try (LinkProxy proxy = proxy(CUTS, seed);
        Socket satellite = connect(proxy);
        Socket ground = broker.accept()) {
      write(satellite, sent);
      int came = count(ground);
      assertThat(came).isPositive().isLessThan(sent.length);
      assertThat(count(satellite)).isZero();
      assertThat(proxy.deeds().cuts()).isEqualTo(1);
      assertThat(proxy.deeds().cutsInMessage()).isEqualTo(1);
    }
  }

  @Test
  void whatIsUnderWayMayArriveWhenItsSenderHasLostTheConnection() throws IOException {
    long seed = seedOf(true);
    long cutAt = ConnectionFate.of(seed, 0, CUTS).cutAtBytes();
    byte[] sent = message(300_000);
    try (LinkProxy proxy = proxy(CUTS, seed);
        Socket satellite = connect(proxy);
        Socket ground = broker.accept()) {
      write(satellite, sent);
      assertThat(count(ground)).isGreaterThanOrEqualTo((int) cutAt);
      assertThat(proxy.deeds().cuts()).isEqualTo(1);
      // the next connection is another one
      try (Socket next = connect(proxy);
          Socket accepted = broker.accept()) {
        assertThat(next.isConnected() && accepted.isConnected()).isTrue();
        assertThat(proxy.deeds().connections()).isEqualTo(2);
      }
    }
  }

  /** A seed whose first connection is cut well within 100 kB, late or not. */
  private static long seedOf(boolean late) {
    long seed = 0;
    while (true) {
      ConnectionFate fate = ConnectionFate.of(seed, 0, CUTS);
      if (fate.late() == late && fate.cutAtBytes() > 20_000 && fate.cutAtBytes() < 100_000) {
        return seed;
      }
      seed++;
    }
  }

  private static void write(Socket socket, byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
    } catch (IOException e) {
      // the connection is cut while it is written to
    }
  }

  /** Bytes until the end, of whatever kind it is. */
  private static int count(Socket socket) {
    int count = 0;
    byte[] buffer = new byte[8_192];
    try {
      int taken = socket.getInputStream().read(buffer);
      while (taken > 0) {
        count += taken;
        taken = socket.getInputStream().read(buffer);
      }
    } catch (IOException e) {
      // a reset
    }
    return count;
  }
}
