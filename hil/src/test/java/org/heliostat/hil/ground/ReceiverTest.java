package org.heliostat.hil.ground;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.inOrder;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.Event;
import org.heliostat.protocol.FilePart;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.OperatorReply;
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
