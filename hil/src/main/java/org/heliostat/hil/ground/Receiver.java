package org.heliostat.hil.ground;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.heliostat.protocol.BeaconDecoder;
import org.heliostat.protocol.BeaconSet;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.OperatorReply;
import org.heliostat.protocol.Receipt;
import org.heliostat.protocol.RecordInQuestion;
import org.heliostat.protocol.RecordPart;
import org.heliostat.protocol.Severity;
import org.heliostat.protocol.Uplink;
import org.heliostat.protocol.UploadStatus;

/**
 * Takes packets of the satellite: opens them, has their records kept, and confirms a record only
 * when it is on disk. A record that cannot be kept is not confirmed, so the satellite asks for it
 * and sends it again. A record that is authentic and does not read is kept as it came, and
 * confirmed: it would be no better another time. Of records that come in parts it says what they
 * lack. One thread.
 */
final class Receiver {
  /** Longest wait of a stored record for its receipt, in host time. */
  static final long BATCH_NANOS = 100_000_000L;

  private static final int BATCH_RECORDS = 64;

  /** Bytes of parts after which the satellite is told how far they have come. */
  private static final int BATCH_BYTES = 32 << 10;

  /** Answers that wait for the disk; beyond that the oldest is not shown, only kept. */
  private static final int MOST_ANSWERS = 1024;

  private final Function<byte[], Optional<byte[]>> gate;
  private final Archive archive;
  private final Predicate<Uplink> uplink;
  private final Consumer<Housekeeping> housekeeping;
  private final Reports reports;
  private final GroundEvents events;
  private final Counters counters;
  private final PartAssembly assembly = new PartAssembly();
  private final Receipts receipts = new Receipts(assembly);
  private final Parts parts;
  private final Deque<OperatorReply> answers = new ArrayDeque<>();
  private final BeaconDecoder beacons = new BeaconDecoder();
  private Consumer<UploadStatus> uploads = status -> {};
  private long oldest;
  private int run;
  private long heard;
  private long partBytes;
  private boolean diskFailed;
  private boolean undecodedFull;

  /** What takes the stages of commands and the answers to them, each once. */
  interface Reports {
    void report(CommandReport report);

    /** Takes an answer that is safe on disk, each once. */
    default void answer(OperatorReply answer) {}

    /** Brings what it keeps of them to disk. */
    default void force() throws IOException {}
  }

  /** Keeps parts over a restart. */
  interface Parts {
    /** Keeps nothing. */
    Parts NONE = (part, assembly) -> {};

    /** Keeps a part that has been taken. */
    void add(RecordPart part, PartAssembly assembly);

    /** None is wanted any more. */
    default void clear() {}
  }

  /**
   * A receiver that keeps no parts over a restart.
   *
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
    this(gate, archive, uplink, housekeeping, reports, events, counters, Parts.NONE);
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
      Counters counters,
      Parts parts) {
    this.gate = gate;
    this.archive = archive;
    this.uplink = uplink;
    this.housekeeping = housekeeping;
    this.reports = reports;
    this.events = events;
    this.counters = counters;
    this.parts = parts;
  }

  /** Who is told how uploads stand; nobody before. */
  void tellOfUploads(Consumer<UploadStatus> whom) {
    uploads = whom;
  }

  /** Takes in a part that an earlier station has kept. */
  void resume(RecordPart part) {
    if (archive.has(part.getRecord(), part.getChecksum())) {
      return;
    }
    PartAssembly.Taken unused = assembly.take(part, 0);
  }

  /** Takes one packet as it came. */
  void receive(byte[] sealed, long hostNanos) {
    counters.packets++;
    counters.receivedBytes += sealed.length;
    Optional<byte[]> packet = gate.apply(sealed);
    if (packet.isPresent()) {
      authentic(packet.get(), hostNanos);
    } else {
      counters.damaged++;
    }
  }

