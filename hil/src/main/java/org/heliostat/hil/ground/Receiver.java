package org.heliostat.hil.ground;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.OperatorReply;
import org.heliostat.protocol.Receipt;
import org.heliostat.protocol.Severity;
import org.heliostat.protocol.Uplink;

/**
 * Takes packets of the satellite: opens them, has their records kept, and confirms a record only
 * when it is on disk. A record that cannot be kept is not confirmed, so the satellite sends it
 * again. One thread.
 */
final class Receiver {
  /** Longest wait of a stored record for its receipt, in host time. */
  static final long BATCH_NANOS = 100_000_000L;

  private static final int BATCH_RECORDS = 64;

  /** Answers that wait for the disk; beyond that the oldest is not shown, only kept. */
  private static final int MOST_ANSWERS = 1024;

  private final Function<byte[], Optional<byte[]>> gate;
  private final Archive archive;
  private final Predicate<Uplink> uplink;
  private final Consumer<Housekeeping> housekeeping;
  private final Reports reports;
  private final GroundEvents events;
  private final Counters counters;
  private final Set<Long> stored = new LinkedHashSet<>();
  private final Deque<OperatorReply> answers = new ArrayDeque<>();
  private long oldest;
  private boolean diskFailed;

  /** What takes the stages of commands and the answers to them, each once. */
  interface Reports {
    void report(CommandReport report);

    /** Takes an answer that is safe on disk, each once. */
    default void answer(OperatorReply answer) {}

    /** Brings what it keeps of them to disk. */
    default void force() throws IOException {}
  }

  /**
   * A receiver.
   *
   * @param gate what is inside a packet; empty where it is not authentic, or has come before
   * @param uplink sends a message; false when it could not
   * @param housekeeping gets live telemetry
   */
  Receiver(
      Function<byte[], Optional<byte[]>> gate,
      Archive archive,
      Predicate<Uplink> uplink,
      Consumer<Housekeeping> housekeeping,
      Reports reports,
      GroundEvents events,
      Counters counters) {
    this.gate = gate;
    this.archive = archive;
    this.uplink = uplink;
    this.housekeeping = housekeeping;
    this.reports = reports;
    this.events = events;
    this.counters = counters;
  }

  /** Takes one packet as it came. */
  void receive(byte[] sealed, long hostNanos) {
    counters.packets++;
    counters.receivedBytes += sealed.length;
    Optional<byte[]> packet = gate.apply(sealed);
    Downlink downlink;
    try {
      downlink =
          packet.isEmpty() ? Downlink.getDefaultInstance() : Downlink.parseFrom(packet.get());
    } catch (InvalidProtocolBufferException e) {
      downlink = Downlink.getDefaultInstance();
    }
    if (downlink.getBodyCase() == Downlink.BodyCase.BODY_NOT_SET) {
      counters.damaged++;
    } else if (downlink.getRecord() == 0) {
      if (downlink.hasHousekeeping()) {
        counters.housekeeping++;
        housekeeping.accept(downlink.getHousekeeping());
      }
    } else {
      keep(downlink, hostNanos);
    }
  }

  /** Sends the receipts that are due. */
  void flush(long hostNanos) {
    if (stored.isEmpty() || (stored.size() < BATCH_RECORDS && hostNanos - oldest < BATCH_NANOS)) {
      return;
    }
    flushNow();
  }

  /** Sends all receipts. */
  void flushNow() {
    if (stored.isEmpty()) {
      return;
    }
    Receipt receipt = Receipt.newBuilder().addAllRecords(stored).build();
    stored.clear();
    try {
      archive.force();
      reports.force();
    } catch (IOException e) {
      diskFailed(e, receipt.getRecordsCount());
      return;
    }
    answers.forEach(reports::answer);
    answers.clear();
    if (diskFailed) {
      diskFailed = false;
      events.report(Severity.INFO, 2, "DISK_WORKS", "records are stored again");
    }
    // a receipt that does not get through is sent again when the record is
    if (uplink.test(Uplink.newBuilder().setReceipt(receipt).build())) {
      counters.receipts++;
      counters.receiptBytes += receipt.getSerializedSize();
    }
  }

  private void keep(Downlink downlink, long hostNanos) {
    try {
      if (archive.store(downlink)) {
        counters.records++;
        if (downlink.hasCommandReport()) {
          reports.report(downlink.getCommandReport());
        } else if (Answers.counter(downlink).isPresent()) {
          if (answers.size() == MOST_ANSWERS) {
            answers.removeFirst();
          }
          answers.addLast(Answers.reply(downlink));
        }
      } else {
        counters.resent++;
      }
    } catch (IOException e) {
      diskFailed(e, 1);
      return;
    }
    if (stored.isEmpty()) {
      oldest = hostNanos;
    }
    stored.add(downlink.getRecord());
  }

  private void diskFailed(IOException failure, int records) {
    counters.notStored += records;
    if (!diskFailed) {
      diskFailed = true;
      events.report(
          Severity.ERROR,
          1,
          "DISK_FAILED",
          "records cannot be stored and are not confirmed: " + failure);
    }
  }
}
