package org.heliostat.hil.ground;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.inOrder;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.heliostat.protocol.BeaconEncoder;
import org.heliostat.protocol.BeaconSet;
import org.heliostat.protocol.ByteSpan;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.Event;
import org.heliostat.protocol.FilePart;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.MissingParts;
import org.heliostat.protocol.OperatorReply;
import org.heliostat.protocol.Receipt;
import org.heliostat.protocol.RecordBatch;
import org.heliostat.protocol.RecordChecksum;
import org.heliostat.protocol.RecordInQuestion;
import org.heliostat.protocol.RecordInquiry;
import org.heliostat.protocol.RecordPart;
import org.heliostat.protocol.Uplink;
import org.junit.jupiter.api.Test;
import org.mockito.InOrder;

/** What is confirmed, and when. */
class ReceiverTest {
  /** Stands for the gate, which has tests of its own: a first byte of 1 is authentic. */
  private static Optional<byte[]> open(byte[] packet) {
    return packet.length > 0 && packet[0] == 1
        ? Optional.of(Arrays.copyOfRange(packet, 1, packet.length))
        : Optional.empty();
  }

  private static byte[] seal(byte[] packet) {
    byte[] sealed = new byte[packet.length + 1];
    sealed[0] = 1;
    System.arraycopy(packet, 0, sealed, 1, packet.length);
    return sealed;
  }

  private final Archive archive = mock(Archive.class);
  private final List<Uplink> sent = new ArrayList<>();
  private final List<Housekeeping> live = new ArrayList<>();
  private final List<CommandReport> reports = new ArrayList<>();
  private final List<Event> events = new ArrayList<>();
  private final Counters counters = new Counters();
  private final Receiver receiver =
      new Receiver(
          ReceiverTest::open,
          archive,
          sent::add,
          live::add,
          reports::add,
          new GroundEvents(events::add, counters),
          counters);

  @Test
  void confirmsOnlyWhatIsOnDisk() throws IOException {
    when(archive.store(any())).thenReturn(true);
    receiver.receive(record(3), 0);
    receiver.receive(record(4), 10);
    receiver.flush(Receiver.BATCH_NANOS - 1);
    assertThat(sent).isEmpty();
    receiver.flush(Receiver.BATCH_NANOS);
    InOrder order = inOrder(archive);
    order.verify(archive).store(downlink(3));
    order.verify(archive).store(downlink(4));
    order.verify(archive).force();
    assertThat(sent).hasSize(1);
    assertThat(sent.get(0).getReceipt().getRecordsList()).containsExactly(3L, 4L);
  }

  @Test
  void aStageIsOnDiskWhereItWasTakenBeforeTheSatelliteForgetsIt() throws IOException {
    when(archive.store(any())).thenReturn(true);
    Receiver.Reports failing = mock(Receiver.Reports.class);
    doThrow(new IOException("I/O error")).doNothing().when(failing).force();
    Receiver withDesk =
        new Receiver(
            ReceiverTest::open,
            archive,
            sent::add,
            live::add,
            failing,
            new GroundEvents(events::add, counters),
            counters);
    withDesk.receive(record(3), 0);
    withDesk.flushNow();
    assertThat(sent).isEmpty();
    withDesk.receive(record(3), 0);
    withDesk.flushNow();
    assertThat(sent.get(0).getReceipt().getRecordsList()).containsExactly(3L);
  }

  @Test
  void confirmsAgainWhatCameAgain() throws IOException {
    when(archive.store(any())).thenReturn(true, false);
    receiver.receive(record(3), 0);
    receiver.flushNow();
    receiver.receive(record(3), 0);
    receiver.flushNow();
    assertThat(sent).hasSize(2);
    assertThat(counters.records).isEqualTo(1);
    assertThat(counters.resent).isEqualTo(1);
  }