  private void authentic(byte[] packet, long hostNanos) {
    Downlink downlink;
    try {
      downlink = Downlink.parseFrom(packet);
    } catch (InvalidProtocolBufferException e) {
      downlink = Downlink.getDefaultInstance();
    }
    switch (downlink.getBodyCase()) {
      case BODY_NOT_SET ->
          RawRecord.of(ByteString.copyFrom(packet))
              .ifPresentOrElse(
                  raw -> {
                    from(raw.head());
                    boolean unused = keepRaw(raw, hostNanos);
                  },
                  () -> counters.damaged++);
      case RECORD_PART -> {
        from(downlink);
        part(downlink.getRecordPart(), hostNanos);
      }
      case BATCH -> {
        from(downlink);
        downlink.getBatch().getRecordsList().forEach(record -> batched(record, hostNanos));
      }
      case INQUIRY -> {
        from(downlink);
        downlink.getInquiry().getRecordsList().forEach(record -> asked(record, hostNanos));
      }
      default -> {
        if (downlink.getRecord() != 0) {
          from(downlink);
          boolean unused = keep(downlink, hostNanos);
        } else if (downlink.hasHousekeeping()) {
          counters.housekeeping++;
          housekeeping.accept(downlink.getHousekeeping());
        } else if (downlink.hasUploadStatus()) {
          uploads.accept(downlink.getUploadStatus());
        } else if (downlink.hasBeacon()) {
          counters.beacons++;
          beacons
              .decode(downlink.getBeacon())
              .map(BeaconSet::housekeeping)
              .ifPresentOrElse(housekeeping, () -> counters.beaconsNotRead++);
        }
      }
    }
  }

  /** Notes which packet of which run it is; what is owed to another run is told to that. */
  private void from(Downlink packet) {
    if (packet.getRun() != run) {
      flushNow();
      run = packet.getRun();
      heard = 0;
    }
    heard = Math.max(heard, packet.getStreamSequence());
  }

  /** Sends the receipts that are due. */
  void flush(long hostNanos) {
    if (receipts.isEmpty()
        || (receipts.storedCount() < BATCH_RECORDS
            && partBytes < BATCH_BYTES
            && !receipts.wanted()
            && hostNanos - oldest < BATCH_NANOS)) {
      return;
    }
    flushNow();
  }

  /** Sends all receipts. */
  void flushNow() {
    partBytes = 0;
    if (receipts.isEmpty()) {
      return;
    }
    if (receipts.storedCount() > 0) {
      force();
    }
    for (Receipt receipt : receipts.take(run, heard)) {
      // what does not get through is asked for by the satellite
      if (uplink.test(Uplink.newBuilder().setReceipt(receipt).build())) {
        counters.receipts++;
        counters.receiptBytes += receipt.getSerializedSize();
      }
    }
  }

  private void force() {
    try {
      archive.force();
      reports.force();
    } catch (IOException e) {
      diskFailed(e, receipts.forgetStored());
      return;
    }
    answers.forEach(reports::answer);
    answers.clear();
    if (diskFailed) {
      diskFailed = false;
      events.report(Severity.INFO, 2, "DISK_WORKS", "records are stored again");
    }
  }

  // ---- whole records

  private void batched(ByteString bytes, long hostNanos) {
    Optional<Downlink> record = record(bytes);
    if (record.isPresent() && record.get().getRecord() != 0) {
      boolean unused = keep(record.get(), hostNanos);
      return;
    }
    RawRecord.of(bytes)
        .ifPresentOrElse(
            raw -> {
              boolean unused = keepRaw(raw, hostNanos);
            },
            () -> counters.damaged++);
  }

  /** A record as it stands in a batch or in parts: one that travels by itself, and no packet. */
  private static Optional<Downlink> record(ByteString bytes) {
    try {
      Downlink record = Downlink.parseFrom(bytes);
      return switch (record.getBodyCase()) {
        case BODY_NOT_SET, RECORD_PART, BATCH, INQUIRY, BEACON, UPLOAD_STATUS -> Optional.empty();
        default -> Optional.of(record);
      };
    } catch (InvalidProtocolBufferException e) {
      return Optional.empty();
    }
  }

