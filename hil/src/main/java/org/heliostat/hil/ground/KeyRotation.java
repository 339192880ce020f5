package org.heliostat.hil.ground;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.heliostat.protocol.LinkKey;
import org.heliostat.protocol.LoadKey;
import org.heliostat.protocol.Noop;
import org.heliostat.protocol.OperatorReply;
import org.heliostat.protocol.OperatorRequest;
import org.heliostat.protocol.Role;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Telecommand;

/**
 * Replaces a key: the new one is on ground's disk, then on board (LoadKey, sealed with the key of
 * maintenance), then it is tried (Noop, sealed with the new key; for the station's its next receipt
 * tries it), and only then the one before goes. Cut off anywhere, the next try goes on with the
 * same key, and first asks whether the satellite has it already. Thread-safe; waits on the thread
 * of the caller.
 */
final class KeyRotation {
  /** Host time to find out whether the satellite has the key already. */
  private static final double TRIAL_SECONDS = 10;

  private static final long LOOK_MILLIS = 100;

  private final GroundKeys keys;
  private final CommandDesk desk;
  private final LongSupplier hostNanos;

  KeyRotation(GroundKeys keys, CommandDesk desk, LongSupplier hostNanos) {
    this.keys = keys;
    this.desk = desk;
    this.hostNanos = hostNanos;
  }

  /** Replaces the key of a role; what became of it. */
  OperatorReply rotate(OperatorRequest request) throws InterruptedException {
    Role role = request.getRotate();
    Optional<LinkKey> begun = keys.following(role);
    if (begun.isPresent() && tried(request, role, begun.get(), TRIAL_SECONDS).isEmpty()) {
      return done(begun.get());
    }
    LinkKey fresh;
    try {
      fresh = begun.isPresent() ? begun.get() : keys.makeFollowing(role);
    } catch (IOException e) {
      return error("the new key cannot be stored: " + e);
    }
    Optional<String> problem = loaded(request, fresh);
    if (problem.isEmpty()) {
      keys.there(role);
      problem = tried(request, role, fresh, request.getWaitSeconds());
    }
    return problem.isPresent() ? error(problem.get()) : done(fresh);
  }

  private Optional<String> loaded(OperatorRequest request, LinkKey fresh)
      throws InterruptedException {
    byte[] secret = fresh.secret();
    Telecommand load =
        Telecommand.newBuilder()
            .setLoadKey(
                LoadKey.newBuilder().setKeyId(fresh.id()).setSecret(ByteString.copyFrom(secret)))
            .build();
    Arrays.fill(secret, (byte) 0);
    return completed(
        request,
        load,
        new CommandUplink.Choice(request.getEmergency(), Optional.empty()),
        request.getWaitSeconds());
  }

  /** Has the satellite take a packet that is sealed with the key; why it has not. */
  private Optional<String> tried(
      OperatorRequest request, Role role, LinkKey fresh, double waitSeconds)
      throws InterruptedException {
    if (role == Role.ROLE_STATION) {
      long end = hostNanos.getAsLong() + (long) (waitSeconds * 1e9);
      while (!keys.isGood(fresh.id())) {
        if (hostNanos.getAsLong() - end > 0) {
          return Optional.of("the satellite has not said that it takes the new key");
        }
        TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
      }
      return Optional.empty();
    }
    return completed(
        request,
        Telecommand.newBuilder().setNoop(Noop.getDefaultInstance()).build(),
        new CommandUplink.Choice(false, Optional.of(role)),
        waitSeconds);
  }

  private Optional<String> completed(
      OperatorRequest request, Telecommand command, CommandUplink.Choice choice, double waitSeconds)
      throws InterruptedException {
    CommandDesk.Ticket ticket =
        desk.submit(
            request.toBuilder().setTelecommand(command).setWaitSeconds(waitSeconds).build(),
            choice,
            hostNanos.getAsLong());
    try {
      while (true) {
        OperatorReply reply = ticket.replies().poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
        if (reply == null) {
          continue;
        }
        if (reply.hasError()) {
          return Optional.of(reply.getError());
        }
        if (reply.getReport().getStage() == Stage.COMPLETED) {
          return Optional.empty();
        }
        if (reply.getReport().getStage() == Stage.FAILED) {
          return Optional.of(reply.getReport().getReason());
        }
      }
    } finally {
      desk.leave(ticket);
    }
  }

  private OperatorReply done(LinkKey fresh) {
    try {
      keys.replace(fresh.id());
    } catch (IOException e) {
      return error("the satellite takes the new key, and it cannot be stored as good: " + e);
    }
    return OperatorReply.newBuilder().setRotated(fresh.id()).setLast(true).build();
  }

  private static OperatorReply error(String text) {
    return OperatorReply.newBuilder().setError(text).setLast(true).build();
  }
}
