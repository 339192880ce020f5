package org.heliostat.hil.launch;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import org.heliostat.hil.ground.OperatorFrames;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.OperatorReply;
import org.heliostat.protocol.OperatorRequest;
import org.heliostat.protocol.Role;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Telecommand;

/** An operator at the desk of a ground station. Thread-safe; a connection for each command. */
final class OperatorClient {
  private final Path socket;
  private final String name;

  OperatorClient(Path socket, String name) {
    this.socket = socket;
    this.name = name;
  }

  /**
   * How a command ended.
   *
   * @param completed whether the satellite reported it as completed
   * @param why the reason when it did not; of one that did, which answers have not come
   */
  record End(boolean completed, String why) {}

  /**
   * Sends a command and waits for its end, not for answers that come later.
   *
   * @param stages gets every stage as it arrives
   * @throws IOException when the station does not answer
   */
  End send(Telecommand command, double waitSeconds, Consumer<CommandReport> stages)
      throws IOException {
    Consumer<OperatorReply> replies =
        reply -> {
          if (reply.hasReport()) {
            stages.accept(reply.getReport());
          }
        };
    return exchange(request(command, waitSeconds).build(), replies, false);
  }

  /**
   * Sends a command and waits for its end and for its answers, as long as the station does.
   *
   * @param replies gets every stage and every answer as it arrives
   * @throws IOException when the station does not answer
   */
  End ask(
      Telecommand command, double waitSeconds, boolean emergency, Consumer<OperatorReply> replies)
      throws IOException {
    return exchange(request(command, waitSeconds).setEmergency(emergency).build(), replies, true);
  }

  /**
   * How the replacement of a key ended.
   *
   * @param key number of the one that is good now; 0 where the one before still is
   * @param why it was not replaced
   */
  record Rotated(int key, String why) {}

  /**
   * Has the key of a role replaced.
   *
   * @param emergency the new one is loaded with the emergency key
   * @throws IOException when the station does not answer
   */
  Rotated rotate(Role role, double waitSeconds, boolean emergency) throws IOException {
    OperatorRequest request =
        OperatorRequest.newBuilder()
            .setOperator(name)
            .setRotate(role)
            .setWaitSeconds(waitSeconds)
            .setEmergency(emergency)
            .build();
    try (SocketChannel desk = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      OperatorFrames.write(desk, request.toByteArray());
      OperatorReply reply = OperatorReply.parseFrom(OperatorFrames.read(desk));
      return new Rotated(reply.getRotated(), reply.getError());
    }
  }

  private OperatorRequest.Builder request(Telecommand command, double waitSeconds) {
    return OperatorRequest.newBuilder()
        .setOperator(name)
        .setTelecommand(command)
        .setWaitSeconds(waitSeconds);
  }

  private End exchange(OperatorRequest request, Consumer<OperatorReply> replies, boolean answers)
      throws IOException {
    try (SocketChannel desk = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      Optional<IOException> closed = Optional.empty();
      try {
        OperatorFrames.write(desk, request.toByteArray());
      } catch (IOException e) {
        // a station that turns us away says why before it closes
        closed = Optional.of(e);
      }
      try {
        return hear(desk, replies, answers);
      } catch (IOException e) {
        closed.ifPresent(e::addSuppressed);
        throw e;
      }
    }
  }

  private static End hear(SocketChannel desk, Consumer<OperatorReply> replies, boolean answers)
      throws IOException {
    boolean completed = false;
    long expected = 0;
    long shown = 0;
    while (true) {
      OperatorReply reply;
      try {
        reply = OperatorReply.parseFrom(OperatorFrames.read(desk));
      } catch (IOException e) {
        if (completed) {
          return new End(true, "the ground station went away before all answers had come");
        }
        throw e;
      }
      if (reply.hasError()) {
        return new End(completed, reply.getError());
      }
      replies.accept(reply);
      Stage stage = reply.getReport().getStage();
      if (stage == Stage.FAILED) {
        return new End(false, reply.getReport().getReason());
      }
      shown += reply.hasAnswer() ? 1 : 0;
      if (stage == Stage.COMPLETED) {
        completed = true;
        expected = Integer.toUnsignedLong(reply.getReport().getAnswers());
      }
      if (completed && (reply.getLast() || !answers)) {
        boolean all = !answers || shown >= expected;
        return new End(
            true, all ? "" : expected - shown + " answers are not shown; ground has kept them");
      }
    }
  }
}
