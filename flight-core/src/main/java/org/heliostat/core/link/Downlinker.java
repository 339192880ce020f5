package org.heliostat.core.link;

import com.google.protobuf.InvalidProtocolBufferException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.heliostat.core.app.Services;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.link.PacketWriter.Content;
import org.heliostat.core.link.SendQueue.Capacity;
import org.heliostat.core.link.SendQueue.Choice;
import org.heliostat.core.recorder.RecorderFault;
import org.heliostat.core.table.TableDefinition;
import org.heliostat.core.table.TableHandle;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.DownlinkTable;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.LinkConfig;
import org.heliostat.protocol.LinkStatus;
import org.heliostat.protocol.MissingParts;
import org.heliostat.protocol.Receipt;
import org.heliostat.protocol.RecordChecksum;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Table.ContentCase;

/**
 * Sends what the recorder holds, in the order of the {@link SendQueue}, as far as the pass carries
 * it, and frees what ground confirms. The thread of the link; what housekeeping shows is another's
 * to ask.
 */
final class Downlinker {
  static final TableDefinition TABLE =
      new TableDefinition(
          "downlink",
          ContentCase.DOWNLINK,
          Table.newBuilder().setDownlink(DownlinkTable.getDefaultInstance()).build(),
          table -> DownlinkTableCheck.problems(table.getDownlink()),
          Optional.empty());

  /** Contents that are looked at in a step, ahead of their turn; see {@link SendQueue#toLook}. */
  private static final int LOOKS_A_STEP = 64;

  /** Of these; the last one goes beyond. */
  private static final int BYTES_LOOKED_A_STEP = 1 << 20;

  private static final int INQUIRIES_A_STEP = 4;

  /** Packets of a step: ground's commands must have their turn. */
  private static final int PACKETS_A_STEP = 256;

  private static final int MOST_BATCHED = 256;
  private static final int MOST_CONFIRMED = 4096;
  private static final int MOST_UNREADABLE = 1_000;

  private final Services services;
  private final PassKeeper passes;
  private final PacketWriter writer;
  private final SendQueue queue;
  private final Candidates candidates;
  private final Contents contents;
  private final TableHandle table;
  private final int window;
  private final long patienceNanos;

  /** Told of; the oldest are not known any more when there are too many. */
  private final Set<Long> unreadable = new HashSet<>();

  private final AtomicLong parts = new AtomicLong();
  private final AtomicLong inquiries = new AtomicLong();
  private final AtomicLong staleReceipts = new AtomicLong();
  private final AtomicLong badAnswers = new AtomicLong();
  private boolean recorderFailed;
  private volatile LinkStatus status = LinkStatus.getDefaultInstance();

  Downlinker(Services services, PassKeeper passes, PacketWriter writer) {
    this.services = services;
    this.passes = passes;
    this.writer = writer;
    this.table = services.tables().register(TABLE);
    LinkConfig config = services.mission().getLink();
    this.window = config.getWindow();
    this.patienceNanos = (long) (config.getResendSeconds() * 1e9);
    int partBytes = config.getPartKibibytes() * 1024;
    this.queue =
        new SendQueue(
            new SendQueue.Bounds(
                window, config.getWindowKibibytes() * 1024L, partBytes, patienceNanos),
            new Worth(table.active().getDownlink()),
            services.clock().missionNanos());
    this.candidates = new Candidates(services.recorder());
    this.contents = new Contents(services.recorder(), partBytes);
  }

  /** The table as it is now counts. */
  void reload() {
    queue.use(new Worth(table.active().getDownlink()));
  }

  /** A connection is up that was down. */
  void reconnected() {
    queue.reconnected(services.clock().hostNanos());
  }

  // ---- sending

  /** Sends what may go now. */
  void step() {
    if (table.takeNew().isPresent()) {
      reload();
    }
    long mission = services.clock().missionNanos();
    OptionalLong nextPass = passes.nextPass();
    candidates.step(
        window + unreadable.size(),
        record -> queue.offer(record, mission, nextPass),
        record -> queue.offerAgain(record, mission, nextPass));
    queue.order(mission, nextPass);
    if (look()) {
      queue.order(mission, nextPass);
    }
    boolean taken = ask();
    for (int i = 0; i < PACKETS_A_STEP && taken && passes.mayRun(); i++) {
      taken = packet();
    }
    show();
  }

  /** Looks at what the worth of the next ones depends on; whether anything was found. */
  private boolean look() {
    boolean found = false;
    long bytes = 0;
    for (Outgoing one : queue.toLook(LOOKS_A_STEP, services.clock().hostNanos())) {
      if (bytes >= BYTES_LOOKED_A_STEP) {
        break;
      }
      bytes += one.record.bytes();
      Optional<byte[]> content = read(one);
      if (content.isPresent()) {
        one.checksum = Optional.of(RecordChecksum.of(one.record.id(), content.get()));
        if (!one.looked) {
          one.expected = expected(one, content.get());
          one.looked = true;
        }
      }
      found = true;
    }
    return found;
  }

  private double expected(Outgoing one, byte[] content) {
    Worth worth = new Worth(table.active().getDownlink());
    try {
      return worth.expected(one.record, Downlink.parseFrom(content).getProduct());
    } catch (InvalidProtocolBufferException e) {
      // it goes all the same; ground will tell
      return worth.expected(one.record, org.heliostat.protocol.Product.getDefaultInstance());
    }
  }

  /** Asks ground what it has; false where the port takes nothing. */
  private boolean ask() {
    for (int i = 0; i < INQUIRIES_A_STEP && passes.othersMay() && passes.mayRun(); i++) {
      long now = services.clock().hostNanos();
      List<Outgoing> about = queue.toAsk(now);
      if (about.isEmpty()) {
        return true;
      }
      if (!writer.inquiry(about)) {
        return false;
      }
      inquiries.incrementAndGet();
      queue.asked(about, now);
    }
    return true;
  }

