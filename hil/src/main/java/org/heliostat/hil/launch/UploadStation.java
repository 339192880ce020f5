package org.heliostat.hil.launch;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import org.heliostat.hil.ground.OperatorFrames;
import org.heliostat.protocol.BeginUpload;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.FileChunk;
import org.heliostat.protocol.OperatorReply;
import org.heliostat.protocol.OperatorRequest;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.UploadInquiry;
import org.heliostat.protocol.UploadStatus;

/**
 * The desk of a ground station, as an upload uses it: one connection for all its parts, made anew
 * when the station has gone away. One thread.
 */
final class UploadStation implements Uploader.Station, AutoCloseable {
  private final Path socket;
  private final String operator;
  private Optional<SocketChannel> desk = Optional.empty();

  UploadStation(Path socket, String operator) {
    this.socket = socket;
    this.operator = operator;
  }

  @Override
  public OperatorClient.End begin(
      BeginUpload file, double waitSeconds, Consumer<CommandReport> stages) throws IOException {
    return new OperatorClient(socket, operator)
        .send(Telecommand.newBuilder().setBeginUpload(file).build(), waitSeconds, stages);
  }

  @Override
  public boolean send(FileChunk chunk) throws IOException {
    OperatorReply reply = exchange(request().setChunk(chunk).build());
    if (reply.hasError()) {
      throw new IOException(reply.getError());
    }
    return reply.getTaken();
  }

  @Override
  public Optional<UploadStatus> ask(long upload, double waitSeconds) throws IOException {
    OperatorReply reply =
        exchange(
            request()
                .setInquiry(UploadInquiry.newBuilder().setUpload(upload))
                .setWaitSeconds(waitSeconds)
                .build());
    return reply.hasUploadStatus() ? Optional.of(reply.getUploadStatus()) : Optional.empty();
  }

  private OperatorRequest.Builder request() {
    return OperatorRequest.newBuilder().setOperator(operator);
  }

  private OperatorReply exchange(OperatorRequest request) throws IOException {
    boolean done = false;
    try {
      SocketChannel open =
          desk.isPresent() ? desk.get() : SocketChannel.open(UnixDomainSocketAddress.of(socket));
      desk = Optional.of(open);
      OperatorFrames.write(open, request.toByteArray());
      OperatorReply reply = OperatorReply.parseFrom(OperatorFrames.read(open));
      done = true;
      return reply;
    } finally {
      if (!done) {
        close();
      }
    }
  }

  @Override
  public void close() throws IOException {
    Optional<SocketChannel> open = desk;
    desk = Optional.empty();
    if (open.isPresent()) {
      open.get().close();
    }
  }
}
