package org.heliostat.hil.ground;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingDeque;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingDeque;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.OperatorReply;
import org.heliostat.protocol.OperatorRequest;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Telecommand;
import org.jspecify.annotations.Nullable;

/**
 * Sends commands, one after the other: the next one only when the satellite has answered the one
 * before, because it drops a number below the highest that it has seen. Until it answers, a command
 * is sent again. A command completes with so many answers as its last stage says; its operator gets
 * those that come within {@value #ANSWER_NANOS} ns of host time.
 *
 * <p>Everything that is sent stands in the audit log: a command whose line cannot be written is
 * refused. The line goes to disk while the command travels; should that fail, it is written again,
 * and nothing more is sent, nor sent again, until it is there. A stage is on disk before the
 * satellite is told that it has arrived; a force that fails there holds up commands, too.
 *
 * <p>Overflow policy: {@value #MOST_WAITING} commands wait, one more is refused; {@value
 * #MOST_OPEN} are on their way, the others wait; {@value #MOST_ANSWERING} have ended and wait for
 * answers, then the oldest is given up, with a word to its operator; the last {@value #MOST_PAST}
 * are remembered, so that a stage which comes after the wait is logged with its operator and a late
 * COMPLETED is counted as such. Of others a stage is logged without an operator, and not counted.
 * Stages of commands from on board (number 0) are not ground's and stay out. Thread-safe.
 */
final class CommandDesk implements Receiver.Reports, AutoCloseable {
  /** Host time until a command without an answer is sent again. */
  static final long RESEND_NANOS = 2_000_000_000L;

  /** Host time that answers may come after the end of their command. */
  static final long ANSWER_NANOS = 60_000_000_000L;

  static final int MOST_OPEN = 128;
  static final int MOST_ANSWERING = 32;
  static final int MOST_PAST = 256;
  private static final int MOST_WAITING = 64;
  private static final int MOST_REPLIES = 256;
  private static final double LONGEST_WAIT_SECONDS = 86_400;
  private static final String STATION_ENDS = "the ground station ends";

  private final CommandCounter counter;
  private final AuditLog audit;
  private final CommandUplink uplink;
  private final Deque<Ticket> waiting = new ArrayDeque<>();
  private final Map<Long, Ticket> open = new HashMap<>();

  /** Those that have completed, and not all of whose answers have come, oldest first. */
  private final Map<Long, Ticket> answering = new LinkedHashMap<>();

  /** Those that are not open any more, oldest first. */
  private final Map<Long, Past> past = new LinkedHashMap<>();

  private @Nullable Ticket unanswered;
  private long now;
  private boolean auditFails;
  private boolean closed;

  /** Host time of the newest turn to send the command that has no answer. */
  private long lastSent;

  private int sent;
  private int completed;
  private int failed;

  /**
   * A command that is not open any more.
   *
   * @param ended false where it was given up: then its end may still come
   */
  private record Past(Operator operator, Telecommand command, String name, boolean ended) {}

  /** A command on its way, and what there is to tell its operator. */
  static final class Ticket {
    private final Operator operator;
    private final String name;
    private final long deadline;
    private final BlockingDeque<OperatorReply> replies = new LinkedBlockingDeque<>(MOST_REPLIES);
    private final CommandUplink.Choice choice;
    private Telecommand command;
    private Optional<CommandUplink.Sealed> sealed = Optional.empty();
    private boolean left;
    private long answers;
    private long allAnswers;
    private long answersUntil;

    private Ticket(
        Operator operator, Telecommand command, CommandUplink.Choice choice, long deadline) {
      this.operator = operator;
      this.choice = choice;
      this.name = command.getCommandCase().name().toLowerCase(Locale.ROOT);
      this.command = command;
      this.deadline = deadline;
    }

    /** Replies in order; one of them is marked as the last. */
    BlockingQueue<OperatorReply> replies() {
      return replies;
    }

    /** The command; once it is sealed, without what is secret in it. */
    Telecommand command() {
      return command;
    }

    private void tell(OperatorReply reply) {
      // an operator that does not listen loses the oldest stages and answers, never the end
      while (!left && !replies.offerLast(reply)) {
        OperatorReply oldest = replies.pollFirst();
        if (oldest != null && oldest.getReport().getStage() == Stage.COMPLETED) {
          OperatorReply unused = replies.pollFirst();
          boolean kept = replies.offerFirst(oldest);
          assert kept : "only this method adds, under the desk's lock";
        }
      }
    }

    private void tellError(String error) {
      tell(OperatorReply.newBuilder().setError(error).setLast(true).build());
    }
  }

  /** A desk without commands. */
  CommandDesk(CommandCounter counter, AuditLog audit, CommandUplink uplink) {
    this.counter = counter;
    this.audit = audit;
    this.uplink = uplink;
  }

  /** Takes a command; it is sent now, or by {@link #tick} when its turn has come. */
  Ticket submit(OperatorRequest request, long hostNanos) {
    return submit(
        request, new CommandUplink.Choice(request.getEmergency(), Optional.empty()), hostNanos);
  }

