package org.heliostat.core.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.heliostat.core.app.App;
import org.heliostat.core.bus.Subscription;
import org.heliostat.core.fixture.TestSpacecraft;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.recorder.Recorder.Priority;
import org.heliostat.protocol.AreaOfInterest;
import org.heliostat.protocol.Beacon;
import org.heliostat.protocol.ByteSpan;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.DownlinkTable;
import org.heliostat.protocol.FileChunk;
import org.heliostat.protocol.FilePart;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.LinkConfig;
import org.heliostat.protocol.LoadTable;
import org.heliostat.protocol.Mask;
import org.heliostat.protocol.MissingParts;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.MqttPort;
import org.heliostat.protocol.Noop;
import org.heliostat.protocol.Pass;
import org.heliostat.protocol.PassState;
import org.heliostat.protocol.PassTable;
import org.heliostat.protocol.Product;
import org.heliostat.protocol.Receipt;
import org.heliostat.protocol.RecordChecksum;
import org.heliostat.protocol.RecordInQuestion;
import org.heliostat.protocol.RecordPart;
import org.heliostat.protocol.SetTransmitter;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;
import org.heliostat.protocol.Topics;
import org.heliostat.protocol.Uplink;
import org.heliostat.protocol.UploadInquiry;
import org.heliostat.protocol.UploadStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinkAppTest {
  private static final int RUN = 7;

  @TempDir private Path folder;
  private final MqttPort port = mock(MqttPort.class);
  private final GroundSeal ground = new GroundSeal();
  private final Topics topics = new Topics(1);
  private final List<Downlink> sent = new ArrayList<>();

  /** Where a plan of passes is: whether the port is connected. */
  private final AtomicBoolean reachable = new AtomicBoolean(true);

  private TestSpacecraft craft;
  private Consumer<byte[]> fromGround = packet -> {};
  private App link;

  @BeforeEach
  void open() {
    craft =
        new TestSpacecraft(
            folder,
            Mission.newBuilder()
                .setSpacecraftId(1)
                .setLink(
                    LinkConfig.newBuilder()
                        .setWindow(4)
                        .setWindowKibibytes(16)
                        .setResendSeconds(5)
                        .setReconnectSeconds(2)));
    craft.services().commands().handle(CommandCase.NOOP, (command, run) -> run.complete());
    when(port.connected()).thenReturn(true);
    when(port.publish(eq(topics.downlink()), any(), anyInt()))
        .thenAnswer(call -> sent.add(Downlink.parseFrom(ground.open(call.getArgument(1)))));
    link =
        craft.start(
            services ->
                new LinkApp(
                    services,
                    ground.gate(folder, services.events()),
                    topics,
                    RUN,
                    receiver -> {
                      fromGround = receiver;
                      return port;
                    }));
  }

  @AfterEach
  void close() {
    when(port.connected()).thenReturn(false);
    craft.close();
  }

  private void step() throws Exception {
    link.step();
  }

  private void ground(Uplink.Builder message) {
    fromGround.accept(ground.seal(message.build()));
  }

  private void receipt(long... records) {
    Receipt.Builder receipt = Receipt.newBuilder().setRun(RUN);
    for (long record : records) {
      receipt.addRecords(record);
    }
    ground(Uplink.newBuilder().setReceipt(receipt));
  }

  private long record(int bytes) throws Exception {
    return record(Priority.PRODUCT, bytes);
  }

  private long record(Priority priority, int bytes) throws Exception {
    return craft
        .services()
        .recorder()
        .append(
            priority,
            Downlink.newBuilder()
                .setFilePart(FilePart.newBuilder().setContent(ByteString.copyFrom(new byte[bytes])))
                .build());
  }

  /** Numbers of the whole records that have gone. */
  private List<Long> records() {
    List<Long> records = whole().stream().map(Downlink::getRecord).toList();
    sent.clear();
    return records;
  }

  private List<Downlink> whole() {
    List<Downlink> whole = new ArrayList<>();
    for (Downlink packet : sent) {
      if (packet.getRecord() != 0) {
        whole.add(packet);
      }
      for (ByteString record : packet.getBatch().getRecordsList()) {
        try {
          whole.add(Downlink.parseFrom(record));
        } catch (InvalidProtocolBufferException e) {
          throw new AssertionError(e);
        }
      }
    }
    return whole;
  }

  private List<RecordPart> parts() {
    List<RecordPart> parts =
        sent.stream().filter(Downlink::hasRecordPart).map(Downlink::getRecordPart).toList();
    sent.clear();
    return parts;
  }

  private List<Long> inquiries() {
    List<Long> asked =
        sent.stream()
            .flatMap(packet -> packet.getInquiry().getRecordsList().stream())
            .map(RecordInQuestion::getRecord)
            .toList();
    sent.clear();
    return asked;
  }

  /** Ground has nothing of these records. */
  private void lacks(Downlink inquiry) {
    Receipt.Builder receipt =
        Receipt.newBuilder().setRun(RUN).setHeard(inquiry.getStreamSequence());
    for (RecordInQuestion one : inquiry.getInquiry().getRecordsList()) {
      receipt.addMissing(
          MissingParts.newBuilder()
              .setRecord(one.getRecord())
              .setSize(one.getSize())
              .setChecksum(one.getChecksum())
              .setScopeEnd(one.getSize())
              .addSpans(ByteSpan.newBuilder().setTo(one.getSize())));
    }
    ground(Uplink.newBuilder().setReceipt(receipt));
  }

  @Test
  void aCommandRunsAndItsStagesGoDownUntilGroundHasThem() throws Exception {
    ground(
        Uplink.newBuilder()
            .setTelecommand(
                Telecommand.newBuilder().setCounter(1).setNoop(Noop.getDefaultInstance())));
    step();
    assertThat(whole())
        .extracting(packet -> packet.getCommandReport().getStage())
        .containsExactly(Stage.ACCEPTED, Stage.STARTED, Stage.COMPLETED);
    // they share a packet
    assertThat(sent).extracting(Downlink::getStreamSequence).containsExactly(1L);
    assertThat(sent.get(0).getSentMissionNanos()).isPositive();
    assertThat(sent.get(0).getRun()).isEqualTo(RUN);
    assertThat(craft.services().state().get().getLastCommandNanos()).isPositive();
    assertThat(craft.services().state().get().getSentBytes()).isPositive();
    List<Long> all = records();
    step();
    assertThat(sent).isEmpty();
    receipt(all.get(1));
    craft.advance(5);
    step();
    assertThat(sent).hasSize(1);
    Downlink inquiry = sent.get(0);
    assertThat(inquiries()).as("nothing goes unasked").containsExactly(all.get(0), all.get(2));
    lacks(inquiry);
    step();
    assertThat(records()).containsExactly(all.get(0), all.get(2));
    receipt(all.get(0), all.get(2));
    craft.advance(5);
    step();
    assertThat(sent).isEmpty();
  }

  @Test
  void onlyAWindowOfRecordsIsUnderWay() throws Exception {
    for (int i = 0; i < 6; i++) {
      long unused = record(10);
    }
    step();
    assertThat(records()).containsExactly(1L, 2L, 3L, 4L);
    receipt(2, 3);
    step();
    assertThat(records()).containsExactly(5L, 6L);
  }

  @Test
  void theWindowIsOfBytesTooAndTheMostWorthForEachByteGoesFirst() throws Exception {
    long large = record(12_000);
    long small = record(7_000);
    step();
    assertThat(records()).containsExactly(small);
    receipt(small);
    step();
    assertThat(records()).containsExactly(large);
  }

  @Test
  void aLargeRecordGoesInPartsThatGoOnWhereTheyStopped() throws Exception {
    long large = record(40_000);
    step();
    List<RecordPart> first = parts();
    assertThat(first).extracting(RecordPart::getOffset).containsExactly(0);
    RecordPart one = first.get(0);
    byte[] body = craft.services().recorder().read(large);
    assertThat(one.getContent()).isEqualTo(ByteString.copyFrom(body, 0, 16_384));
    assertThat(one.getSize()).isEqualTo(body.length);
    assertThat(one.getChecksum()).isEqualTo(RecordChecksum.of(large, body));
    // ground has it, then the link is down for a while
    MissingParts.Builder all =
        MissingParts.newBuilder()
            .setRecord(large)
            .setSize(body.length)
            .setChecksum(one.getChecksum())
            .setScopeEnd(16_384);
    ground(
        Uplink.newBuilder()
            .setReceipt(Receipt.newBuilder().setRun(RUN).setHeard(1).addMissing(all)));
    when(port.connected()).thenReturn(false);
    step();
    when(port.connect()).thenReturn(true);
    craft.advance(2);
    step();
    when(port.connected()).thenReturn(true);
    step();
    // the events about that have filled the window
    receipt(records().stream().mapToLong(Long::longValue).toArray());
    step();
    assertThat(parts()).extracting(RecordPart::getOffset).containsExactly(16_384);
    assertThat(craft.housekeeping().getLink().getParts()).isEqualTo(2);
    assertThat(craft.housekeeping().getLink().getUnderWayBytes()).isEqualTo(16_384);
  }

  @Test
  void anEarlierRunMayHaveSentPartsOfALargeRecord() throws Exception {
    long large = record(40_000);
    byte[] body = craft.services().recorder().read(large);
    craft.advance(1);
    LinkApp anew = anotherRun();
    anew.step();
    assertThat(sent).hasSize(1);
    assertThat(sent.get(0).getRun()).isEqualTo(RUN + 1);
    assertThat(inquiries()).containsExactly(large);
    anew.step();
    assertThat(sent).isEmpty();
    ground(
        Uplink.newBuilder()
            .setReceipt(
                Receipt.newBuilder()
                    .setRun(RUN + 1)
                    .setHeard(1)
                    .addMissing(
                        MissingParts.newBuilder()
                            .setRecord(large)
                            .setSize(body.length)
                            .setChecksum(RecordChecksum.of(large, body))
                            .setScopeEnd(body.length)
                            .addSpans(ByteSpan.newBuilder().setFrom(39_000).setTo(body.length)))));
    anew.step();
    assertThat(parts()).extracting(RecordPart::getOffset).containsExactly(39_000);
    when(port.connected()).thenReturn(false);
    anew.close();
  }

  private LinkApp anotherRun() {
    return new LinkApp(
        craft.services(),
        ground.gate(folder, craft.services().events()),
        topics,
        RUN + 1,
        receiver -> {
          fromGround = receiver;
          return port;
        });
  }

  @Test
  void aReceiptOfAnotherRunIsCountedAndFreesNothing() throws Exception {
    long id = record(10);
    step();
    ground(Uplink.newBuilder().setReceipt(Receipt.newBuilder().setRun(RUN - 1).addRecords(id)));
    ground(Uplink.newBuilder().setReceipt(Receipt.newBuilder().addRecords(id)));
    step();
    assertThat(craft.services().recorder().pendingRecords()).isEqualTo(1);
    assertThat(craft.housekeeping().getLink().getStaleReceipts()).isEqualTo(2);
    assertThat(craft.housekeeping().getBadPackets()).isZero();
  }

  @Test
  void aRecordThatWasNeverSentIsConfirmedByNobody() throws Exception {
    when(port.connected()).thenReturn(false);
    long id = record(10);
    receipt(id);
    step();
    assertThat(craft.services().recorder().pendingRecords()).isEqualTo(1);
  }

  @Test
  void aReceiptLargerThanAnyIsABadPacket() throws Exception {
    Receipt.Builder many = Receipt.newBuilder().setRun(RUN);
    for (int i = 0; i < 65; i++) {
      many.addMissing(MissingParts.newBuilder().setRecord(i));
    }
    ground(Uplink.newBuilder().setReceipt(many));
    Receipt.Builder records = Receipt.newBuilder().setRun(RUN);
    for (int i = 0; i < 4097; i++) {
      records.addRecords(i);
    }
    ground(Uplink.newBuilder().setReceipt(records));
    MissingParts.Builder spans = MissingParts.newBuilder().setRecord(1).setScopeEnd(1000);
    for (int i = 0; i < 65; i++) {
      spans.addSpans(ByteSpan.newBuilder().setFrom(2 * i).setTo(2 * i + 1));
    }
    ground(Uplink.newBuilder().setReceipt(Receipt.newBuilder().setRun(RUN).addMissing(spans)));
    step();
    assertThat(craft.housekeeping().getBadPackets()).isEqualTo(3);
  }

  @Test
  void aProductInAnAreaOfInterestGoesFirst() throws Exception {
    beInterested();
    long elsewhere = product(30, 3_000);
    long inside = product(15, 6_000);
    step();
    assertThat(records()).containsSubsequence(inside, elsewhere);
  }

  /** In what lies about 15 degrees east. */
  private void beInterested() throws Exception {
    assertThat(
            craft.send(
                load(
                    Table.newBuilder()
                        .setName("downlink")
                        .setDownlink(
                            DownlinkTable.newBuilder()
                                .addAreas(
                                    AreaOfInterest.newBuilder()
                                        .setName("fires")
                                        .setWest(10)
                                        .setSouth(40)
                                        .setEast(20)
                                        .setNorth(50))))))
        .isEqualTo(Stage.COMPLETED);
    when(port.connected()).thenReturn(true);
    forgetAll();
  }

  private long product(double longitude, int bytes) throws Exception {
    return craft
        .services()
        .recorder()
        .append(
            Priority.PRODUCT,
            Downlink.newBuilder()
                .setProduct(
                    Product.newBuilder()
                        .addAllBbox(List.of(longitude, 45.0, longitude + 1, 46.0))
                        .setCloudMask(
                            Mask.newBuilder().setData(ByteString.copyFrom(new byte[bytes]))))
                .build());
  }

  /** What MQTT puts around a packet: header, length, topic, packet number, properties. */
  private static final int MQTT_BYTES = 1 + 3 + 2 + 4 + 2 + 1;

  @Test
  void aProductOf4KibibytesOrMoreIsNearlyAllThatIsOnTheWire() throws Exception {
    List<Integer> packets = new ArrayList<>();
    when(port.publish(any(), any(), anyInt()))
        .thenAnswer(
            call -> {
              byte[] packet = call.getArgument(1);
              packets.add(packet.length + MQTT_BYTES);
              return sent.add(Downlink.parseFrom(ground.open(packet)));
            });
    for (int bytes : new int[] {4096, 6_000, 15_000}) {
      long id = product(5, bytes);
      step();
      assertThat(records()).contains(id);
      receipt(id);
      step();
      assertThat(packets).hasSize(1);
      assertThat(bytes / (double) packets.remove(0)).as("%d", bytes).isGreaterThan(0.97);
    }
  }

  @Test
  void partsAreNearlyAllThatIsOnTheWire() throws Exception {
    List<Integer> packets = new ArrayList<>();
    long id = product(5, 500_000);
    int size = craft.services().recorder().read(id).length;
    when(port.publish(any(), any(), anyInt()))
        .thenAnswer(
            call -> {
              byte[] packet = call.getArgument(1);
              packets.add(packet.length + MQTT_BYTES);
              RecordPart part = Downlink.parseFrom(ground.open(packet)).getRecordPart();
              ground(
                  Uplink.newBuilder()
                      .setReceipt(
                          Receipt.newBuilder()
                              .setRun(RUN)
                              .setHeard(1_000)
                              .addMissing(
                                  MissingParts.newBuilder()
                                      .setRecord(id)
                                      .setSize(size)
                                      .setChecksum(part.getChecksum())
                                      .setScopeEnd(part.getOffset() + part.getContent().size()))));
              return true;
            });
    for (int i = 0; i < 100 && craft.housekeeping().getLink().getParts() < 31; i++) {
      step();
    }
    int wire = packets.stream().mapToInt(Integer::intValue).sum();
    assertThat(packets).hasSize(31);
    assertThat(500_000.0 / wire).isGreaterThan(0.99);
  }

  /** Nothing waits any more. */
  private void forgetAll() throws Exception {
    craft
        .services()
        .recorder()
        .confirm(
            craft.services().recorder().pending(1000).stream().map(Recorder.Pending::id).toList());
  }

  private static Telecommand.Builder load(Table.Builder table) {
    return Telecommand.newBuilder()
        .setLoadTable(LoadTable.newBuilder().setTable(table).setActivate(true));
  }

  // ---- passes

  /** From 10 s from now on, for 30 s. */
  private void plan(Pass.Builder pass) throws Exception {
    long begin = craft.services().clock().missionNanos() + 10_000_000_000L;
    assertThat(
            craft.send(
                load(
                    Table.newBuilder()
                        .setName("passes")
                        .setPasses(
                            PassTable.newBuilder()
                                .addPasses(pass.setBeginMissionNanos(begin).setDurationSeconds(30))
                                .addPasses(
                                    Pass.newBuilder()
                                        .setBeginMissionNanos(begin + 1_000_000_000_000L)
                                        .setDurationSeconds(30))))))
        .isEqualTo(Stage.COMPLETED);
    forgetAll();
    // connect() makes it so, disconnect() ends it
    when(port.connected()).thenAnswer(call -> reachable.get());
    when(port.connect())
        .thenAnswer(
            call -> {
              reachable.set(true);
              return true;
            });
    doAnswer(
            call -> {
              reachable.set(false);
              return null;
            })
        .when(port)
        .disconnect();
  }

  @Test
  void thePlanOpensAndClosesTheLinkAndNothingIsSentOutsideOfAPass() throws Exception {
    plan(Pass.newBuilder());
    long id = record(10);
    step();
    assertThat(reachable.get()).isFalse();
    assertThat(sent).isEmpty();
    assertThat(craft.housekeeping().getPass().getState()).isEqualTo(PassState.PASS_CLOSED);
    assertThat(craft.housekeeping().getPass().getNextSeconds()).isEqualTo(10);
    craft.advance(10);
    step();
    step();
    assertThat(records()).contains(id);
    assertThat(craft.housekeeping().getPass().getState()).isEqualTo(PassState.PASS_OPEN);
    assertThat(craft.housekeeping().getPass().getSecondsLeft()).isEqualTo(30);
    craft.advance(30);
    step();
    assertThat(reachable.get()).isFalse();
    assertThat(craft.events()).containsSubsequence("PASS_BEGINS", "LINK_UP", "PASS_ENDS");
    assertThat(craft.events()).doesNotContain("LINK_DOWN");
    // behind the last one it is void
    craft.advance(900);
    step();
    assertThat(craft.housekeeping().getPass().getReason()).isEmpty();
    craft.advance(1000);
    step();
    assertThat(reachable.get()).isTrue();
    assertThat(craft.housekeeping().getPass().getReason()).isEqualTo("its last pass is over");
    assertThat(craft.events()).contains("PASS_PLAN_VOID");
  }

  @Test
  void aPassKeepsToItsVolumeAndKeepsSomeOfItForReports() throws Exception {
    plan(Pass.newBuilder().setVolumeBytes(20_000));
    for (int i = 0; i < 20; i++) {
      long unused = record(1_500);
    }
    craft.advance(10);
    for (int i = 0; i < 20; i++) {
      step();
      receipt(records().stream().mapToLong(Long::longValue).toArray());
    }
    // 4096 are kept
    assertThat(craft.services().state().get().getPassBytes()).isBetween(12_000L, 20_000L - 4096);
    assertThat(craft.services().recorder().pendingRecords(Priority.PRODUCT)).isPositive();
    assertThat(reachable.get()).isTrue();
    ground(
        Uplink.newBuilder()
            .setTelecommand(
                Telecommand.newBuilder().setCounter(99).setNoop(Noop.getDefaultInstance())));
    step();
    assertThat(whole()).filteredOn(Downlink::hasCommandReport).hasSize(3);
    // a restart of the link begins no new budget
    long used = craft.services().state().get().getPassBytes();
    LinkApp anew = anotherRun();
    anew.step();
    assertThat(craft.services().state().get().getPassBytes()).isGreaterThanOrEqualTo(used);
    assertThat(craft.housekeeping().getPass().getBytesLeft()).isLessThan(8_000);
    when(port.connected()).thenReturn(false);
    anew.close();
  }

  @Test
  void aPassKeepsToItsRate() throws Exception {
    plan(Pass.newBuilder().setRateBytesPerSecond(2_000));
    for (int i = 0; i < 40; i++) {
      long unused = record(1_500);
    }
    craft.advance(10);
    step();
    for (int i = 0; i < 200; i++) {
      craft.advance(0.1);
      step();
      receipt(records().stream().mapToLong(Long::longValue).toArray());
    }
    // 20 s of it, and a packet more at the most
    assertThat(craft.services().state().get().getPassBytes()).isBetween(38_000L, 57_000L);
  }

  @Test
  void aLinkOnWhichGroundWasJustHeardIsNotCutAtOnce() throws Exception {
    plan(Pass.newBuilder());
    craft.advance(10);
    step();
    craft.advance(29);
    ground(
        Uplink.newBuilder()
            .setTelecommand(
                Telecommand.newBuilder().setCounter(50).setNoop(Noop.getDefaultInstance())));
    step();
    long product = record(10);
    craft.advance(2);
    sent.clear();
    step();
    assertThat(reachable.get()).isTrue();
    assertThat(records()).as("none but reports and alerts").doesNotContain(product);
    for (int i = 0; i < 70 && reachable.get(); i++) {
      craft.advance(1);
      int counter = 51 + i;
      ground(
          Uplink.newBuilder()
              .setTelecommand(
                  Telecommand.newBuilder().setCounter(counter).setNoop(Noop.getDefaultInstance())));
      step();
    }
    assertThat(reachable.get()).as("a minute at the most").isFalse();
  }

  @Test
  void commandLossMakesThePlanVoidUntilGroundIsHeard() throws Exception {
    plan(Pass.newBuilder());
    step();
    assertThat(reachable.get()).isFalse();
    craft.services().state().update(next -> next.setGroundLost(true));
    craft.advance(2);
    step();
    assertThat(reachable.get()).isTrue();
    assertThat(craft.housekeeping().getPass().getReason()).isEqualTo("command loss");
    ground(
        Uplink.newBuilder()
            .setTelecommand(
                Telecommand.newBuilder().setCounter(50).setNoop(Noop.getDefaultInstance())));
    step();
    assertThat(craft.services().state().get().getGroundLost()).isFalse();
    craft.advance(20);
    step();
    assertThat(craft.events()).containsSubsequence("PASS_PLAN_VOID", "PASS_PLAN_COUNTS");
  }

  @Test
  void whatThePortDoesNotTakeIsSentWithTheNextStep() throws Exception {
    long id = record(10);
    when(port.publish(any(), any(), anyInt())).thenReturn(false);
    step();
    when(port.publish(any(), any(), anyInt())).thenReturn(true);
    step();
    step();
    verify(port, times(2)).publish(any(), any(), anyInt());
    assertThat(craft.services().recorder().pendingRecords()).isEqualTo(1);
    receipt(id);
    step();
    assertThat(craft.services().recorder().pendingRecords()).isZero();
  }

  @Test
  void aRecordThatDoesNotReadHoldsUpNone() throws Exception {
    long damaged = record(9_000);
    Path segment = folder.resolve("recorder").resolve("seg-0000000001.log");
    byte[] bytes = Files.readAllBytes(segment);
    bytes[5_000] ^= 1;
    Files.write(segment, bytes);
    long good = record(10);
    step();
    assertThat(records()).contains(good).doesNotContain(damaged);
    craft.advance(5);
    step();
    // said once
    assertThat(craft.events()).containsOnlyOnce("RECORDER_FAILED");
  }

  /** A bit in the first record that is large; once more, and it is well again. */
  private void flip() throws Exception {
    Path segment = folder.resolve("recorder").resolve("seg-0000000001.log");
    byte[] bytes = Files.readAllBytes(segment);
    bytes[5_000] ^= 1;
    Files.write(segment, bytes);
  }

  @Test
  void aProductThatCannotBeLookedAtHoldsUpNoneOfLessWorthAndIsTriedAgain() throws Exception {
    beInterested();
    long damaged = product(15, 9_000);
    flip();
    step();
    for (int i = 0; i < 3; i++) {
      craft.advance(6);
      long less = product(30, 9_000);
      step();
      assertThat(records()).contains(less).doesNotContain(damaged);
      receipt(less);
    }
    flip();
    craft.advance(6);
    step();
    assertThat(records()).contains(damaged);
  }

  @Test
  void aLargeRecordOfAnEarlierRunThatDoesNotReadHoldsUpNoneOfLessWorthAndIsTriedAgain()
      throws Exception {
    long damaged = record(40_000);
    flip();
    craft.advance(1);
    LinkApp anew = anotherRun();
    anew.step();
    for (int i = 0; i < 3; i++) {
      craft.advance(6);
      long less = record(Priority.BULK, 12_000);
      anew.step();
      assertThat(records()).contains(less);
      ground(Uplink.newBuilder().setReceipt(Receipt.newBuilder().setRun(RUN + 1).addRecords(less)));
    }
    flip();
    craft.advance(6);
    anew.step();
    assertThat(inquiries()).contains(damaged);
    when(port.connected()).thenReturn(false);
    anew.close();
  }

  @Test
  void aReceiptThatTheRecorderDoesNotTakeIsToldAndStopsNothing() throws Exception {
    long first = record(10);
    long second = record(10);
    step();
    assertThat(records()).contains(first, second);
    craft.services().recorder().close();
    receipt(first);
    receipt(second);
    step();
    step();
    assertThat(craft.events()).containsOnlyOnce("RECORDER_FAILED");
    assertThat(craft.housekeeping().getLink().getBadAnswers()).isZero();
  }

  @Test
  void anAnswerThatFitsNoRecordUnderWayIsCountedAndSendsNothing() throws Exception {
    long record = record(10);
    step();
    assertThat(records()).containsExactly(record);
    ground(
        Uplink.newBuilder()
            .setReceipt(
                Receipt.newBuilder()
                    .setRun(RUN)
                    .setHeard(1)
                    .addMissing(
                        MissingParts.newBuilder()
                            .setRecord(record)
                            .setSize(11)
                            .setScopeEnd(11)
                            .addSpans(ByteSpan.newBuilder().setTo(11)))));
    step();
    assertThat(sent).isEmpty();
    assertThat(craft.housekeeping().getLink().getBadAnswers()).isEqualTo(1);
  }

  @Test
  void recordsThatDoNotReadFillNoWindow() throws Exception {
    for (int i = 0; i < 5; i++) {
      long unused = record(9_000);
    }
    Path segment = folder.resolve("recorder").resolve("seg-0000000001.log");
    byte[] bytes = Files.readAllBytes(segment);
    for (int i = 0; i < 5; i++) {
      bytes[5_000 + 9_000 * i] ^= 1;
    }
    Files.write(segment, bytes);
    long good = record(10);
    for (int i = 0; i < 3; i++) {
      step();
    }
    assertThat(records()).contains(good);
  }

  @Test
  void anOldCommandIsNoSignOfGround() throws Exception {
    Uplink.Builder old =
        Uplink.newBuilder()
            .setTelecommand(
                Telecommand.newBuilder().setCounter(1).setNoop(Noop.getDefaultInstance()));
    ground(old);
    step();
    long heard = craft.services().state().get().getLastCommandNanos();
    craft.advance(100);
    ground(old);
    step();
    assertThat(craft.services().state().get().getLastCommandNanos()).isEqualTo(heard);
  }

  @Test
  void whatIsNoPacketIsCountedAndDropped() throws Exception {
    fromGround.accept(new byte[] {1, 2, 3});
    fromGround.accept(ground.receipt(new byte[] {-1, -1}));
    byte[] changed = ground.receipt(new byte[0]);
    changed[changed.length - 1] ^= 1;
    fromGround.accept(changed);
    ground(Uplink.newBuilder());
    step();
    assertThat(craft.housekeeping().getBadPackets()).isEqualTo(4);
    assertThat(craft.events()).isEmpty();
    assertThat(craft.services().recorder().pendingRecords()).isZero();
  }

  @Test
  void theTransmitterIsSilentForItsTimeThenSpeaksAgain() throws Exception {
    assertThat(craft.send(silence(true))).isEqualTo(Stage.COMPLETED);
    step();
    assertThat(sent).isEmpty();
    craft.advance(101);
    step();
    assertThat(sent).isNotEmpty();
    assertThat(craft.events()).containsExactly("TRANSMITTER", "TRANSMITTER");
    assertThat(craft.send(silence(true))).isEqualTo(Stage.COMPLETED);
    assertThat(craft.send(silence(false))).isEqualTo(Stage.COMPLETED);
    sent.clear();
    craft.advance(5);
    step();
    assertThat(sent).isNotEmpty();
  }

  private static Telecommand.Builder silence(boolean on) {
    return Telecommand.newBuilder()
        .setSetTransmitter(SetTransmitter.newBuilder().setSilent(on).setForSeconds(100));
  }

  @Test
  void aLinkThatIsDownIsTriedAgainAndSaidOnce() throws Exception {
    when(port.connected()).thenReturn(false);
    when(port.connect()).thenReturn(false);
    step();
    step();
    verify(port, times(1)).connect();
    craft.advance(2);
    when(port.connect()).thenReturn(true);
    step();
    when(port.connected()).thenReturn(true);
    long id = record(10);
    step();
    assertThat(records()).contains(id);
    when(port.connected()).thenReturn(false);
    when(port.connect()).thenReturn(false);
    craft.advance(2);
    step();
    step();
    // whatever was under way may be lost: ground is asked when it is up
    craft.advance(2);
    when(port.connect()).thenReturn(true);
    step();
    when(port.connected()).thenReturn(true);
    step();
    assertThat(inquiries()).contains(id);
    assertThat(craft.events()).containsExactly("LINK_UP", "LINK_DOWN", "LINK_UP");
  }

  private void beacon(int sequence) throws Exception {
    craft
        .services()
        .telemetry()
        .put(
            Housekeeping.newBuilder()
                .setSet("main")
                .setSequence(sequence)
                .setMissionNanos(7)
                .setBeacon(Beacon.newBuilder().setSet("main").setSequence(sequence))
                .build());
    step();
  }

  @Test
  void aBeaconGoesAsAFrameThatIsWholeWhenTheLineOrAFrameBeforeItWasLost() throws Exception {
    when(port.publish(eq(topics.downlink()), any(), eq(0), any()))
        .thenAnswer(call -> sent.add(Downlink.parseFrom(ground.open(call.getArgument(1)))));
    for (int i = 1; i <= 2; i++) {
      beacon(i);
    }
    assertThat(sent)
        .extracting(packet -> packet.getBeacon().hasKeyFrame())
        .containsExactly(true, false);
    // it bears its own times
    assertThat(sent.get(0).hasSentUtcNanos()).isFalse();
    when(port.publish(eq(topics.downlink()), any(), eq(0), any())).thenReturn(false);
    beacon(3);
    sent.clear();
    when(port.publish(eq(topics.downlink()), any(), eq(0), any()))
        .thenAnswer(call -> sent.add(Downlink.parseFrom(ground.open(call.getArgument(1)))));
    beacon(4);
    beacon(5);
    when(port.connected()).thenReturn(false);
    when(port.connect()).thenReturn(true);
    step();
    when(port.connected()).thenReturn(true);
    beacon(6);
    assertThat(sent)
        .filteredOn(Downlink::hasBeacon)
        .extracting(packet -> packet.getBeacon().hasKeyFrame())
        .containsExactly(true, false, true);
  }

  @Test
  void whyTheBrokerIsNotThereIsSaidOnceUntilItIs() throws Exception {
    when(port.connected()).thenReturn(false);
    when(port.connect()).thenReturn(false);
    when(port.trouble()).thenReturn(Optional.of("no"));
    for (int i = 0; i < 3; i++) {
      step();
      craft.advance(2);
    }
    when(port.trouble()).thenReturn(Optional.of("never"));
    step();
    craft.advance(2);
    when(port.connect()).thenReturn(true);
    step();
    assertThat(craft.events()).containsExactly("LINK_REFUSED", "LINK_REFUSED", "LINK_UP");
  }

  @Test
  void whatIsLeftGoesOutAtTheEndWhileGroundIsThere() throws Exception {
    long id = record(10);
    when(port.publish(any(), any(), anyInt()))
        .thenAnswer(
            call -> {
              receipt(id);
              return true;
            });
    link.close();
    assertThat(craft.services().recorder().pendingRecords()).isZero();
    verify(port).close();
  }

  @Test
  void packetsForWhichThereIsNoRoomAreCounted() throws Exception {
    for (int i = 0; i < LinkApp.INBOUND_PACKETS + 3; i++) {
      receipt(1);
    }
    assertThat(link.queued()).isEqualTo(LinkApp.INBOUND_PACKETS);
    assertThat(craft.housekeeping().getPacketsDropped()).isEqualTo(3);
    step();
    // the rest comes to its turn between them
    assertThat(link.queued()).isEqualTo(LinkApp.INBOUND_PACKETS - LinkApp.PACKETS_A_STEP);
    for (int i = 1; i < LinkApp.INBOUND_PACKETS / LinkApp.PACKETS_A_STEP; i++) {
      step();
    }
    assertThat(link.queued()).isZero();
  }

  @Test
  void largePacketsAreDroppedBeforeTheyTakeAllMemory() {
    for (int i = 0; i < 20; i++) {
      fromGround.accept(new byte[MqttPort.MAX_PAYLOAD_BYTES]);
    }
    assertThat(link.queued()).isEqualTo(8);
    assertThat(craft.housekeeping().getPacketsDropped()).isEqualTo(12);
  }

  @Test
  void aFarewellThatFailsLeavesNothingOpen() throws Exception {
    record(10);
    when(port.publish(any(), any(), anyInt())).thenThrow(new IllegalStateException("broken"));
    assertThatThrownBy(link::close).isInstanceOf(IllegalStateException.class);
    verify(port).close();
  }

  @Test
  void theNumbersOfTheStreamGoOnWhereTheAppIsStartedAnew() throws Exception {
    long unused = record(10);
    step();
    assertThat(sent).extracting(Downlink::getStreamSequence).containsExactly(1L);
    sent.clear();
    App anew =
        craft.start(
            services ->
                new LinkApp(
                    services,
                    ground.gate(folder, services.events()),
                    topics,
                    RUN + 1,
                    receiver -> port));
    anew.step();
    assertThat(sent).extracting(Downlink::getStreamSequence).containsExactly(2L);
  }

  @Test
  void partsOfFilesGoToTheirAppAndItsWordsGoDown() throws Exception {
    Uplink part =
        Uplink.newBuilder()
            .setFileChunk(
                FileChunk.newBuilder().setUpload(3).setContent(ByteString.copyFromUtf8("abc")))
            .build();
    try (Subscription<Uplink> parts = craft.services().bus().subscribe("test", Uplink.class, 8)) {
      fromGround.accept(ground.file(part));
      // of another kind, too large, of no upload
      fromGround.accept(ground.receipt(part.toByteArray()));
      fromGround.accept(
          ground.file(
              Uplink.newBuilder()
                  .setFileChunk(
                      FileChunk.newBuilder()
                          .setUpload(3)
                          .setContent(ByteString.copyFrom(new byte[16_385])))
                  .build()));
      fromGround.accept(
          ground.file(
              Uplink.newBuilder().setUploadInquiry(UploadInquiry.getDefaultInstance()).build()));
      step();
      assertThat(parts.poll()).contains(part);
      assertThat(parts.poll()).isEmpty();
    }
    assertThat(craft.housekeeping().getBadPackets()).isEqualTo(3);
    when(port.publish(eq(topics.downlink()), any(), anyInt(), any()))
        .thenAnswer(call -> sent.add(Downlink.parseFrom(ground.open(call.getArgument(1)))));
    UploadStatus status = UploadStatus.newBuilder().setUpload(3).setQuestion(9).build();
    craft.services().bus().publish(status);
    step();
    assertThat(sent).anyMatch(packet -> packet.getUploadStatus().equals(status));
  }
}
