package org.heliostat.core.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.ArgumentMatchers.startsWith;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoMoreInteractions;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.heliostat.core.app.AppFailure;
import org.heliostat.core.command.Authority;
import org.heliostat.core.command.Commands;
import org.heliostat.core.command.Execution;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.file.Changes;
import org.heliostat.core.fixture.ByGround;
import org.heliostat.core.fixture.TestSpacecraft;
import org.heliostat.protocol.KeyFile;
import org.heliostat.protocol.LinkKey;
import org.heliostat.protocol.LinkRun;
import org.heliostat.protocol.LinkSeal;
import org.heliostat.protocol.LoadKey;
import org.heliostat.protocol.Mode;
import org.heliostat.protocol.Noop;
import org.heliostat.protocol.PacketKind;
import org.heliostat.protocol.Refusal;
import org.heliostat.protocol.Role;
import org.heliostat.protocol.Severity;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinkGateTest {
  @TempDir private Path folder;
  private final GroundSeal ground = new GroundSeal();
  private TestSpacecraft craft;
  private LinkGate gate;
  private KeyStore keys;

  @BeforeEach
  void open() throws Exception {
    craft = new TestSpacecraft(folder.resolve("craft"));
    keys = ground.store(folder);
    gate =
        new LinkGate(
            keys,
            new LinkSeal(GroundSeal.SPACECRAFT),
            new Random(8)::nextLong,
            craft.services().events());
    craft
        .services()
        .commands()
        .handle(CommandCase.LOAD_KEY, new LoadKeyCommand(keys, craft.services().events()));
  }

  @AfterEach
  void close() {
    gate.close();
    craft.close();
  }

  private static Telecommand noop(long counter) {
    return Telecommand.newBuilder().setCounter(counter).setNoop(Noop.getDefaultInstance()).build();
  }

  @Test
  void aCommandCarriesTheRoleOfItsKeyAndItsNotAfter() {
    byte[] sealed = ground.command(Role.ROLE_EMERGENCY, noop(3), 17);
    LinkGate.Inbound inbound = gate.open(sealed).orElseThrow();
    assertThat(inbound.kind()).isEqualTo(PacketKind.COMMAND);
    assertThat(inbound.counter()).isEqualTo(3);
    assertThat(inbound.authority()).isEqualTo(new Authority(Role.ROLE_EMERGENCY, 17));
    // whether it is new its counter tells
    assertThat(gate.open(sealed)).isPresent();
  }

  @Test
  void aReceiptComesOnce() {
    byte[] receipt = ground.receipt(new byte[] {1});
    assertThat(gate.open(receipt)).isPresent();
    assertThat(gate.open(receipt)).isEmpty();
  }

  @Test
  void noKeyDoesTheWorkOfAnother() {
    LinkSeal seal = new LinkSeal(GroundSeal.SPACECRAFT);
    LinkRun run = new LinkRun(seal, new Random(1)::nextLong);
    assertThat(gate.open(ground.command(Role.ROLE_STATION, noop(1), 0))).isEmpty();
    assertThat(
            gate.open(run.seal(ground.key(Role.ROLE_OPERATOR), PacketKind.RECEIPT, new byte[] {1})))
        .isEmpty();
    // what goes down is not taken when it comes back
    byte[] down = gate.seal(new byte[] {1}).orElseThrow();
    assertThat(gate.open(down)).isEmpty();
    assertThat(ground.open(down)).containsExactly(1);
  }

  @Test
  void aKeyIsReplacedByTheFirstPacketOfTheNextOne() {
    Telecommand.Builder load =
        Telecommand.newBuilder()
            .setLoadKey(
                LoadKey.newBuilder()
                    .setKeyId(258)
                    .setSecret(ByteString.copyFrom(GroundSeal.secret(40))));
    assertThat(craft.send(load)).isEqualTo(Stage.COMPLETED);
    assertThat(gate.keyStatus().getUnprovenList()).containsExactly(258);
    LinkKey fresh = new LinkKey(258, GroundSeal.secret(40));
    byte[] damaged = new LinkSeal(GroundSeal.SPACECRAFT).command(fresh, 9, 5, 0, new byte[4]);
    damaged[damaged.length - 1] ^= 1;
    assertThat(gate.open(damaged)).isEmpty();
    assertThat(gate.keyStatus().getUnprovenList()).containsExactly(258);
    assertThat(gate.open(ground.command(Role.ROLE_OPERATOR, noop(5), 0))).isPresent();
    byte[] old = ground.command(Role.ROLE_OPERATOR, noop(7), 0);
    ground.use(fresh);
    assertThat(gate.open(ground.command(Role.ROLE_OPERATOR, noop(6), 0))).isPresent();
    assertThat(gate.keyStatus().getUnprovenList()).isEmpty();
    assertThat(gate.open(old)).isEmpty();
    assertThat(craft.events()).contains("KEY_LOADED", "KEY_ROTATED");
  }

  @Test
  void aKeyIsLoadedOnlyInPlaceOfAnother() {
    Telecommand.Builder good =
        Telecommand.newBuilder()
            .setLoadKey(
                LoadKey.newBuilder()
                    .setKeyId(257)
                    .setSecret(ByteString.copyFrom(GroundSeal.secret(40))));
    assertThat(craft.send(good)).isEqualTo(Stage.FAILED);
    good.getLoadKeyBuilder().setKeyId(512);
    assertThat(craft.send(good)).isEqualTo(Stage.FAILED);
    good.getLoadKeyBuilder().setKeyId(258).setSecret(ByteString.copyFrom(new byte[31]));
    assertThat(craft.send(good)).isEqualTo(Stage.FAILED);
    assertThat(gate.keyStatus().getUnprovenList()).isEmpty();
    assertThat(
            craft
                .services()
                .commands()
                .submit(good.setCounter(1_000).build(), ByGround.authority(noop(1))))
        .isTrue();
    assertThat(gate.keyStatus().getUnprovenList()).isEmpty();
  }

  private static Telecommand.Builder load(int id) {
    return Telecommand.newBuilder()
        .setLoadKey(
            LoadKey.newBuilder()
                .setKeyId(id)
                .setSecret(ByteString.copyFrom(GroundSeal.secret(40))));
  }

  /** It goes in the spacecraft's own modes, and nobody overlooks that it was done. */
  @Test
  void theEmergencyKeyLoadsAKeyInSafeAloneAndThatIsAWarning() {
    craft.services().modes().serve(craft.services().commands());
    Authority emergency = new Authority(Role.ROLE_EMERGENCY, 0);
    Commands commands = craft.services().commands();
    commands.submit(load(258).setCounter(1).build(), emergency);
    assertThat(gate.keyStatus().getUnprovenList()).isEmpty();
    assertThat(craft.services().modes().change(Mode.SAFE)).isTrue();
    commands.submit(load(258).setCounter(2).build(), emergency);
    assertThat(gate.keyStatus().getUnprovenList()).containsExactly(258);
    assertThat(craft.events()).contains("KEY_LOADED_IN_EMERGENCY").doesNotContain("KEY_LOADED");
    assertThat(CoreEvent.KEY_LOADED_IN_EMERGENCY.severity()).isEqualTo(Severity.WARNING);
    assertThat(CoreEvent.KEY_LOADED_IN_EMERGENCY.format()).contains("%s", "%d");
  }

  /** Where the keys lie, away and back: a disk that takes nothing meanwhile. */
  private Path folderOfKeysIsGone() throws IOException {
    return Files.move(folder, folder.resolveSibling(folder.getFileName() + "-away"));
  }

  @Test
  void aKeyThatTheDiskDoesNotTakeIsNotLoaded() throws Exception {
    Path away = folderOfKeysIsGone();
    Execution execution = mock(Execution.class);
    new LoadKeyCommand(keys, craft.services().events()).execute(load(258).build(), execution);
    verify(execution).fail(eq(Refusal.NOT_STORED), startsWith("the key cannot be stored"));
    verifyNoMoreInteractions(execution);
    assertThat(gate.keyStatus().getUnprovenList()).isEmpty();
    Files.move(away, folder);
  }

  @Test
  void aReplacementThatTheDiskDoesNotTakeIsToldOnceAndTriedWithEachPacket() throws Exception {
    assertThat(craft.send(load(258))).isEqualTo(Stage.COMPLETED);
    byte[] old = ground.command(Role.ROLE_OPERATOR, noop(9), 0);
    ground.use(new LinkKey(258, GroundSeal.secret(40)));
    Path away = folderOfKeysIsGone();
    assertThat(gate.open(ground.command(Role.ROLE_OPERATOR, noop(6), 0))).isPresent();
    assertThat(gate.open(ground.command(Role.ROLE_OPERATOR, noop(7), 0))).isPresent();
    assertThat(gate.open(old)).as("both stay good").isPresent();
    Files.move(away, folder);
    assertThat(craft.events()).containsOnlyOnce("KEYS_NOT_STORED").doesNotContain("KEY_ROTATED");
    assertThat(gate.open(ground.command(Role.ROLE_OPERATOR, noop(8), 0))).isPresent();
    assertThat(gate.open(old)).isEmpty();
    assertThat(craft.events()).containsOnlyOnce("KEY_ROTATED");
  }

  /** As the app does: from the folder of the keys. */
  private LinkGate openedAnew() throws AppFailure {
    return LinkGate.open(craft.services(), new Changes());
  }

  @Test
  void theKeysOfTheLaunchHoldWhereThoseOfNowAreDamaged() throws Exception {
    Path own = craft.services().keys();
    ground.launched(own);
    Files.write(own.resolve(KeyFile.SECRET), GroundSeal.BOARD_SECRET);
    try (LinkGate fresh = openedAnew()) {
      assertThat(craft.events()).doesNotContain("KEYS_AS_LAUNCHED");
      assertThat(craft.send(load(258))).isEqualTo(Stage.COMPLETED);
      assertThat(fresh.keyStatus().getUnprovenList()).containsExactly(258);
    }
    for (String file : List.of("keys.bin", "keys.bin.bak")) {
      Files.write(own.resolve(file), new byte[100]);
    }
    try (LinkGate fresh = openedAnew()) {
      assertThat(craft.events()).containsOnlyOnce("KEYS_AS_LAUNCHED");
      assertThat(fresh.keyStatus().getUnprovenList()).isEmpty();
      assertThat(fresh.open(ground.command(Role.ROLE_OPERATOR, noop(5), 0))).isPresent();
    }
  }

  @Test
  void withoutKeysThereIsNoLink() throws Exception {
    Path own = craft.services().keys();
    assertThatThrownBy(() -> new LinkApp.Factory().start(craft.services()))
        .isInstanceOf(AppFailure.class)
        .hasMessageContaining("no keys in");
    Files.write(own.resolve(KeyFile.SECRET), GroundSeal.secret(98));
    ground.launched(own);
    assertThatThrownBy(this::openedAnew)
        .isInstanceOf(AppFailure.class)
        .hasMessageContaining("cannot be read");
  }
}
