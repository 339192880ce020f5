package org.heliostat.hil.ground;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.Noop;
import org.heliostat.protocol.OperatorReply;
import org.heliostat.protocol.OperatorRequest;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.TakeFrames;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Uplink;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Operators over a real socket. */
@Timeout(30)
class OperatorSocketTest {
  @TempDir private Path out;

  private final Queue<Uplink> sent = new ConcurrentLinkedQueue<>();
  private Path address;
  private AuditLog audit;
  private CommandDesk desk;
  private OperatorSocket door;

  @BeforeEach
  void open() throws IOException {
    // a Unix socket's path is short, so not in a folder that a test framework names
    address = Files.createTempDirectory("o").resolve("s");
    audit = new AuditLog(out.resolve("commands.jsonl"), InstantSource.fixed(Instant.EPOCH));
    desk = new CommandDesk(new CommandCounter(out.resolve("counter")), audit, sent::add);
    door = new OperatorSocket(address, desk, () -> 0);
  }

  @AfterEach
  void close() throws IOException {
    door.close();
    audit.close();
    assertThat(address).doesNotExist();
    Files.delete(address.getParent());
  }

  private SocketChannel operator(Telecommand command) throws IOException {
    SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(address));
    ask(channel, command);
    return channel;
  }

  private static void ask(SocketChannel channel, Telecommand command) throws IOException {
    OperatorFrames.write(
        channel,
        OperatorRequest.newBuilder()
            .setOperator("o")
            .setTelecommand(command)
            .setWaitSeconds(60)
            .build()
            .toByteArray());
  }

  private static OperatorReply reply(SocketChannel channel) throws IOException {
    return OperatorReply.parseFrom(OperatorFrames.read(channel));
  }

  @Test
  void aCommandGoesUpAndItsStagesComeBackToTheLast() throws IOException {
    try (SocketChannel operator =
        operator(Telecommand.newBuilder().setNoop(Noop.getDefaultInstance()).build())) {
      answer(operator);
      // and the next one on the same connection
      ask(operator, Telecommand.newBuilder().setNoop(Noop.getDefaultInstance()).build());
      answer(operator);
    }
  }

  private void answer(SocketChannel operator) throws IOException {
    while (sent.isEmpty()) {
      desk.tick(0);
      Thread.onSpinWait();
    }
    long counter = sent.remove().getTelecommand().getCounter();
    for (Stage stage : new Stage[] {Stage.ACCEPTED, Stage.COMPLETED}) {
      desk.report(CommandReport.newBuilder().setCounter(counter).setStage(stage).build());
      assertThat(reply(operator).getReport().getStage()).isEqualTo(stage);
    }
  }

  @Test
  void whoSaysNothingIsNotWaitedForWithoutEnd() throws IOException {
    try (ServerSocketChannel elsewhere = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      Path other = address.resolveSibling("t");
      elsewhere.bind(UnixDomainSocketAddress.of(other));
      try (SocketChannel near = SocketChannel.open(UnixDomainSocketAddress.of(other));
          PatientChannel patient = new PatientChannel(elsewhere.accept(), 1)) {
        assertThat(near.isConnected()).isTrue();
        assertThatThrownBy(() -> OperatorFrames.read(patient))
            .isInstanceOf(SocketTimeoutException.class);
        // nor who does not read
        assertThatThrownBy(
                () -> {
                  while (true) {
                    OperatorFrames.write(patient, new byte[1 << 16]);
                  }
                })
            .isInstanceOf(SocketTimeoutException.class);
      } finally {
        Files.delete(other);
      }
    }
  }

  @Test
  void whatTheSchemaDoesNotAllowIsAnsweredAndNotSent() throws IOException {
    try (SocketChannel none = operator(Telecommand.getDefaultInstance());
        SocketChannel tooMany =
            operator(
                Telecommand.newBuilder()
                    .setTakeFrames(TakeFrames.newBuilder().setCount(Integer.MAX_VALUE))
                    .build())) {
      assertThat(reply(none).getError()).contains("no command");
      assertThat(reply(tooMany).getError()).contains("count");
    }
    desk.tick(0);
    assertThat(sent).isEmpty();
  }

  @Test
  void anOperatorWhoGoesAwayOrTalksNonsenseDoesNotCloseTheDoor() throws IOException {
    for (int i = 0; i < 2; i++) {
      SocketChannel gone = SocketChannel.open(UnixDomainSocketAddress.of(address));
      gone.write(java.nio.ByteBuffer.wrap(new byte[] {0, 0, 0, 2, -1, -1}));
      // the end that the station makes: its place is free again
      assertThatThrownBy(() -> OperatorFrames.read(gone)).isInstanceOf(IOException.class);
      gone.close();
    }
    try (SocketChannel none = operator(Telecommand.getDefaultInstance())) {
      assertThat(reply(none).getError()).contains("no command");
    }
  }
}