  @Test
  void aFullDiskGetsNoReceiptUntilItWorks() throws IOException {
    when(archive.store(any()))
        .thenThrow(new IOException("No space left on device"))
        .thenThrow(new IOException("No space left on device"))
        .thenReturn(true);
    receiver.receive(record(3), 0);
    receiver.flushNow();
    receiver.receive(record(3), 1);
    receiver.flushNow();
    assertThat(sent).isEmpty();
    assertThat(events).extracting(Event::getName).containsExactly("DISK_FAILED");
    assertThat(events.get(0).getText()).contains("No space left");
    receiver.receive(record(3), 2);
    receiver.flushNow();
    assertThat(sent).hasSize(1);
    assertThat(events).extracting(Event::getName).containsExactly("DISK_FAILED", "DISK_WORKS");
    assertThat(counters.notStored).isEqualTo(2);
  }

  @Test
  void whatCannotBeForcedIsNotConfirmed() throws IOException {
    when(archive.store(any())).thenReturn(true);
    doThrow(new IOException("I/O error")).when(archive).force();
    receiver.receive(record(3), 0);
    receiver.flushNow();
    assertThat(sent).isEmpty();
    assertThat(counters.notStored).isEqualTo(1);
  }

  @Test
  void damageIsCountedAndDropped() {
    byte[] packet = record(3);
    packet[0] ^= 1;
    receiver.receive(packet, 0);
    receiver.receive(new byte[0], 0);
    receiver.receive(seal(new byte[] {(byte) 0xFF}), 0);
    receiver.flushNow();
    assertThat(counters.damaged).isEqualTo(3);
    assertThat(sent).isEmpty();
  }

  /** Bodies that do not read: of a kind that is not known, cut off, and wrong inside. */
  private static List<ByteString> bodiesThatDoNotRead() {
    return List.of(
        ByteString.copyFrom(new byte[] {(byte) 0xFA, 6, 1, 2}),
        ByteString.copyFrom(new byte[] {0x1A, 100, 1, 2}),
        ByteString.copyFrom(new byte[] {0x1A, 2, 0x0F, 2}));
  }

  private static Downlink head(long record) {
    return Downlink.newBuilder()
        .setRecord(record)
        .setStreamSequence(40 + record)
        .setSentMissionNanos(17)
        .setRun(RUN)
        .build();
  }

  @Test
  void aRecordThatDoesNotReadIsKeptAsItCameAndConfirmed() throws IOException {
    when(archive.storeUndecoded(any())).thenReturn(true);
    long record = 1;
    for (ByteString body : bodiesThatDoNotRead()) {
      receiver.receive(seal(head(record).toByteString().concat(body).toByteArray()), 0);
      record++;
    }
    receiver.flushNow();
    InOrder order = inOrder(archive);
    record = 1;
    for (ByteString body : bodiesThatDoNotRead()) {
      order.verify(archive).storeUndecoded(new RawRecord(head(record), body));
      record++;
    }
    order.verify(archive).force();
    assertThat(sent).hasSize(1);
    assertThat(sent.get(0).getReceipt())
        .isEqualTo(
            Receipt.newBuilder()
                .setRun(RUN)
                .setHeard(43)
                .addAllRecords(List.of(1L, 2L, 3L))
                .build());
    assertThat(counters.undecoded).isEqualTo(3);
    assertThat(counters.damaged).isZero();
    assertThat(events).extracting(Event::getName).containsExactly("RECORD_UNDECODED");
  }

  @Test
  void recordsOfABatchOrInPartsThatDoNotReadAreKeptToo() throws IOException {
    when(archive.storeUndecoded(any())).thenReturn(true);
    ByteString body = bodiesThatDoNotRead().get(2);
    Downlink number = Downlink.newBuilder().setRecord(3).build();
    receiver.receive(
        sealed(
            Downlink.newBuilder()
                .setRun(RUN)
                .setBatch(RecordBatch.newBuilder().addRecords(number.toByteString().concat(body)))),
        0);
    byte[] inParts = body.toByteArray();
    receiver.receive(part(4, inParts, 0, 2, 5), 0);
    receiver.receive(part(4, inParts, 2, 4, 6), 0);
    receiver.flushNow();
    verify(archive).storeUndecoded(new RawRecord(number, body));
    verify(archive).storeUndecoded(new RawRecord(number.toBuilder().setRecord(4).build(), body));
    assertThat(sent.get(0).getReceipt().getRecordsList()).containsExactly(3L, 4L);
    assertThat(counters.damaged).isZero();
  }

