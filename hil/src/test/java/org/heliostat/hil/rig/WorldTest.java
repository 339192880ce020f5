package org.heliostat.hil.rig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.heliostat.hil.rig.WorldLayout.Card;
import org.heliostat.hil.rig.WorldLayout.Chip;
import org.heliostat.hil.rig.WorldLayout.Header;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorldTest {
  private static final MissionTime TIME = new MissionTime(5, 1_000, 2_000, 1_000_000);

  @TempDir private Path folder = Path.of("");

  @Test
  void aNewWorldAppearsComplete() throws IOException {
    Path file = folder.resolve("world");
    World world =
        World.open(
            file,
            TIME,
            2,
            fresh -> {
              assertThat(file).doesNotExist();
              fresh.set(Header.CARD_COUNT, 2);
            });
    assertThat(world.adopted()).isFalse();
    assertThat(file).exists().hasSize(WorldLayout.fileBytes(2));
    assertThat(folder).isDirectoryNotContaining("glob:**.tmp");
  }

  @Test
  void aSecondRigGoesOnWithTheWorldOfItsFlight() throws IOException {
    Path file = folder.resolve("world");
    World first = World.open(file, TIME, 2, fresh -> fresh.set(Header.CARD_COUNT, 2));
    first.set(3, Chip.REGISTERS, 5, 2048);
    first.set(1, Card.CLAIMS, -7);
    World second =
        World.open(
            file,
            TIME,
            2,
            fresh -> {
              throw new AssertionError("not a new world");
            });
    assertThat(second.adopted()).isTrue();
    assertThat(second.get(3, Chip.REGISTERS, 5)).isEqualTo(2048);
    assertThat(second.get(1, Card.CLAIMS)).isEqualTo(-7);
    second.set(Header.TICKS, 9);
    assertThat(first.get(Header.TICKS)).isEqualTo(9);
  }

  @Test
  void refusesTheWorldOfAnotherFlightOrNoWorld() throws IOException {
    Path file = folder.resolve("world");
    World world = World.open(file, TIME, 2, fresh -> {});
    assertThatThrownBy(
            () -> World.open(file, new MissionTime(6, 1_000, 2_000, 1_000_000), 2, fresh -> {}))
        .hasMessageContaining("another flight");
    world.set(Header.ABI, 1);
    assertThatThrownBy(() -> World.open(file, TIME, 2, fresh -> {}))
        .hasMessageContaining("not a world file");
    Path text = Files.writeString(folder.resolve("text"), "hello");
    assertThatThrownBy(() -> World.open(text, TIME, 2, fresh -> {}))
        .hasMessageContaining("not a world file");
  }

  @Test
  void clearsAHolderOnlyWhileItIsStillThatOne() throws IOException {
    World world = World.open(folder.resolve("world"), TIME, 2, fresh -> {});
    // as the drop-in writes it: the third place of the first card
    world.set(0, Card.HOLDERS, 2, 41);
    world.clearHolder(0, 2, 40);
    assertThat(world.get(0, Card.HOLDERS, 2)).isEqualTo(41);
    world.clearHolder(0, 2, 41);
    assertThat(world.get(0, Card.HOLDERS, 2)).isZero();
  }

  @Test
  void aWorldHasRoomForAsManyCardsAsItWasMadeFor() throws IOException {
    Path file = folder.resolve("world");
    BenchmarkWorld.make(file, TIME, 10_000);
    assertThat(file).hasSize(WorldLayout.fileBytes(10_000));
    World world = World.open(file, TIME, 10_000, fresh -> {});
    assertThat(world.get(Header.CARD_COUNT)).isEqualTo(10_000);
    assertThat(world.get(9_999, Card.MICROCELSIUS)).isEqualTo(24_000_000);
    assertThatThrownBy(() -> World.open(file, TIME, 2, fresh -> {}))
        .hasMessageContaining("not a world file");
  }

  @Test
  void aStepIsSeenWholeAndARigThatDiedInOneIsRepaired() throws IOException {
    Path file = folder.resolve("world");
    World world = World.open(file, TIME, 2, fresh -> {});
    world.step(() -> assertThat(world.get(Header.SEQUENCE) & 1).isEqualTo(1));
    assertThat(world.get(Header.SEQUENCE)).isEqualTo(2);
    world.set(Header.SEQUENCE, 5);
    World again = World.open(file, TIME, 2, fresh -> {});
    assertThat(again.get(Header.SEQUENCE)).isEqualTo(6);
    again.set(Header.SEQUENCE, 7);
    again.step(() -> assertThat(again.get(Header.SEQUENCE)).isEqualTo(9));
    assertThat(again.get(Header.SEQUENCE)).isEqualTo(10);
  }

  @Test
  void whatADeviceSendsStandsInItsRing() throws IOException {
    World world = World.open(folder.resolve("world"), TIME, 2, fresh -> {});
    byte[] much = new byte[WorldLayout.RING_BYTES - 3];
    world.send(1, much);
    world.send(1, new byte[] {1, 2, 3, 4, 5});
    // read as the drop-in does: the ring is found through the layout
    ByteBuffer bytes =
        ByteBuffer.wrap(Files.readAllBytes(folder.resolve("world"))).order(ByteOrder.nativeOrder());
    int ring = WorldLayout.streamOffset(1, WorldLayout.Stream.RING);
    assertThat(bytes.getLong(WorldLayout.streamOffset(1, WorldLayout.Stream.HEAD)))
        .isEqualTo(WorldLayout.RING_BYTES + 2);
    assertThat(bytes.get(ring + WorldLayout.RING_BYTES - 1)).isEqualTo((byte) 3);
    assertThat(bytes.get(ring)).isEqualTo((byte) 4);
  }

  @Test
  void missionTimeRunsAtItsSpeedWithoutLoss() {
    MissionTime fast = new MissionTime(1_000, 5_000_000, 9_000_000, 2_500_000);
    assertThat(fast.missionNanos(1_000)).isEqualTo(5_000_000);
    assertThat(fast.missionNanos(1_000 + 3)).isEqualTo(5_000_007);
    long year = 366L * 86_400 * 1_000_000_000L;
    assertThat(fast.missionNanos(1_000 + year)).isEqualTo(5_000_000 + year / 2 * 5);
    assertThat(fast.utcNanos(1_000 + 1_000_000)).isEqualTo(9_000_000 + 2_500_000);
    assertThat(fast.flightSeconds(1_000 + 2_000_000_000L)).isEqualTo(5.0);
    assertThatThrownBy(() -> new MissionTime(0, 0, 0, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
