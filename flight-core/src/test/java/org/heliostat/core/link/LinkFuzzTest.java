package org.heliostat.core.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import org.heliostat.core.app.App;
import org.heliostat.core.command.Commands;
import org.heliostat.core.fixture.ByGround;
import org.heliostat.core.fixture.TestSpacecraft;
import org.heliostat.protocol.BeaconDecoder;
import org.heliostat.protocol.BeaconFrame;
import org.heliostat.protocol.KeyFile;
import org.heliostat.protocol.LinkKey;
import org.heliostat.protocol.LoadTable;
import org.heliostat.protocol.MqttPort;
import org.heliostat.protocol.Pass;
import org.heliostat.protocol.PassState;
import org.heliostat.protocol.PassTable;
import org.heliostat.protocol.SchemaCheck;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Topics;
import org.heliostat.protocol.Uplink;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What comes over the link from somebody who has the keys, and from somebody who has not. */
@Timeout(10)
class LinkFuzzTest {
  @TempDir private Path folder;
  private final GroundSeal ground = new GroundSeal();
  private TestSpacecraft craft;

  @BeforeEach
  void open() {
    craft = new TestSpacecraft(folder.resolve("craft"));
  }

  @AfterEach
  void close() {
    craft.close();
  }

  /** Every command that is new is accepted or refused, and nothing else comes of it. */
  @FuzzTest(maxDuration = "60s")
  void commands(byte[] bytes) {
    Telecommand command;
    try {
      command = Telecommand.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      return;
    }
    Commands commands = craft.services().commands();
    Commands.Counts before = commands.counts();
    boolean fresh =
        ByGround.submit(
            commands, command.toBuilder().setCounter(commands.highestCounter() + 1).build());
    Commands.Counts after = commands.counts();
    assertThat(fresh).isTrue();
    assertThat(after.accepted() + after.rejected())
        .isEqualTo(before.accepted() + before.rejected() + 1);
  }

  /** A table that is loaded is one that its schema allows. */
  @FuzzTest(maxDuration = "60s")
  void tables(byte[] bytes) {
    Table table;
    try {
      table = Table.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      return;
    }
    App link = craft.start(services -> link());
    assertThat(link.queued()).isZero();
    Commands commands = craft.services().commands();
    int completed = commands.counts().completed();
    boolean fresh =
        ByGround.submit(
            commands,
            Telecommand.newBuilder()
                .setCounter(commands.highestCounter() + 1)
                .setLoadTable(LoadTable.newBuilder().setTable(table).setActivate(true))
                .build());
    assertThat(fresh).isTrue();
    if (commands.counts().completed() > completed) {
      assertThat(SchemaCheck.problems(table)).isEmpty();
    }
  }

  /** The link takes whatever a station puts into its packets. */
  @FuzzTest(maxDuration = "60s")
  void packets(byte[] bytes) throws Exception {
    LinkApp link = link();
    try (LinkGate gate = ground.gate(folder, craft.services().events())) {
      assertThat(gate.open(bytes)).isEmpty();
    }
    link.step();
    fromGround.accept(ground.receipt(bytes));
    fromGround.accept(bytes);
    link.step();
    link.close();
    try {
      assertThat(SchemaCheck.problems(Uplink.parseFrom(bytes))).isNotNull();
    } catch (InvalidProtocolBufferException e) {
      assertThat(e).hasMessageMatching("(?s).+");
    }
  }

  private Consumer<byte[]> fromGround = packet -> {};

  private LinkApp link() {
    return new LinkApp(
        craft.services(),
        ground.gate(folder, craft.services().events()),
        new Topics(1),
        9,
        receiver -> {
          fromGround = receiver;
          return mock(MqttPort.class);
        });
  }

  /** A plan that has no problem can be asked at any time. */
  @FuzzTest(maxDuration = "60s")
  void passes(byte[] bytes) {
    PassTable table;
    try {
      table = PassTable.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      return;
    }
    if (!SchemaCheck.problems(table).isEmpty() || !PassPlan.problems(table).isEmpty()) {
      return;
    }
    PassPlan plan = new PassPlan(table);
    for (Pass pass : table.getPassesList()) {
      long begin = pass.hasBeginUtcNanos() ? pass.getBeginUtcNanos() : pass.getBeginMissionNanos();
      long end = begin + (long) (pass.getDurationSeconds() * 1e9);
      assertThat(plan.at(begin, begin, true, false).state()).isEqualTo(PassState.PASS_OPEN);
      for (long now : new long[] {0, begin - 1, begin, end - 1, end, Long.MAX_VALUE}) {
        PassPlan.Look look = plan.at(now, now, true, false);
        assertThat(look.leftNanos() > 0).isEqualTo(look.state() == PassState.PASS_OPEN);
        look.nextNanos().ifPresent(next -> assertThat(next).isPositive());
        assertThat(plan.at(now, now, true, true).state()).isEqualTo(PassState.PLAN_VOID);
      }
    }
  }

  /** A frame is a beacon or nothing. */
  @FuzzTest(maxDuration = "60s")
  void beacons(byte[] bytes) {
    BeaconDecoder decoder = new BeaconDecoder();
    int half = bytes.length / 2;
    for (byte[] part :
        new byte[][] {
          Arrays.copyOf(bytes, half), Arrays.copyOfRange(bytes, half, bytes.length), bytes
        }) {
      try {
        decoder
            .decode(BeaconFrame.parseFrom(part))
            .ifPresent(beacon -> assertThat(beacon.getSerializedSize()).isNotNegative());
      } catch (InvalidProtocolBufferException e) {
        assertThat(e).hasMessageMatching("(?s).+");
      }
    }
  }

  /** A key file without the secret is none. */
  @FuzzTest(maxDuration = "60s")
  void keys(byte[] bytes) throws Exception {
    Path file = folder.resolve("keys");
    Files.write(file, bytes);
    assertThat(new KeyFile(file, new byte[LinkKey.SECRET_BYTES], random -> {}).read()).isEmpty();
  }
}
