package org.heliostat.tests.bench;

import com.google.protobuf.InvalidProtocolBufferException;
import org.heliostat.protocol.Noop;
import org.heliostat.protocol.Telecommand;

/** The least that a JVM with this schema can do: parses one message, says so, and ends. */
final class BareStart {
  private BareStart() {}

  public static void main(String[] arguments) throws InvalidProtocolBufferException {
    byte[] bytes =
        Telecommand.newBuilder()
            .setCounter(7)
            .setNoop(Noop.getDefaultInstance())
            .build()
            .toByteArray();
    System.out.println("counter " + Telecommand.parseFrom(bytes).getCounter());
  }
}
