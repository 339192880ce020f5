package org.heliostat.hil.ground;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

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
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.FieldValue;
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
    desk =
        new CommandDesk(
            new CommandCounter(out.resolve("counter")), audit, new OpenUplink(sent::add));
    door =
        new OperatorSocket(address, desk, mock(KeyRotation.class), mock(UploadDesk.class), () -> 0);
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
            .setUser("forged")
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

  /** The kernel knows who it is, whatever name he gives. */
  @Test
  void theUserOfTheHostStandsBesideTheNameThatWasGiven() throws IOException {
    try (SocketChannel operator =
        operator(Telecommand.newBuilder().setNoop(Noop.getDefaultInstance()).build())) {
      answer(operator);
    }
    String self = Files.getOwner(Files.createFile(out.resolve("own"))).getName();
    assertThat(Files.readAllLines(out.resolve("commands.jsonl")))
        .isNotEmpty()
        .allMatch(line -> line.contains("\"operator\":\"o\",\"user\":\"" + self + "\","));
  }

  private void answer(SocketChannel operator) throws IOException {
    long counter = sent();
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
  void anOperatorsNameHasABound() throws IOException {
    try (SocketChannel operator = SocketChannel.open(UnixDomainSocketAddress.of(address))) {
      OperatorFrames.write(
          operator,
          OperatorRequest.newBuilder()
              .setOperator("o".repeat(65))
              .setTelecommand(Telecommand.newBuilder().setNoop(Noop.getDefaultInstance()))
              .build()
              .toByteArray());
      assertThat(reply(operator).getError()).startsWith("operator length 65 is outside");
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
  void answersReachTheOperatorAndTheLastEndsTheCommand() throws IOException {
    Telecommand noop = Telecommand.newBuilder().setNoop(Noop.getDefaultInstance()).build();
    try (SocketChannel operator = operator(noop)) {
      long counter = sent();
      desk.report(
          CommandReport.newBuilder()
              .setCounter(counter)
              .setStage(Stage.COMPLETED)
              .setAnswers(1)
              .build());
      assertThat(reply(operator).getLast()).isFalse();
      desk.answer(
          Answers.reply(
              Downlink.newBuilder()
                  .setFieldValue(FieldValue.newBuilder().setCounter(counter).setValue("1"))
                  .build()));
      OperatorReply answer = reply(operator);
      assertThat(answer.getAnswer().getFieldValue().getValue()).isEqualTo("1");
      assertThat(answer.getLast()).isTrue();
      ask(operator, noop);
      answer(operator);
    }
  }

  @Test
  void aLookWhetherTheOperatorIsThereSwallowsNothing() throws IOException {
    try (ServerSocketChannel elsewhere = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      Path other = address.resolveSibling("t");
      elsewhere.bind(UnixDomainSocketAddress.of(other));
      try (SocketChannel near = SocketChannel.open(UnixDomainSocketAddress.of(other));
          PatientChannel patient = new PatientChannel(elsewhere.accept(), 10_000)) {
        assertThat(patient.hasEnded()).isFalse();
        OperatorFrames.write(near, new byte[] {1, 2, 3});
        OperatorFrames.write(near, new byte[] {4});
        SocketChannel unused = near.shutdownOutput();
        assertThat(patient.hasEnded()).isFalse();
        assertThat(patient.hasEnded()).isFalse();
        assertThat(OperatorFrames.read(patient)).containsExactly(1, 2, 3);
        assertThat(patient.hasEnded()).isFalse();
        assertThat(OperatorFrames.read(patient)).containsExactly(4);
        assertThat(patient.hasEnded()).isTrue();
      } finally {
        Files.delete(other);
      }
    }
  }

  @Test
  void anOperatorWhoHasGoneGivesThePlaceBackBeforeTheCommandEnds() throws IOException {
    Telecommand noop = Telecommand.newBuilder().setNoop(Noop.getDefaultInstance()).build();
    for (int i = 0; i < OperatorSocket.MOST; i++) {
      operator(noop).close();
    }
    // none of them has ended, and after a while each place is free again
    List<SocketChannel> here = new ArrayList<>();
    try {
      while (here.size() < OperatorSocket.MOST) {
        SocketChannel next = SocketChannel.open(UnixDomainSocketAddress.of(address));
        try {
          ask(next, Telecommand.getDefaultInstance());
        } catch (IOException e) {
          // turned away already; why can still be read
          assertThat(e).hasMessageContaining("pipe");
        }
        if (reply(next).getError().contains("no command")) {
          here.add(next);
        } else {
          next.close();
          Thread.onSpinWait();
        }
      }
      assertThat(desk.json().get("completed").getAsInt()).isZero();
      // and one more is told that there is none
      try (SocketChannel more = SocketChannel.open(UnixDomainSocketAddress.of(address))) {
        assertThat(reply(more).getError()).contains("16 operators");
        assertThatThrownBy(() -> reply(more)).isInstanceOf(IOException.class);
      }
    } finally {
      for (SocketChannel channel : here) {
        channel.close();
      }
    }
  }

  @Test
  void aDoorThatCannotBeOpenedIsNotTriedWithoutAPause() throws Exception {
    ServerSocketChannel noFiles = mock(ServerSocketChannel.class);
    AtomicInteger attempts = new AtomicInteger();
    when(noFiles.accept())
        .thenAnswer(
            call -> {
              attempts.incrementAndGet();
              throw new IOException("Too many open files");
            });
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    long start = System.nanoTime();
    OperatorSocket poor =
        new OperatorSocket(
            address.resolveSibling("none"),
            desk,
            mock(KeyRotation.class),
            mock(UploadDesk.class),
            () -> 0,
            noFiles);
    while (attempts.get() < 3) {
      Thread.onSpinWait();
    }
    long millis = (System.nanoTime() - start) / 1_000_000;
    assertThat(millis).isGreaterThanOrEqualTo(2 * OperatorSocket.BACK_OFF_MILLIS - 2);
    List<Thread> fresh =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> !before.contains(thread))
            .filter(thread -> thread.getName().equals("ground-operators"))
            .toList();
    assertThat(fresh).hasSize(1);
    poor.close();
    fresh.get(0).join(20_000);
    assertThat(fresh.get(0).isAlive()).isFalse();
  }

  private long sent() {
    while (sent.isEmpty()) {
      desk.tick(0);
      Thread.onSpinWait();
    }
    return sent.remove().getTelecommand().getCounter();
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