  @Test
  void whatDoesNotReadAndIsNotAuthenticIsDropped() throws IOException {
    byte[] packet = seal(head(1).toByteString().concat(bodiesThatDoNotRead().get(0)).toByteArray());
    packet[0] ^= 1;
    receiver.receive(packet, 0);
    receiver.flushNow();
    verify(archive, never()).storeUndecoded(any());
    assertThat(sent).isEmpty();
    assertThat(counters.damaged).isEqualTo(1);
  }

  @Test
  void beyondItsBoundWhatDoesNotReadStaysOnBoardAndTheOthersComeDown() throws IOException {
    when(archive.storeUndecoded(any())).thenThrow(new Archive.UndecodedFull("it holds enough"));
    when(archive.store(any())).thenReturn(true);
    ByteString body = bodiesThatDoNotRead().get(0);
    receiver.receive(seal(head(1).toByteString().concat(body).toByteArray()), 0);
    receiver.receive(seal(head(2).toByteString().concat(body).toByteArray()), 0);
    receiver.receive(record(3), 0);
    receiver.flushNow();
    assertThat(sent.stream().flatMap(one -> one.getReceipt().getRecordsList().stream()))
        .containsExactly(3L);
    assertThat(counters.notStored).isEqualTo(2);
    assertThat(events).extracting(Event::getName).containsExactly("UNDECODED_FULL");
  }

  @Test
  void liveTelemetryHasNoReceipt() {
    receiver.receive(
        seal(
            Downlink.newBuilder()
                .setHousekeeping(Housekeeping.newBuilder().setSequence(9))
                .build()
                .toByteArray()),
        0);
    receiver.flushNow();
    assertThat(live).hasSize(1);
    assertThat(sent).isEmpty();
  }

  @Test
  void aStageIsHandedOnOnce() throws IOException {
    when(archive.store(any())).thenReturn(true, false);
    byte[] packet =
        seal(
            Downlink.newBuilder()
                .setRecord(5)
                .setCommandReport(CommandReport.newBuilder().setCounter(1))
                .build()
                .toByteArray());
    receiver.receive(packet, 0);
    receiver.receive(packet, 0);
    assertThat(reports).hasSize(1);
  }

  @Test
  void anAnswerIsHandedOnOnceAndOnlyWhenItIsOnDisk() throws IOException {
    when(archive.store(any())).thenReturn(true, true, false, false);
    doThrow(new IOException("I/O error")).doNothing().when(archive).force();
    List<String> handedOn = new ArrayList<>();
    Receiver.Reports desk =
        new Receiver.Reports() {
          @Override
          public void report(CommandReport report) {
            handedOn.add("stage " + report.getCounter());
          }

          @Override
          public void answer(OperatorReply reply) {
            handedOn.add(
                "part " + reply.getPartBytes() + reply.getAnswer().getFilePart().getContent());
            assertThat(reply.getKept()).isEqualTo("files/1/b");
          }
        };
    Receiver withDesk =
        new Receiver(
            ReceiverTest::open,
            archive,
            sent::add,
            live::add,
            desk,
            new GroundEvents(events::add, counters),
            counters);
    byte[] stage =
        sealed(
            Downlink.newBuilder()
                .setRecord(5)
                .setCommandReport(CommandReport.newBuilder().setCounter(1)));
    byte[] answer =
        sealed(
            Downlink.newBuilder()
                .setRecord(6)
                .setFilePart(
                    FilePart.newBuilder()
                        .setCounter(1)
                        .setPath("a/b")
                        .setFileSize(3)
                        .setContent(ByteString.copyFromUtf8("abc"))));
    withDesk.receive(stage, 0);
    withDesk.receive(answer, 0);
    withDesk.flushNow();
    assertThat(sent).isEmpty();
    assertThat(handedOn).containsExactly("stage 1");
    withDesk.receive(stage, 1);
    withDesk.receive(answer, 1);
    withDesk.flushNow();
    withDesk.flushNow();
    assertThat(sent).hasSize(1);
    assertThat(handedOn).containsExactly("stage 1", "part 3" + ByteString.EMPTY);
  }

