package org.heliostat.hil.ground;

import com.google.protobuf.InvalidProtocolBufferException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Uplink;

/** Sends commands as they are, to whoever looks at them. */
final class OpenUplink implements CommandUplink {
  /** As the operator's key of the first generation. */
  static final int KEY = 257;

  final List<Choice> choices = new ArrayList<>();
  private final Predicate<Uplink> to;

  OpenUplink(Predicate<Uplink> to) {
    this.to = to;
  }

  @Override
  public Sealed seal(Telecommand command, Choice choice, long notAfterHostNanos) {
    choices.add(choice);
    return new Sealed(KEY, Uplink.newBuilder().setTelecommand(command).build().toByteArray());
  }

  @Override
  public boolean send(Sealed sealed) {
    try {
      return to.test(Uplink.parseFrom(sealed.packet()));
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }
}
