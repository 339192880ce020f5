package org.heliostat.hil.launch;

import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.heliostat.hil.ground.OperatorFrames;
import org.heliostat.protocol.OperatorReply;

/** What a ground station says to the operator who asks next, over a real socket. */
final class StationVoice {
  private StationVoice() {}

  static Thread says(ServerSocketChannel station, OperatorReply... replies) {
    Thread speaker =
        new Thread(
            () -> {
              try (SocketChannel client = station.accept()) {
                byte[] unused = OperatorFrames.read(client);
                for (OperatorReply reply : replies) {
                  OperatorFrames.write(client, reply.toByteArray());
                }
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
    speaker.start();
    return speaker;
  }
}