  /** Takes a command that is sealed with a certain key. */
  synchronized Ticket submit(OperatorRequest request, CommandUplink.Choice choice, long hostNanos) {
    double wait = Math.min(LONGEST_WAIT_SECONDS, Math.max(0, request.getWaitSeconds()));
    Ticket ticket =
        new Ticket(
            Operator.of(request),
            request.getTelecommand(),
            choice,
            hostNanos + (long) (wait * 1e9));
    now = hostNanos;
    if (closed) {
      ticket.tellError(STATION_ENDS);
    } else if (unanswered == null && waiting.isEmpty() && open.size() < MOST_OPEN) {
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
    now = hostNanos;
    expire(hostNanos);
    expireAnswers();
    if (unanswered != null) {
      if (hostNanos - lastSent >= RESEND_NANOS) {
        sendAgain(unanswered, hostNanos);
      }
      return;
    }
    Ticket next = open.size() < MOST_OPEN ? waiting.pollFirst() : null;
    if (next != null) {
      number(next, hostNanos);
    }
  }

  /** The satellite has taken commands up to this number, whoever has sent them. */
  synchronized void taken(long highest) {
    counter.atLeast(highest);
  }

  /** Takes a stage that came down. */
  @Override
  public synchronized void report(CommandReport report) {
    Ticket ticket = open.get(report.getCounter());
    if (ticket == null) {
      late(report);
      return;
    }
    if (ticket == unanswered) {
      unanswered = null;
    }
    log(ticket, report.getStage().name(), report.getReason(), report.getMissionNanos());
    boolean end = isEnd(report);
    ticket.allAnswers = Integer.toUnsignedLong(report.getAnswers());
    boolean waits =
        report.getStage() == Stage.COMPLETED && !ticket.left && ticket.answers < ticket.allAnswers;
    ticket.tell(OperatorReply.newBuilder().setReport(report).setLast(end && !waits).build());
    if (end) {
      open.remove(report.getCounter());
      remember(ticket, true);
      if (report.getStage() == Stage.COMPLETED) {
        completed++;
      } else {
        failed++;
      }
    }
    if (waits) {
      awaitAnswers(report.getCounter(), ticket);
    }
  }

  /** A stage of a command that is not open: nobody waits for it any more. */
  private void late(CommandReport report) {
    if (report.getCounter() == 0) {
      return;
    }
    Past command = past.get(report.getCounter());
    if (command == null) {
      audit.note(report);
      return;
    }
    if (isEnd(report) && command.ended()) {
      // nothing ends twice
      return;
    }
    audit.note(
        command.operator(),
        command.command(),
        command.name(),
        report.getStage().name(),
        report.getReason(),
        report.getMissionNanos());
    if (isEnd(report)) {
      past.replace(
          report.getCounter(),
          new Past(command.operator(), command.command(), command.name(), true));
      if (report.getStage() == Stage.COMPLETED) {
        // was counted as failed when it was given up
        failed--;
        completed++;
      }
    }
  }

  private static boolean isEnd(CommandReport report) {
    return report.getStage() == Stage.COMPLETED || report.getStage() == Stage.FAILED;
  }

  private void remember(Ticket ticket, boolean ended) {
    if (past.size() == MOST_PAST) {
      past.remove(past.keySet().iterator().next());
    }
    past.put(
        ticket.command.getCounter(), new Past(ticket.operator, ticket.command, ticket.name, ended));
  }

  private void awaitAnswers(long number, Ticket ticket) {
    if (answering.size() == MOST_ANSWERING) {
      long oldest = answering.keySet().iterator().next();
      giveUpAnswers(oldest, "too many commands wait for theirs");
    }
    ticket.answersUntil = now + ANSWER_NANOS;
    answering.put(number, ticket);
  }

  private void expireAnswers() {
    List<Long> late =
        answering.entrySet().stream()
            .filter(entry -> now - entry.getValue().answersUntil >= 0)
            .map(Map.Entry::getKey)
            .toList();
    late.forEach(number -> giveUpAnswers(number, ANSWER_NANOS / 1_000_000_000 + " s are over"));
  }

  private void giveUpAnswers(long number, String why) {
    Ticket ticket = answering.remove(number);
    if (ticket != null) {
      ticket.tellError(
          (ticket.allAnswers - ticket.answers)
              + " of "
              + ticket.allAnswers
              + " answers have not come, and "
              + why
              + "; ground keeps them when they do");
    }
  }

  /** Takes an answer that is safe on ground's disk. */
  @Override
  public synchronized void answer(OperatorReply answer) {
    long number = Answers.counter(answer.getAnswer()).orElse(0);
    Ticket completed = answering.get(number);
    Ticket ticket = completed == null ? open.get(number) : completed;
    if (ticket == null) {
      return;
    }
    ticket.answers++;
    boolean last = completed != null && ticket.answers >= ticket.allAnswers;
    ticket.tell(last ? answer.toBuilder().setLast(true).build() : answer);
    if (last) {
      answering.remove(number);
    }
  }

  /** Its operator has gone: nobody is told any more. The command goes on. */
  synchronized void leave(Ticket ticket) {
    ticket.left = true;
    ticket.replies.clear();
    answering.remove(ticket.command.getCounter(), ticket);
  }

  /** Brings all stages that were taken to disk; nothing is sent after a failure until they are. */
  @Override
  public synchronized void force() throws IOException {
    try {
      audit.force();
    } catch (IOException e) {
      if (!auditFails) {
        auditFails = true;
        GroundLog.say("audit log: " + e);
      }
      throw e;
    }
    if (auditFails) {
      auditFails = false;
      GroundLog.say("audit log: is stored again");
    }
  }

  synchronized JsonObject json() {
    JsonObject json = new JsonObject();
    json.addProperty("sent", sent);
    json.addProperty("completed", completed);
    json.addProperty("failed", failed);
    json.addProperty("open", open.size() + waiting.size());
    json.addProperty("answering", answering.size());
    return json;
  }

  private void number(Ticket ticket, long hostNanos) {
    if (auditFails && !forceAudit()) {
      refuse(ticket, "is not sent: the audit log cannot be brought to disk");
      return;
    }
    try {
      ticket.command = ticket.command.toBuilder().setCounter(counter.next()).build();
    } catch (IOException e) {
      refuse(ticket, "its number cannot be stored: " + e);
      return;
    }
    CommandUplink.Sealed sealed = uplink.seal(ticket.command, ticket.choice, ticket.deadline);
    ticket.sealed = Optional.of(sealed);
    // from here on it is only remembered
    ticket.command = SecretFields.without(ticket.command);
    try {
      audit.write(ticket.operator, ticket.command, ticket.name, "SENT", sealed);
    } catch (IOException e) {
      refuse(ticket, "is not sent: it cannot be written into the audit log: " + e);
      return;
    }
    sent++;
    open.put(ticket.command.getCounter(), ticket);
    unanswered = ticket;
    send(ticket, hostNanos);
    boolean unused = forceAudit();
  }

  /** Lets a turn pass while the audit log is not on disk. */
  private void sendAgain(Ticket ticket, long hostNanos) {
    if (auditFails && !forceAudit()) {
      lastSent = hostNanos;
      return;
    }
    send(ticket, hostNanos);
  }

  private void send(Ticket ticket, long hostNanos) {
    lastSent = hostNanos;
    // what the link does not take is sent again as if it had been lost
    ticket.sealed.ifPresent(
        packet -> {
          boolean unused = uplink.send(packet);
        });
  }

  private void expire(long hostNanos) {
    List<Ticket> late = new ArrayList<>();
    waiting.forEach(ticket -> addIfLate(ticket, hostNanos, late));
    open.values().forEach(ticket -> addIfLate(ticket, hostNanos, late));
    for (Ticket ticket : late) {
      if (waiting.remove(ticket)) {
        String why = "was not sent in time: one before it has no answer";
        log(ticket, "REFUSED", why, 0);
        ticket.tellError(why);
        continue;
      }
      boolean silent = ticket == unanswered;
      if (silent) {
        unanswered = null;
      }
      open.remove(ticket.command.getCounter());
      failed++;
      remember(ticket, false);
      String why =
          silent
              ? "the satellite has not answered; it may still run the command"
              : "the command is not at its end yet";
      log(ticket, "GAVE_UP_WAITING", why, 0);
      ticket.tellError(why);
    }
    if (!late.isEmpty()) {
      boolean unused = forceAudit();
    }
  }

  private static void addIfLate(Ticket ticket, long hostNanos, List<Ticket> late) {
    if (hostNanos - ticket.deadline >= 0) {
      late.add(ticket);
    }
  }

  private void refuse(Ticket ticket, String why) {
    log(ticket, "REFUSED", why, 0);
    ticket.tellError(why);
    boolean unused = forceAudit();
  }

  private boolean forceAudit() {
    try {
      force();
      return true;
    } catch (IOException e) {
      // said there
      return false;
    }
  }

  private void log(Ticket ticket, String stage, String reason, long missionNanos) {
    audit.note(ticket.operator, ticket.command, ticket.name, stage, reason, missionNanos);
  }

  /** Writes into the audit log how an upload goes. */
  synchronized void noteUpload(
      Operator operator, long upload, String path, String stage, String reason) {
    if (!closed) {
      audit.noteUpload(operator, upload, path, stage, reason);
    }
  }

  /** Closes the audit log, and tells all who wait; what is submitted later is refused. */
  @Override
  public synchronized void close() throws IOException {
    closed = true;
    List<Ticket> left = new ArrayList<>(waiting);
    left.addAll(open.values());
    left.addAll(answering.values());
    left.forEach(ticket -> ticket.tellError(STATION_ENDS));
    audit.close();
  }
}
