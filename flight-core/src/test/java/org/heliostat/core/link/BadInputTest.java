package org.heliostat.core.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.UnknownFieldSet;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.heliostat.core.app.App;
import org.heliostat.core.fixture.TestSpacecraft;
import org.heliostat.core.recorder.Recorder.Priority;
import org.heliostat.protocol.AppArgument;
import org.heliostat.protocol.AppCommand;
import org.heliostat.protocol.ArmCommand;
import org.heliostat.protocol.ByteSpan;
import org.heliostat.protocol.CycleRail;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.LinkConfig;
import org.heliostat.protocol.LoadTable;
import org.heliostat.protocol.MissingParts;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.Mode;
import org.heliostat.protocol.MqttPort;
import org.heliostat.protocol.Noop;
import org.heliostat.protocol.Product;
import org.heliostat.protocol.Receipt;
import org.heliostat.protocol.Role;
import org.heliostat.protocol.SetMode;
import org.heliostat.protocol.SetTransmitter;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.TakeFrames;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;
import org.heliostat.protocol.Topics;
import org.heliostat.protocol.Uplink;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Bad input to the satellite, tried and shown to be harmless: what is not authentic changes a
 * counter and nothing else; what is, and is wrong, is answered and not run; a valid command after
 * it still is.
 */
class BadInputTest {
  private static final long COUNTER = 5;
  private static final GroundSeal GROUND = new GroundSeal();

  @TempDir private Path folder;
  private final MqttPort port = mock(MqttPort.class);
  private final List<CommandCase> executed = new ArrayList<>();
  private TestSpacecraft craft;
  private Consumer<byte[]> fromGround = packet -> {};
  private App link;