  private boolean keep(Downlink downlink, long hostNanos) {
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
      return false;
    }
    owed(hostNanos);
    receipts.stored(downlink.getRecord());
    return true;
  }

  /** Keeps what does not read; false where it is still to be kept. */
  private boolean keepRaw(RawRecord raw, long hostNanos) {
    try {
      if (archive.storeUndecoded(raw)) {
        if (counters.undecoded++ == 0) {
          events.report(
              Severity.WARNING,
              5,
              "RECORD_UNDECODED",
              "record %s does not read, and is kept in undecoded.jsonl as any more of them"
                  .formatted(Long.toUnsignedString(raw.number())));
        }
      } else {
        counters.resent++;
      }
    } catch (Archive.UndecodedFull e) {
      counters.notStored++;
      if (!undecodedFull) {
        undecodedFull = true;
        events.report(
            Severity.ERROR,
            6,
            "UNDECODED_FULL",
            "records that do not read are not confirmed any more: " + e.getMessage());
      }
      return false;
    } catch (IOException e) {
      diskFailed(e, 1);
      return false;
    }
    owed(hostNanos);
    receipts.stored(raw.number());
    return true;
  }

  private void owed(long hostNanos) {
    if (receipts.isEmpty()) {
      oldest = hostNanos;
    }
  }

  // ---- records in parts

  private void part(RecordPart part, long hostNanos) {
    counters.parts++;
    long record = part.getRecord();
    if (archive.has(record, part.getChecksum())) {
      counters.partsAgain++;
      owed(hostNanos);
      receipts.stored(record);
      return;
    }
    PartAssembly.Taken taken = assembly.take(part, run);
    counters.partsForgotten = assembly.forgotten();
    switch (taken) {
      case REFUSED -> counters.partsRefused++;
      case GIVEN_UP -> {
        counters.partsRefused++;
        lacksAll(part, hostNanos);
      }
      case COMPLETED -> complete(record, hostNanos);
      case AGAIN -> {
        counters.partsAgain++;
        progress(part, hostNanos);
      }
      case ADDED -> {
        parts.add(part, assembly);
        progress(part, hostNanos);
      }
    }
  }

  private void progress(RecordPart part, long hostNanos) {
    owed(hostNanos);
    partBytes += part.getContent().size();
    receipts.progress(part.getRecord());
  }

  private void lacksAll(RecordPart part, long hostNanos) {
    owed(hostNanos);
    receipts.unknown(
        RecordInQuestion.newBuilder()
            .setRecord(part.getRecord())
            .setSize(part.getSize())
            .setChecksum(part.getChecksum())
            .build());
  }

  /** Stores a record of which all parts are there; one that cannot be stored stays for later. */
  private void complete(long record, long hostNanos) {
    Optional<ByteString> body = assembly.whole(record).map(ByteString::copyFrom);
    if (body.isEmpty()) {
      return;
    }
    boolean kept =
        record(body.get())
            .map(whole -> keep(whole.toBuilder().setRecord(record).build(), hostNanos))
            .orElseGet(
                () ->
                    keepRaw(
                        new RawRecord(Downlink.newBuilder().setRecord(record).build(), body.get()),
                        hostNanos));
    if (kept) {
      assembly.forget(record);
    }
    if (assembly.records().isEmpty()) {
      parts.clear();
    }
  }

  // ---- questions

  private void asked(RecordInQuestion about, long hostNanos) {
    counters.inquiries++;
    long record = about.getRecord();
    if (archive.has(record, about.getChecksum())) {
      owed(hostNanos);
      receipts.stored(record);
    } else if (!assembly.knows(record, about.getSize(), about.getChecksum())) {
      owed(hostNanos);
      receipts.unknown(about);
    } else if (assembly.whole(record).isPresent()) {
      complete(record, hostNanos);
    } else {
      owed(hostNanos);
      receipts.asked(record);
    }
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
