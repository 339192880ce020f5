package org.heliostat.core.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import com.google.protobuf.ByteString;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.heliostat.core.app.App;
import org.heliostat.core.fixture.TestSpacecraft;
import org.heliostat.core.recorder.Recorder.Priority;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.FilePart;
import org.heliostat.protocol.LinkConfig;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.MqttPort;
import org.heliostat.protocol.Noop;
import org.heliostat.protocol.Receipt;
import org.heliostat.protocol.SetTransmitter;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;
import org.heliostat.protocol.Topics;
import org.heliostat.protocol.Uplink;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinkAppTest {
  @TempDir private Path folder;
  private final MqttPort port = mock(MqttPort.class);
  private final GroundSeal ground = new GroundSeal();
  private final Topics topics = new Topics(1);
  private final List<Downlink> sent = new ArrayList<>();
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
    Receipt.Builder receipt = Receipt.newBuilder();
    for (long record : records) {
      receipt.addRecords(record);
    }
    ground(Uplink.newBuilder().setReceipt(receipt));
  }

  private long record(int bytes) throws Exception {
    return craft
        .services()
        .recorder()
        .append(
            Priority.PRODUCT,
            Downlink.newBuilder()
                .setFilePart(FilePart.newBuilder().setContent(ByteString.copyFrom(new byte[bytes])))
                .build());
  }

  private List<Long> records() {
    List<Long> records = sent.stream().map(Downlink::getRecord).toList();
    sent.clear();
    return records;
  }

  @Test
  void aCommandRunsAndItsStagesGoDownUntilGroundHasThem() throws Exception {
    ground(
        Uplink.newBuilder()
            .setTelecommand(
                Telecommand.newBuilder().setCounter(1).setNoop(Noop.getDefaultInstance())));
    step();
    assertThat(sent)
        .extracting(packet -> packet.getCommandReport().getStage())
        .containsExactly(Stage.ACCEPTED, Stage.STARTED, Stage.COMPLETED);
    assertThat(sent).extracting(Downlink::getStreamSequence).containsExactly(1L, 2L, 3L);
    assertThat(sent.get(0).getSentMissionNanos()).isPositive();
    assertThat(craft.services().state().get().getLastCommandNanos()).isPositive();
    assertThat(craft.services().state().get().getSentBytes()).isPositive();
    List<Long> all = records();
    step();
    assertThat(sent).isEmpty();
    receipt(all.get(1));
    craft.advance(5);
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
  void theWindowIsOfBytesTooAndTheFirstGoesWhateverItsSize() throws Exception {
    long large = record(20_000);
    long next = record(10_000);
    long last = record(10_000);
    step();
    assertThat(records()).containsExactly(large);
    receipt(large);
    step();
    assertThat(records()).containsExactly(next);
    receipt(next);
    step();
    assertThat(records()).containsExactly(last);
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
    assertThat(craft.events()).containsOnly("BAD_PACKET");
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
    // whatever was under way may be lost: all goes again when it is up
    craft.advance(2);
    when(port.connect()).thenReturn(true);
    step();
    when(port.connected()).thenReturn(true);
    step();
    assertThat(records()).contains(id);
    assertThat(craft.events()).containsExactly("LINK_UP", "LINK_DOWN", "LINK_UP");
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
                    services, ground.gate(folder, services.events()), topics, receiver -> port));
    anew.step();
    assertThat(sent).extracting(Downlink::getStreamSequence).containsExactly(2L);
  }
}