  // ---- parts

  private static final int RUN = 9;

  private static byte[] body(int bytes) {
    return Downlink.newBuilder()
        .setEvent(Event.newBuilder().setText("x".repeat(bytes)))
        .build()
        .toByteArray();
  }

  private byte[] part(long record, byte[] body, int from, int to, long sequence) {
    return sealed(
        Downlink.newBuilder()
            .setRun(RUN)
            .setStreamSequence(sequence)
            .setRecordPart(
                RecordPart.newBuilder()
                    .setRecord(record)
                    .setSize(body.length)
                    .setOffset(from)
                    .setChecksum(RecordChecksum.of(record, body))
                    .setContent(ByteString.copyFrom(body, from, to - from))));
  }

  private byte[] inquiry(long record, byte[] body, long sequence) {
    return sealed(
        Downlink.newBuilder()
            .setRun(RUN)
            .setStreamSequence(sequence)
            .setInquiry(
                RecordInquiry.newBuilder()
                    .addRecords(
                        RecordInQuestion.newBuilder()
                            .setRecord(record)
                            .setSize(body.length)
                            .setChecksum(RecordChecksum.of(record, body)))));
  }

  @Test
  void aRecordInPartsIsStoredWhenItIsWholeAndWhatItLacksIsSaidMeanwhile() throws IOException {
    when(archive.store(any())).thenReturn(true);
    byte[] body = body(1000);
    receiver.receive(part(3, body, 0, 400, 5), 0);
    receiver.receive(part(3, body, 600, 700, 7), 0);
    receiver.flush(Receiver.BATCH_NANOS);
    Receipt lacks = sent.get(0).getReceipt();
    assertThat(lacks.getRecordsList()).isEmpty();
    assertThat(lacks.getRun()).isEqualTo(RUN);
    assertThat(lacks.getHeard()).isEqualTo(7);
    assertThat(lacks.getMissing(0).getScopeEnd()).isEqualTo(700);
    assertThat(lacks.getMissing(0).getSpansList())
        .containsExactly(ByteSpan.newBuilder().setFrom(400).setTo(600).build());
    receiver.flush(2 * Receiver.BATCH_NANOS);
    assertThat(sent).as("it is said once").hasSize(1);
    receiver.receive(part(3, body, 400, 600, 8), 0);
    receiver.receive(part(3, body, 700, body.length, 9), 0);
    receiver.flushNow();
    InOrder order = inOrder(archive);
    order.verify(archive).store(Downlink.parseFrom(body).toBuilder().setRecord(3).build());
    order.verify(archive).force();
    assertThat(sent.get(1).getReceipt().getRecordsList()).containsExactly(3L);
    assertThat(sent.get(1).getReceipt().getMissingList()).isEmpty();
    assertThat(counters.records).isEqualTo(1);
    assertThat(counters.parts).isEqualTo(4);
  }

