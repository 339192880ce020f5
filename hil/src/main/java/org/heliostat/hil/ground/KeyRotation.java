package org.heliostat.hil.ground;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.heliostat.protocol.LinkKey;
import org.heliostat.protocol.LoadKey;
import org.heliostat.protocol.Noop;
import org.heliostat.protocol.OperatorReply;
import org.heliostat.protocol.OperatorRequest;
import org.heliostat.protocol.Refusal;
import org.heliostat.protocol.Role;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Telecommand;

/**
 * Replaces a key: the new one is on ground's disk, then on board (LoadKey, sealed with the key of
 * maintenance), then it is tried (Noop, sealed with the new key; for the station's an empty
 * receipt), and only then the one before goes. Cut off anywhere, the next try goes on with the same
 * key, and first asks whether the satellite has it already.
 *
 * <p>A new key has a number that the satellite has not, so it must have said which it has. For the
 * station's it cannot be waited for: perhaps ground has lost it, and opens nothing that comes down.
 * Nor is an answer to LoadKey needed then: telemetry that opens with the new key is the proof.
 *
 * <p>Thread-safe; waits on the thread of the caller.
 */
final class KeyRotation {
  /** Host time to find out whether the satellite has the key already. */
  private static final double TRIAL_SECONDS = 10;

  private static final long LOOK_MILLIS = 100;
  private static final long PROBE_NANOS = 1_000_000_000L;

  private final GroundKeys keys;
  private final CommandDesk desk;
  private final Consumer<LinkKey> probe;
  private final LongSupplier hostNanos;

  /** Why a step did not succeed; the refusal where the satellite has said it. */
  private record Problem(String text, Refusal refusal) {
    Problem(String text) {
      this(text, Refusal.REFUSAL_UNSPECIFIED);
    }
  }

  /**
   * A rotation.
   *
   * @param probe sends a packet that is sealed with a key of the station
   */
  KeyRotation(GroundKeys keys, CommandDesk desk, Consumer<LinkKey> probe, LongSupplier hostNanos) {
    this.keys = keys;
    this.desk = desk;
    this.probe = probe;
    this.hostNanos = hostNanos;
  }

  /** Replaces the key of a role; what became of it. */
  OperatorReply rotate(OperatorRequest request) throws InterruptedException {
    Role role = request.getRotate();
    Optional<LinkKey> begun = keys.following(role);
    if (begun.isPresent() && tried(request, begun.get(), TRIAL_SECONDS).isEmpty()) {
      return done(begun.get());
    }
    if (!boardIsKnown(role, request.getWaitSeconds())) {
      return error("the satellite has not said which keys it has; a number could be taken twice");
    }
    LinkKey fresh;
    try {
      begun = begun.filter(key -> !keys.isAnother(key));
      fresh = begun.isPresent() ? begun.get() : keys.makeFollowing(role);
    } catch (IOException e) {
      return error("the new key cannot be stored: " + e);
    }
    Optional<Problem> problem = loaded(request, fresh);
    if (problem.filter(why -> why.refusal() == Refusal.BAD_ARGUMENT).isPresent()) {
      return numberIsTaken(request, fresh);
    }
    if (problem.isEmpty()) {
      keys.there(role);
      problem = tried(request, fresh, request.getWaitSeconds());
    }
    return problem.isPresent() ? error(problem.get().text()) : done(fresh);
  }

  private boolean boardIsKnown(Role role, double waitSeconds) throws InterruptedException {
    long end = hostNanos.getAsLong() + (long) (waitSeconds * 1e9);
    while (role != Role.ROLE_STATION && !keys.knowsBoard()) {
      if (hostNanos.getAsLong() - end > 0) {
        return false;
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
    return true;
  }

  private Optional<Problem> loaded(OperatorRequest request, LinkKey fresh)
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
        request.getWaitSeconds(),
        fresh.role() == Role.ROLE_STATION ? proof(fresh) : () -> false);
  }

  /**
   * A key with this number is good on board: the very one, where the answer to an earlier trial was
   * lost, or one that ground knows nothing of.
   */
  private OperatorReply numberIsTaken(OperatorRequest request, LinkKey fresh)
      throws InterruptedException {
    keys.refused(fresh.role());
    if (tried(request, fresh, request.getWaitSeconds()).isEmpty()) {
      return done(fresh);
    }
    int id = fresh.id();
    try {
      keys.drop(fresh.role());
    } catch (IOException e) {
      return error("the satellite has another key " + id + ", and ours cannot be given up: " + e);
    }
    return error("the satellite has another key " + id + "; type it again for the next number");
  }

  /** Has the satellite take a packet that is sealed with the key; why it has not. */
  private Optional<Problem> tried(OperatorRequest request, LinkKey fresh, double waitSeconds)
      throws InterruptedException {
    if (fresh.role() == Role.ROLE_STATION) {
      BooleanSupplier proof = proof(fresh);
      long end = hostNanos.getAsLong() + (long) (waitSeconds * 1e9);
      while (!proof.getAsBoolean()) {
        if (hostNanos.getAsLong() - end > 0) {
          return Optional.of(new Problem("the satellite has not said that it takes the new key"));
        }
        TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
      }
      return Optional.empty();
    }
    return completed(
        request,
        Telecommand.newBuilder().setNoop(Noop.getDefaultInstance()).build(),
        new CommandUplink.Choice(false, Optional.of(fresh.role())),
        waitSeconds,
        () -> false);
  }

  /** Tries a key of the station now and then; whether telemetry has come that opens with it. */
  private BooleanSupplier proof(LinkKey fresh) {
    AtomicLong next = new AtomicLong(hostNanos.getAsLong() + PROBE_NANOS);
    return () -> {
      if (keys.isGood(fresh.id())) {
        return true;
      }
      long now = hostNanos.getAsLong();
      if (now - next.get() >= 0) {
        next.set(now + PROBE_NANOS);
        probe.accept(fresh);
      }
      return false;
    };
  }

  /** Waits for the end of a command, or for what proves it by another way. */
  private Optional<Problem> completed(
      OperatorRequest request,
      Telecommand command,
      CommandUplink.Choice choice,
      double waitSeconds,
      BooleanSupplier proven)
      throws InterruptedException {
    CommandDesk.Ticket ticket =
        desk.submit(
            request.toBuilder().setTelecommand(command).setWaitSeconds(waitSeconds).build(),
            choice,
            hostNanos.getAsLong());
    try {
      while (!proven.getAsBoolean()) {
        OperatorReply reply = ticket.replies().poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
        if (reply == null) {
          continue;
        }
        if (reply.hasError()) {
          return Optional.of(new Problem(reply.getError()));
        }
        if (reply.getReport().getStage() == Stage.COMPLETED) {
          return Optional.empty();
        }
        if (reply.getReport().getStage() == Stage.FAILED) {
          return Optional.of(
              new Problem(reply.getReport().getReason(), reply.getReport().getRefusal()));
        }
      }
      return Optional.empty();
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
