package org.heliostat.payload.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.heliostat.protocol.FromWorker;
import org.heliostat.protocol.Refused;
import org.heliostat.protocol.ToWorker;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class WorkerChannelTest {
  private Path address;
  private SocketChannel far;
  private WorkerChannel<FromWorker, ToWorker> channel;

  @BeforeEach
  void connect() throws IOException {
    // a Unix socket's path is short, so not in a folder that a test framework names
    address = Files.createTempDirectory("c").resolve("s");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(address));
      far = SocketChannel.open(UnixDomainSocketAddress.of(address));
      channel = new WorkerChannel<>(server.accept(), FromWorker.parser());
    }
  }

  @AfterEach
  void disconnect() throws IOException {
    far.close();
    channel.close();
    Files.delete(address);
    Files.delete(address.getParent());
  }

  private void write(byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      far.write(buffer);
    }
  }

  private static byte[] framed(int length, byte[] body) {
    return ByteBuffer.allocate(4 + body.length).putInt(length).put(body).array();
  }

  @Test
  void messagesComeWholeAndInOrder() throws Exception {
    WorkerChannel<ToWorker, FromWorker> other = new WorkerChannel<>(far, ToWorker.parser());
    for (int job = 1; job <= 50; job++) {
      other.send(FromWorker.newBuilder().setRefused(Refused.newBuilder().setJob(job)).build());
    }
    for (int job = 1; job <= 50; job++) {
      assertThat(channel.receive().getRefused().getJob()).isEqualTo(job);
    }
  }

  @Test
  void aMessageInPiecesIsPutTogether() throws Exception {
    FromWorker message =
        FromWorker.newBuilder().setRefused(Refused.newBuilder().setReason("slow")).build();
    byte[] bytes = framed(message.getSerializedSize(), message.toByteArray());
    Thread writer =
        new Thread(
            () -> {
              try {
                for (byte one : bytes) {
                  write(new byte[] {one});
                }
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
    writer.start();
    assertThat(channel.receive()).isEqualTo(message);
    writer.join();
  }

  @Test
  void aLengthBeyondTheBoundIsRefusedBeforeMemoryIsTaken() throws Exception {
    write(framed(WorkerChannel.MAX_BYTES + 1, new byte[0]));
    assertThatThrownBy(() -> channel.receive())
        .isInstanceOf(IOException.class)
        .hasMessageContaining((WorkerChannel.MAX_BYTES + 1) + " bytes");
  }

  @Test
  void aNegativeLengthIsRefused() throws Exception {
    write(framed(-1, new byte[0]));
    assertThatThrownBy(() -> channel.receive()).hasMessageContaining("-1 bytes");
  }

  @Test
  void whatIsNoMessageIsRefused() throws Exception {
    write(framed(3, new byte[] {-1, -1, -1}));
    assertThatThrownBy(() -> channel.receive()).isInstanceOf(InvalidProtocolBufferException.class);
  }

  @Test
  void anEndIsAnEndAlsoWithinAMessage() throws Exception {
    write(framed(10, new byte[3]));
    far.close();
    assertThatThrownBy(() -> channel.receive()).isInstanceOf(EOFException.class);
  }
}