  @Test
  void aQuestionIsAnsweredAtOnceAndWhatIsNotThereIsLackedWhole() throws IOException {
    byte[] body = body(1000);
    when(archive.has(5, RecordChecksum.of(5, body))).thenReturn(true);
    receiver.receive(part(3, body, 0, 400, 1), 0);
    receiver.receive(inquiry(3, body, 2), 0);
    receiver.receive(inquiry(4, body, 3), 0);
    receiver.receive(inquiry(5, body, 4), 0);
    receiver.flush(0);
    assertThat(sent).hasSize(1);
    Receipt answer = sent.get(0).getReceipt();
    assertThat(answer.getRecordsList()).containsExactly(5L);
    assertThat(answer.getHeard()).isEqualTo(4);
    assertThat(answer.getMissingList())
        .extracting(MissingParts::getRecord)
        .containsExactlyInAnyOrder(3L, 4L);
    for (MissingParts missing : answer.getMissingList()) {
      assertThat(missing.getScopeEnd()).isEqualTo(body.length);
      assertThat(missing.getSpans(0).getFrom()).isEqualTo(missing.getRecord() == 3 ? 400 : 0);
      assertThat(missing.getSpans(0).getTo()).isEqualTo(body.length);
    }
    assertThat(counters.inquiries).isEqualTo(3);
  }

  @Test
  void aWholeRecordThatCouldNotBeStoredIsStoredWhenTheSatelliteAsks() throws IOException {
    when(archive.store(any()))
        .thenThrow(new IOException("No space left on device"))
        .thenReturn(true);
    byte[] body = body(100);
    receiver.receive(part(3, body, 0, 50, 1), 0);
    receiver.receive(part(3, body, 50, body.length, 2), 0);
    receiver.flushNow();
    assertThat(sent).allMatch(one -> one.getReceipt().getRecordsCount() == 0);
    sent.clear();
    receiver.receive(inquiry(3, body, 3), 0);
    receiver.flushNow();
    assertThat(sent.get(0).getReceipt().getRecordsList()).containsExactly(3L);
  }

  @Test
  void noAnswerSpeaksOfMoreThan64Spans() {
    byte[] body = body(3000);
    for (int at = 0; at < 3000; at += 20) {
      receiver.receive(part(3, body, at, at + 10, at + 1), 0);
      receiver.receive(part(4, body, at, at + 10, at + 2), 0);
    }
    receiver.receive(inquiry(3, body, 9000), 0);
    receiver.receive(inquiry(4, body, 9001), 0);
    receiver.flushNow();
    assertThat(sent).hasSize(2);
    for (Uplink one : sent) {
      assertThat(
              one.getReceipt().getMissingList().stream()
                  .mapToInt(MissingParts::getSpansCount)
                  .sum())
          .isEqualTo(64);
    }
  }

  @Test
  void recordsThatShareAPacketAreKeptEach() throws IOException {
    when(archive.store(any())).thenReturn(true);
    receiver.receive(
        sealed(
            Downlink.newBuilder()
                .setRun(RUN)
                .setBatch(
                    RecordBatch.newBuilder()
                        .addRecords(downlink(3).toByteString())
                        .addRecords(ByteString.copyFromUtf8("none"))
                        .addRecords(downlink(0).toByteString())
                        .addRecords(
                            Downlink.newBuilder()
                                .setRecord(8)
                                .setBatch(RecordBatch.getDefaultInstance())
                                .build()
                                .toByteString())
                        .addRecords(downlink(4).toByteString()))),
        0);
    receiver.flushNow();
    // the one of a kind that is no record does not read as one, and is not sent for ever
    assertThat(sent.get(0).getReceipt().getRecordsList()).containsExactly(3L, 8L, 4L);
    assertThat(counters.damaged).isEqualTo(2);
  }

  @Test
  void whatIsOwedToAnEarlierRunIsToldToThatRun() throws IOException {
    when(archive.store(any())).thenReturn(true);
    receiver.receive(sealed(downlink(3).toBuilder().setRun(1).setStreamSequence(50)), 0);
    receiver.receive(sealed(downlink(4).toBuilder().setRun(2).setStreamSequence(1)), 0);
    receiver.flushNow();
    assertThat(sent).hasSize(2);
    assertThat(sent.get(0).getReceipt())
        .isEqualTo(Receipt.newBuilder().setRun(1).setHeard(50).addRecords(3).build());
    assertThat(sent.get(1).getReceipt())
        .isEqualTo(Receipt.newBuilder().setRun(2).setHeard(1).addRecords(4).build());
  }

