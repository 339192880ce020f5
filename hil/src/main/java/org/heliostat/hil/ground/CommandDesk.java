package org.heliostat.hil.ground;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Predicate;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.OperatorReply;
import org.heliostat.protocol.OperatorRequest;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Uplink;
import org.jspecify.annotations.Nullable;

/**
 * Sends commands, one after the other: the next one only when the satellite has answered the one
 * before, because it drops a number below the highest that it has seen. Until it answers, a command
 * is sent again. That a command was sent is on disk while it travels, and a stage of it before the
 * satellite is told that it has arrived. Thread-safe.
 */
final class CommandDesk implements Receiver.Reports {
  /** Host time until a command without an answer is sent again. */
  static final long RESEND_NANOS = 2_000_000_000L;

  private static final int MOST_WAITING = 64;
  private static final int MOST_REPLIES = 256;
  private static final double LONGEST_WAIT_SECONDS = 86_400;

  private final CommandCounter counter;
  private final AuditLog audit;
  private final Predicate<Uplink> uplink;
  private final Deque<Ticket> waiting = new ArrayDeque<>();
  private final Map<Long, Ticket> open = new HashMap<>();
  private @Nullable Ticket unanswered;
  private long lastSent;
  private int sent;
  private int completed;
  private int failed;

  /** A command on its way, and what there is to tell its operator. */
  static final class Ticket {
    private final String operator;
    private final String name;
    private final long deadline;
    private final BlockingQueue<OperatorReply> replies = new ArrayBlockingQueue<>(MOST_REPLIES);
    private Telecommand command;

    private Ticket(String operator, Telecommand command, long deadline) {
      this.operator = operator;
      this.name = command.getCommandCase().name().toLowerCase(Locale.ROOT);
      this.command = command;
      this.deadline = deadline;
    }

    /** Replies in order; the last one is an error, COMPLETED or FAILED. */
    BlockingQueue<OperatorReply> replies() {
      return replies;
    }

    private void tell(OperatorReply reply) {
      // an operator that does not listen loses the oldest stages, never the last
      while (!replies.offer(reply)) {
        OperatorReply unused = replies.poll();
      }
    }
  }

  /** A desk without commands. */
  CommandDesk(CommandCounter counter, AuditLog audit, Predicate<Uplink> uplink) {
    this.counter = counter;
    this.audit = audit;
    this.uplink = uplink;
  }

  /** Takes a command; it is sent now, or by {@link #tick} when its turn has come. */
  synchronized Ticket submit(OperatorRequest request, long hostNanos) {
    double wait = Math.min(LONGEST_WAIT_SECONDS, Math.max(0, request.getWaitSeconds()));
    Ticket ticket =
        new Ticket(
            request.getOperator(), request.getTelecommand(), hostNanos + (long) (wait * 1e9));
    if (unanswered == null && waiting.isEmpty()) {
      number(ticket, hostNanos);
    } else if (waiting.size() >= MOST_WAITING) {
      refuse(ticket, MOST_WAITING + " commands are waiting already");
    } else {
      waiting.addLast(ticket);
    }
    return ticket;
  }

  /** Sends what is due, and ends the waits that have been long enough. */
  synchronized void tick(long hostNanos) {
    expire(hostNanos);
    if (unanswered != null) {
      if (hostNanos - lastSent >= RESEND_NANOS) {
        send(unanswered, hostNanos);
      }
      return;
    }
    Ticket next = waiting.pollFirst();
    if (next != null) {
      number(next, hostNanos);
    }
  }

  /** Takes a stage that came down. */
  @Override
  public synchronized void report(CommandReport report) {
    Ticket ticket = open.get(report.getCounter());
    if (ticket == null) {
      return;
    }
    if (ticket == unanswered) {
      unanswered = null;
    }
    log(ticket, report.getStage().name(), report.getReason(), report.getMissionNanos());
    ticket.tell(OperatorReply.newBuilder().setReport(report).build());
    if (report.getStage() == Stage.COMPLETED || report.getStage() == Stage.FAILED) {
      open.remove(report.getCounter());
      if (report.getStage() == Stage.COMPLETED) {
        completed++;
      } else {
        failed++;
      }
    }
  }

  /** Brings all stages that were taken to disk. */
  @Override
  public synchronized void force() throws IOException {
    audit.force();
  }

  synchronized JsonObject json() {
    JsonObject json = new JsonObject();
    json.addProperty("sent", sent);
    json.addProperty("completed", completed);
    json.addProperty("failed", failed);
    json.addProperty("open", open.size() + waiting.size());
    return json;
  }

  private void number(Ticket ticket, long hostNanos) {
    try {
      ticket.command = ticket.command.toBuilder().setCounter(counter.next()).build();
    } catch (IOException e) {
      refuse(ticket, "its number cannot be stored: " + e);
      return;
    }
    log(ticket, "SENT", "", 0);
    sent++;
    open.put(ticket.command.getCounter(), ticket);
    unanswered = ticket;
    send(ticket, hostNanos);
    forceAudit();
  }

  private void send(Ticket ticket, long hostNanos) {
    lastSent = hostNanos;
    // what the link does not take is sent again as if it had been lost
    boolean unused = uplink.test(Uplink.newBuilder().setTelecommand(ticket.command).build());
  }

  private void expire(long hostNanos) {
    List<Ticket> late = new ArrayList<>();
    waiting.forEach(ticket -> addIfLate(ticket, hostNanos, late));
    open.values().forEach(ticket -> addIfLate(ticket, hostNanos, late));
    for (Ticket ticket : late) {
      if (waiting.remove(ticket)) {
        refuse(ticket, "was not sent in time: one before it has no answer");
        continue;
      }
      boolean silent = ticket == unanswered;
      if (silent) {
        unanswered = null;
      }
      open.remove(ticket.command.getCounter());
      failed++;
      String why =
          silent
              ? "the satellite has not answered; it may still run the command"
              : "the command is not at its end yet";
      log(ticket, "GAVE_UP_WAITING", why, 0);
      ticket.tell(OperatorReply.newBuilder().setError(why).build());
      forceAudit();
    }
  }

  private static void addIfLate(Ticket ticket, long hostNanos, List<Ticket> late) {
    if (hostNanos - ticket.deadline >= 0) {
      late.add(ticket);
    }
  }

  private void refuse(Ticket ticket, String why) {
    log(ticket, "REFUSED", why, 0);
    ticket.tell(OperatorReply.newBuilder().setError(why).build());
    forceAudit();
  }

  private void forceAudit() {
    try {
      audit.force();
    } catch (IOException e) {
      System.err.println("ground: audit log: " + e);
    }
  }

  private void log(Ticket ticket, String stage, String reason, long missionNanos) {
    try {
      audit.write(ticket.operator, ticket.command, ticket.name, stage, reason, missionNanos);
    } catch (IOException e) {
      System.err.println(
          "ground: audit log: " + e + ": " + ticket.operator + " " + ticket.name + " " + stage);
    }
  }
}