  /** Sends one packet; false where there is none to send, or it was not taken. */
  private boolean packet() {
    Optional<Content> first = next(0);
    if (first.isEmpty()) {
      return false;
    }
    long sequence = writer.nextSequence();
    long now = services.clock().hostNanos();
    List<Content> packed = new ArrayList<>();
    int bytes = 0;
    Optional<Content> content = first;
    while (content.isPresent()) {
      Choice choice = content.get().choice();
      queue.sent(choice, sequence, now);
      packed.add(content.get());
      bytes += packedBytes(choice);
      content =
          choice.whole() && packed.size() < MOST_BATCHED && bytes < queue.partBytes()
              ? next(bytes)
              : Optional.empty();
    }
    if (!send(packed, sequence)) {
      queue.notSent(packed.stream().map(Content::choice).toList(), sequence);
      return false;
    }
    return true;
  }

  private static int packedBytes(Choice choice) {
    int bytes = (int) choice.span().length();
    return bytes + PacketWriter.batchOverhead(choice.what().record.id(), bytes);
  }

  private boolean send(List<Content> packed, long sequence) {
    Choice choice = packed.get(0).choice();
    if (packed.size() > 1) {
      return writer.batch(packed, sequence);
    }
    if (choice.whole()) {
      return writer.whole(packed.get(0), sequence);
    }
    if (!writer.part(packed.get(0), choice.what().checksum.orElse(0), sequence)) {
      return false;
    }
    parts.incrementAndGet();
    return true;
  }

  /**
   * The next record or part, with its content.
   *
   * @param packed bytes that are in the packet already
   */
  private Optional<Content> next(int packed) {
    Capacity capacity = passes.capacity().less(packed);
    // each that does not read is set aside, so that this ends
    while (passes.urgentMay()) {
      Optional<Choice> choice = queue.next(capacity, services.clock().hostNanos());
      if (choice.isEmpty()
          || (!choice.get().what().urgent() && !passes.othersMay())
          || (packed > 0
              && (!choice.get().whole()
                  || packed + packedBytes(choice.get()) > queue.partBytes()))) {
        return Optional.empty();
      }
      Outgoing what = choice.get().what();
      Optional<byte[]> content = read(what);
      if (content.isPresent()) {
        if (what.checksum.isEmpty()) {
          what.checksum = Optional.of(RecordChecksum.of(what.record.id(), content.get()));
        }
        return Optional.of(new Content(choice.get(), content.get()));
      }
    }
    return Optional.empty();
  }

  /** Nothing where it does not wait any more, or does not read, which is told of once. */
  private Optional<byte[]> read(Outgoing what) {
    long id = what.record.id();
    try {
      byte[] content = contents.of(what.record);
      if (content.length != what.record.bytes()) {
        forget(id);
        return Optional.empty();
      }
      what.asideUntilNanos = OptionalLong.empty();
      boolean unused = unreadable.remove(id);
      recorderFailed = false;
      return Optional.of(content);
    } catch (RecorderFault e) {
      // one that does not read must not hold up those behind it
      what.asideUntilNanos = OptionalLong.of(services.clock().hostNanos() + patienceNanos);
      if (unreadable.size() >= MOST_UNREADABLE) {
        unreadable.clear();
      }
      if (unreadable.add(id)) {
        recorderFault(e);
      }
      return Optional.empty();
    }
  }

  private void forget(long id) {
    queue.gone(id);
    contents.forget(id);
    boolean unused = unreadable.remove(id);
  }

  private void recorderFault(RecorderFault fault) {
    if (!recorderFailed) {
      services.events().report(CoreEvent.RECORDER_FAILED, String.valueOf(fault.getMessage()));
    }
    recorderFailed = true;
  }

  // ---- what ground says

  /**
   * Takes a receipt; one of another run changes nothing.
   *
   * @return false for what cannot be a receipt
   */
  boolean receipt(Receipt receipt) {
    if (receipt.getRun() != writer.run()) {
      staleReceipts.incrementAndGet();
      return true;
    }
    int spans = receipt.getMissingList().stream().mapToInt(MissingParts::getSpansCount).sum();
    if (receipt.getRecordsCount() > MOST_CONFIRMED
        || receipt.getMissingCount() > SendQueue.MOST_SPANS
        || spans > SendQueue.MOST_SPANS) {
      return false;
    }
    List<Long> confirmed = new ArrayList<>();
    for (long id : receipt.getRecordsList()) {
      if (queue.confirmed(id)) {
        confirmed.add(id);
        contents.forget(id);
        boolean unused = unreadable.remove(id);
      }
    }
    for (MissingParts missing : receipt.getMissingList()) {
      if (!queue.missing(missing, receipt.getHeard())) {
        badAnswers.incrementAndGet();
      }
    }
    if (!confirmed.isEmpty()) {
      try {
        services.recorder().confirm(confirmed);
      } catch (RecorderFault e) {
        recorderFault(e);
      }
    }
    return true;
  }

  // ---- how it is

  private void show() {
    status =
        LinkStatus.newBuilder()
            .setCandidates(queue.candidates())
            .setUnderWay(queue.piecesUnderWay())
            .setUnderWayBytes(queue.bytesUnderWay())
            .setParts(parts.get())
            .setSentAgain(queue.sentAgain())
            .setInquiries(inquiries.get())
            .build();
  }

  /** Fills its part in. Any thread. */
  void fill(Housekeeping.Builder packet) {
    packet.setLink(
        status.toBuilder().setStaleReceipts(staleReceipts.get()).setBadAnswers(badAnswers.get()));
  }
}