  @Test
  void partsThatCannotBeAreCountedAndARecordThatIsWrongIsLackedWhole() {
    byte[] body = body(100);
    byte[] other = body.clone();
    other[60] ^= 1;
    receiver.receive(part(3, body, 0, 50, 1), 0);
    receiver.receive(part(3, other, 50, 60, 2), 0);
    assertThat(counters.partsRefused).isEqualTo(1);
    receiver.receive(
        sealed(
            Downlink.newBuilder()
                .setRun(RUN)
                .setRecordPart(
                    RecordPart.newBuilder()
                        .setRecord(3)
                        .setSize(body.length)
                        .setOffset(50)
                        .setChecksum(RecordChecksum.of(3, body))
                        .setContent(ByteString.copyFrom(other, 50, body.length - 50)))),
        0);
    assertThat(counters.partsRefused).isEqualTo(2);
    receiver.flushNow();
    MissingParts missing = sent.get(0).getReceipt().getMissing(0);
    assertThat(missing.getSpans(0))
        .isEqualTo(ByteSpan.newBuilder().setFrom(0).setTo(body.length).build());
  }

  @Test
  void aStationThatIsStartedAnewGoesOnWithThePartsThatItKept() throws IOException {
    when(archive.store(any())).thenReturn(true);
    List<RecordPart> kept = new ArrayList<>();
    Receiver first = receiver((part, assembly) -> kept.add(part));
    byte[] body = body(100);
    first.receive(part(3, body, 0, 50, 1), 0);
    Receiver second = receiver(Receiver.Parts.NONE);
    kept.forEach(second::resume);
    second.receive(inquiry(3, body, 2), 0);
    second.flushNow();
    assertThat(sent.get(0).getReceipt().getMissing(0).getSpans(0).getFrom()).isEqualTo(50);
    second.receive(part(3, body, 50, body.length, 3), 0);
    second.flushNow();
    assertThat(sent.get(1).getReceipt().getRecordsList()).containsExactly(3L);
  }

  private Receiver receiver(Receiver.Parts parts) {
    return new Receiver(
        ReceiverTest::open,
        archive,
        sent::add,
        live::add,
        reports::add,
        new GroundEvents(events::add, counters),
        counters,
        parts);
  }

  @Test
  void beaconsAreHousekeepingAndThoseThatDoNotReadAreCounted() {
    BeaconEncoder encoder = new BeaconEncoder(10);
    byte[] key = beacon(encoder, 1);
    byte[] next = beacon(encoder, 2);
    receiver.receive(next, 0);
    assertThat(live).isEmpty();
    receiver.receive(key, 0);
    receiver.receive(next, 0);
    assertThat(live).extracting(Housekeeping::getSequence).containsExactly(1L, 2L);
    assertThat(live).extracting(Housekeeping::getBoots).containsExactly(9, 9);
    assertThat(live.get(1).getMissionNanos()).isEqualTo(20_000_000_000L);
    assertThat(counters.beacons).isEqualTo(3);
    assertThat(counters.beaconsNotRead).isEqualTo(1);
    assertThat(counters.damaged).isZero();
  }

  private byte[] beacon(BeaconEncoder encoder, long sequence) {
    Housekeeping snapshot =
        Housekeeping.newBuilder().setBoots(9).setMissionNanos(sequence * 10_000_000_000L).build();
    return sealed(
        Downlink.newBuilder().setBeacon(encoder.encode(BeaconSet.of(snapshot, "main", sequence))));
  }

  private byte[] sealed(Downlink.Builder downlink) {
    return seal(downlink.build().toByteArray());
  }

  private byte[] record(long number) {
    return seal(downlink(number).toByteArray());
  }

  private static Downlink downlink(long number) {
    return Downlink.newBuilder()
        .setRecord(number)
        .setEvent(Event.newBuilder().setText("event " + number))
        .build();
  }
}