  @BeforeEach
  void open() {
    craft =
        new TestSpacecraft(
            folder.resolve("craft"),
            Mission.newBuilder().setSpacecraftId(1).setLink(LinkConfig.newBuilder().setWindow(4)));
    for (CommandCase command :
        List.of(
            CommandCase.NOOP,
            CommandCase.SET_MODE,
            CommandCase.TAKE_FRAMES,
            CommandCase.CYCLE_RAIL,
            CommandCase.RESTART_PROCESS)) {
      craft
          .services()
          .commands()
          .handle(
              command,
              (telecommand, run) -> {
                executed.add(telecommand.getCommandCase());
                run.complete();
              });
    }
    when(port.connected()).thenReturn(true);
    when(port.publish(any(), any(), anyInt())).thenReturn(true);
    link =
        craft.start(
            services ->
                new LinkApp(
                    services,
                    GROUND.gate(folder, services.events()),
                    new Topics(1),
                    9,
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

  private void step() {
    try {
      link.step();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** Bytes, and what they are. */
  private static final class Input {
    final String what;
    final byte[] bytes;

    Input(String what, byte[] bytes) {
      this.what = what;
      this.bytes = bytes;
    }

    @Override
    public String toString() {
      return what;
    }
  }

  private static Telecommand.Builder command() {
    return Telecommand.newBuilder().setCounter(COUNTER);
  }

  private static final Telecommand VALID =
      command().setSetMode(SetMode.newBuilder().setMode(Mode.PAYLOAD)).build();

  private static byte[] valid() {
    return GROUND.seal(Uplink.newBuilder().setTelecommand(VALID).build());
  }

  /** Sealed as a command, whatever it is. */
  private static byte[] sealed(byte[] inside) {
    return new org.heliostat.protocol.LinkSeal(GroundSeal.SPACECRAFT)
        .command(GROUND.key(Role.ROLE_OPERATOR), 9, COUNTER, 0, inside);
  }

  private static byte[] field(int number, int type, byte... value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      CodedOutputStream coded = CodedOutputStream.newInstance(out);
      coded.writeUInt32NoTag(number << 3 | type);
      coded.writeRawBytes(value);
      coded.flush();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return out.toByteArray();
  }

  /** Armed, and armed again. */
  private static byte[] nested(int depth) {
    Telecommand command = VALID;
    for (int i = 0; i < depth; i++) {
      command =
          Telecommand.newBuilder()
              .setCounter(COUNTER)
              .setArmCommand(ArmCommand.newBuilder().setCommand(command))
              .build();
    }
    return Uplink.newBuilder().setTelecommand(command).build().toByteArray();
  }

  // ---- nothing of it is a packet

  static Stream<Input> notAuthentic() {
    List<Input> inputs = new ArrayList<>();
    inputs.add(new Input("nothing", new byte[0]));
    inputs.add(new Input("zeros", new byte[64]));
    inputs.add(
        new Input("in clear", Uplink.newBuilder().setTelecommand(VALID).build().toByteArray()));
    byte[] whole = valid();
    for (int length : new int[] {1, 18, 19, 34, whole.length - 1}) {
      inputs.add(new Input("cut to " + length, Arrays.copyOf(whole, length)));
    }
    inputs.add(new Input("a byte more", Arrays.copyOf(whole, whole.length + 1)));
    inputs.add(new Input("a MiB more", Arrays.copyOf(whole, MqttPort.MAX_PAYLOAD_BYTES)));
    byte[] twice = Arrays.copyOf(whole, 2 * whole.length);
    System.arraycopy(whole, 0, twice, whole.length, whole.length);
    inputs.add(new Input("twice in one", twice));
    inputs.add(
        new Input(
            "another spacecraft's",
            new org.heliostat.protocol.LinkSeal(2)
                .command(GROUND.key(Role.ROLE_OPERATOR), 9, COUNTER, 0, VALID.toByteArray())));
    inputs.add(new Input("of the station's key", GROUND.command(Role.ROLE_STATION, VALID, 0)));
    inputs.add(new Input("no message", sealed(new byte[] {-1, -1, -1})));
    inputs.add(new Input("empty inside", sealed(new byte[0])));
    inputs.add(new Input("a length beyond the end", sealed(field(1, 2, (byte) 100, (byte) 1))));
    inputs.add(
        new Input(
            "a negative length",
            sealed(field(1, 2, (byte) -1, (byte) -1, (byte) -1, (byte) -1, (byte) 15))));
    inputs.add(
        new Input(
            "a varint that does not end",
            sealed(field(1, 2, new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1}))));
    inputs.add(new Input("groups that do not end", sealed(repeat(field(77, 3), 500))));
    inputs.add(new Input("nested 150 deep", sealed(nested(150))));
    inputs.add(
        new Input(
            "another counter inside",
            sealed(
                Uplink.newBuilder()
                    .setTelecommand(VALID.toBuilder().setCounter(COUNTER + 1))
                    .build()
                    .toByteArray())));
    inputs.add(
        new Input(
            "a receipt as a command",
            sealed(
                Uplink.newBuilder()
                    .setReceipt(Receipt.newBuilder().addRecords(1).setRun(9))
                    .build()
                    .toByteArray())));
    inputs.add(
        new Input(
            "a command as a receipt",
            GROUND.receipt(Uplink.newBuilder().setTelecommand(VALID).build().toByteArray())));
    inputs.add(new Input("a receipt of nothing", GROUND.receipt(new byte[0])));
    return inputs.stream();
  }

  private static byte[] repeat(byte[] bytes, int times) {
    ByteString all = ByteString.EMPTY;
    for (int i = 0; i < times; i++) {
      all = all.concat(ByteString.copyFrom(bytes));
    }
    return all.toByteArray();
  }

  @ParameterizedTest
  @MethodSource("notAuthentic")
  void isCountedAndChangesNothing(Input input) {
    fromGround.accept(input.bytes);
    step();
    assertThat(craft.housekeeping().getBadPackets()).isEqualTo(1);
    assertThat(craft.services().commands().highestCounter()).isZero();
    assertThat(craft.services().state().get().getLastCommandNanos()).isZero();
    assertThat(craft.downlink().stream().filter(packet -> packet.hasCommandReport())).isEmpty();
    assertThat(executed).isEmpty();
    nothingIsToldOfIt();
    aValidCommandStillRuns(COUNTER + 1);
  }

  /** Whoever can make events fills the log, and alerts go before products. */
  private void nothingIsToldOfIt() {
    assertThat(craft.events()).isEmpty();
    assertThat(craft.services().recorder().pendingRecords()).isZero();
  }

  private void aValidCommandStillRuns(long counter) {
    executed.clear();
    fromGround.accept(
        GROUND.seal(
            Uplink.newBuilder()
                .setTelecommand(
                    Telecommand.newBuilder().setCounter(counter).setNoop(Noop.getDefaultInstance()))
                .build()));
    step();
    assertThat(executed).containsExactly(CommandCase.NOOP);
  }

  // ---- authentic, and wrong

  static Stream<Input> wrong() {
    List<Input> inputs = new ArrayList<>();
    inputs.add(command("no command", command()));
    inputs.add(
        command(
            "a value beyond its range",
            command().setTakeFrames(TakeFrames.newBuilder().setCount(-1))));
    inputs.add(
        command(
            "no number",
            command()
                .setCycleRail(CycleRail.newBuilder().setDevice("r").setOffSeconds(Double.NaN))));
    inputs.add(
        command(
            "infinity",
            command()
                .setCycleRail(
                    CycleRail.newBuilder()
                        .setDevice("r")
                        .setOffSeconds(Double.POSITIVE_INFINITY))));
    inputs.add(
        command(
            "an argument that is no number",
            command()
                .setAppCommand(
                    AppCommand.newBuilder()
                        .setApp("a")
                        .setVerb("v")
                        .addArguments(
                            AppArgument.newBuilder().setName("x").setValue(Double.NaN)))));
    inputs.add(
        command(
            "a value that no enum has",
            command()
                .setSetMode(
                    SetMode.newBuilder().setUnknownFields(varint(SetMode.MODE_FIELD_NUMBER, 77)))));
    inputs.add(
        command(
            "a field that no schema has", VALID.toBuilder().setUnknownFields(varint(4_000, 1))));
    inputs.add(command("a command of a newer schema", command().setUnknownFields(varint(999, 1))));
    inputs.add(
        command(
            "a field of a newer schema in a command",
            command()
                .setTakeFrames(
                    TakeFrames.newBuilder().setCount(1).setUnknownFields(varint(50, 1)))));
    inputs.add(
        command(
            "a table of a newer schema",
            command()
                .setLoadTable(
                    LoadTable.newBuilder()
                        .setTable(
                            Table.newBuilder()
                                .setName("passes")
                                .setUnknownFields(varint(500, 1))))));
    inputs.add(
        command(
            "a text of a MiB",
            command()
                .setCycleRail(
                    CycleRail.newBuilder().setDevice("x".repeat(900_000)).setOffSeconds(1))));
    inputs.add(
        command(
            "armed in an arm",
            command()
                .setArmCommand(
                    ArmCommand.newBuilder()
                        .setCommand(
                            Telecommand.newBuilder()
                                .setArmCommand(ArmCommand.newBuilder().setCommand(VALID))))));
    return inputs.stream();
  }

  private static Input command(String what, Telecommand.Builder command) {
    Role role =
        command.hasTakeFrames()
            ? Role.ROLE_PAYLOAD
            : command.hasLoadTable() ? Role.ROLE_MAINTENANCE : Role.ROLE_OPERATOR;
    return new Input(what, GROUND.command(role, command.build(), 0));
  }

  private static UnknownFieldSet varint(int field, long value) {
    return UnknownFieldSet.newBuilder()
        .addField(field, UnknownFieldSet.Field.newBuilder().addVarint(value).build())
        .build();
  }

  @ParameterizedTest
  @MethodSource("wrong")
  void isAnsweredAndNotRun(Input input) {
    fromGround.accept(input.bytes);
    step();
    assertThat(executed).isEmpty();
    assertThat(craft.services().commands().counts().rejected()).isEqualTo(1);
    assertThat(
            craft.downlink().stream()
                .filter(packet -> packet.hasCommandReport())
                .map(packet -> packet.getCommandReport().getStage()))
        .containsExactly(Stage.FAILED);
    aValidCommandStillRuns(COUNTER + 1);
  }

  @Test
  void replaysInEveryOrderRunEachCommandOnceAtMost() {
    List<byte[]> packets = new ArrayList<>();
    for (int i = 1; i <= 6; i++) {
      Telecommand noop =
          Telecommand.newBuilder().setCounter(i).setNoop(Noop.getDefaultInstance()).build();
      packets.add(GROUND.seal(Uplink.newBuilder().setTelecommand(noop).build()));
    }
    Random random = new Random(11);
    for (int round = 0; round < 50; round++) {
      Collections.shuffle(packets, random);
      packets.forEach(fromGround);
      packets.forEach(fromGround);
      step();
    }
    assertThat(executed.size()).isBetween(1, 6);
    assertThat(craft.services().commands().highestCounter()).isEqualTo(6);
    assertThat(craft.services().commands().replayed()).isEqualTo(50L * 12 - executed.size());
    assertThat(craft.housekeeping().getBadPackets()).isZero();
  }

  @Test
  void aReceiptThatLacksMoreThanAnyBufferHoldsFreesNothing() throws Exception {
    long kept =
        craft
            .services()
            .recorder()
            .append(
                Priority.PRODUCT,
                Downlink.newBuilder().setProduct(Product.newBuilder().setId("p")).build());
    Receipt.Builder receipt =
        Receipt.newBuilder().setRun(9).setHeard(Long.MAX_VALUE).addRecords(kept);
    for (int record = 0; record < 500; record++) {
      MissingParts.Builder missing =
          MissingParts.newBuilder().setRecord(record).setSize(-1).setScopeEnd(-1);
      for (int span = 0; span < 100; span++) {
        missing.addSpans(ByteSpan.newBuilder().setFrom(-span).setTo(span));
      }
      receipt.addMissing(missing);
    }
    for (int i = 0; i < 3; i++) {
      fromGround.accept(
          GROUND.receipt(Uplink.newBuilder().setReceipt(receipt).build().toByteArray()));
      step();
    }
    assertThat(craft.housekeeping().getBadPackets()).isEqualTo(3);
    assertThat(craft.services().recorder().pendingRecords(Priority.PRODUCT)).isEqualTo(1);
    aValidCommandStillRuns(COUNTER);
  }

  @Test
  void aFloodIsDroppedBeyondTheQueueAndCounted() {
    for (int i = 0; i < 3 * LinkApp.INBOUND_PACKETS; i++) {
      fromGround.accept(new byte[30]);
    }
    for (int i = 0; i < 3 * LinkApp.INBOUND_PACKETS / LinkApp.PACKETS_A_STEP; i++) {
      step();
    }
    assertThat(craft.housekeeping().getBadPackets()).isEqualTo(LinkApp.INBOUND_PACKETS);
    assertThat(craft.housekeeping().getPacketsDropped()).isEqualTo(2L * LinkApp.INBOUND_PACKETS);
    nothingIsToldOfIt();
    aValidCommandStillRuns(COUNTER);
  }

  @Test
  void aClockOf1970NeitherRunsNorStopsACommand() {
    // UTC of the craft is its mission time and not good: a not-after of long ago says nothing
    fromGround.accept(GROUND.command(Role.ROLE_OPERATOR, VALID, 1));
    step();
    assertThat(executed).containsExactly(CommandCase.SET_MODE);
    craft.correlate();
    executed.clear();
    fromGround.accept(
        GROUND.command(Role.ROLE_OPERATOR, VALID.toBuilder().setCounter(COUNTER + 1).build(), 1));
    step();
    assertThat(executed).isEmpty();
  }

  @Test
  void aSilentTransmitterStaysAsSilentAsItWas() {
    fromGround.accept(
        GROUND.command(
            Role.ROLE_OPERATOR,
            command().setSetTransmitter(SetTransmitter.newBuilder().setSilent(true)).build(),
            0));
    step();
    fromGround.accept(new byte[40]);
    fromGround.accept(valid());
    step();
    assertThat(craft.events()).contains("TRANSMITTER");
    assertThat(craft.services().state().get().getSilentUntilNanos()).isPositive();
  }
}
