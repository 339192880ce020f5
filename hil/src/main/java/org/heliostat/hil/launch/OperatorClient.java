package org.heliostat.hil.launch;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.heliostat.hil.ground.OperatorFrames;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.OperatorReply;
import org.heliostat.protocol.OperatorRequest;
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
   * @param why the reason when it did not
   */
  record End(boolean completed, String why) {}

  /**
   * Sends a command and waits for its end.
   *
   * @param stages gets every stage as it arrives
   * @throws IOException when the station does not answer
   */
  End send(Telecommand command, double waitSeconds, Consumer<CommandReport> stages)
      throws IOException {
    try (SocketChannel desk = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      OperatorFrames.write(
          desk,
          OperatorRequest.newBuilder()
              .setOperator(name)
              .setTelecommand(command)
              .setWaitSeconds(waitSeconds)
              .build()
              .toByteArray());
      while (true) {
        OperatorReply reply = OperatorReply.parseFrom(OperatorFrames.read(desk));
        if (reply.hasError()) {
          return new End(false, reply.getError());
        }
        stages.accept(reply.getReport());
        if (reply.getReport().getStage() == Stage.COMPLETED) {
          return new End(true, "");
        }
        if (reply.getReport().getStage() == Stage.FAILED) {
          return new End(false, reply.getReport().getReason());
        }
      }
    }
  }
}
