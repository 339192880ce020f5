package org.heliostat.hil.ground;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Descriptors.FieldDescriptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.heliostat.protocol.ArmCommand;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.FieldMeta;
import org.heliostat.protocol.FireCommand;
import org.heliostat.protocol.KeyFile;
import org.heliostat.protocol.KeyStatus;
import org.heliostat.protocol.LinkKey;
import org.heliostat.protocol.LinkRun;
import org.heliostat.protocol.LinkSeal;
import org.heliostat.protocol.Mode;
import org.heliostat.protocol.OperatorReply;
import org.heliostat.protocol.OperatorRequest;
import org.heliostat.protocol.Options;
import org.heliostat.protocol.PacketKind;
import org.heliostat.protocol.Receipt;
import org.heliostat.protocol.Refusal;
import org.heliostat.protocol.RestartProcess;
import org.heliostat.protocol.Role;
import org.heliostat.protocol.SetMode;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.TakeFrames;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Uplink;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The station's keys: which one seals what, and how one is replaced. */
class StationKeysTest {
  private static final byte[] SECRET = new byte[LinkKey.SECRET_BYTES];
  private static final KeyStatus LAUNCHED =
      KeyStatus.newBuilder()
          .addGood(257)
          .addGood(513)
          .addGood(769)
          .addGood(1025)
          .addGood(1281)
          .build();
  private static final LinkSeal SEAL = new LinkSeal(7);

  /** The key of the role that the schema names. */
  private static final CommandUplink.Choice BY_SCHEMA =
      new CommandUplink.Choice(false, Optional.empty());

  @TempDir private Path folder;
  private final List<byte[]> sent = new ArrayList<>();
  private final AtomicLong host = new AtomicLong();

  @BeforeEach
  void makeKeys() throws IOException {
    Files.write(folder.resolve(KeyFile.SECRET), SECRET);
    List<KeyFile.Entry> keys = new ArrayList<>();
    for (int role = Role.ROLE_OPERATOR_VALUE; role <= Role.ROLE_STATION_VALUE; role++) {
      keys.add(new KeyFile.Entry(launched(Role.forNumber(role)), false));
    }
    new KeyFile(folder.resolve(KeyFile.STATION), SECRET, new Random(1)::nextBytes).write(keys);
  }

  private static LinkKey launched(Role role) {
    byte[] secret = new byte[LinkKey.SECRET_BYTES];
    secret[0] = (byte) role.getNumber();
    return new LinkKey(LinkKey.id(role, 1), secret);
  }

  private GroundKeys open() throws IOException {
    return GroundKeys.open(folder, new Random(2)::nextBytes);
  }

  private SecureUplink uplink(GroundKeys keys) {
    return new SecureUplink(keys, SEAL, new Random(3)::nextLong, nanos -> nanos, sent::add);
  }

  private static Telecommand takeFrames(long counter) {
    return Telecommand.newBuilder()
        .setCounter(counter)
        .setTakeFrames(TakeFrames.newBuilder().setCount(1))
        .build();
  }

  @Test
  void aCommandIsSealedWithTheKeyOfItsRoleUntilItsWaitIsOver() throws Exception {
    SecureUplink uplink = uplink(open());
    CommandUplink.Sealed sealed = uplink.seal(takeFrames(5), BY_SCHEMA, 1_000);
    assertThat(sealed.role()).isEqualTo(Role.ROLE_PAYLOAD);
    LinkSeal.Header header = LinkSeal.header(sealed.packet()).orElseThrow();
    assertThat(header)
        .isEqualTo(
            new LinkSeal.Header(
                PacketKind.COMMAND, 513, header.run(), 5, 1_000 + SecureUplink.MARGIN_NANOS));
    byte[] inside = SEAL.open(launched(Role.ROLE_PAYLOAD), sealed.packet()).orElseThrow();
    assertThat(Uplink.parseFrom(inside).getTelecommand()).isEqualTo(takeFrames(5));
    assertThat(uplink.send(sealed)).isTrue();
    assertThat(sent).containsExactly(sealed.packet());
  }

  @Test
  void whoArmsFires() throws IOException {
    SecureUplink uplink = uplink(open());
    Telecommand restart =
        Telecommand.newBuilder().setRestartProcess(RestartProcess.getDefaultInstance()).build();
    Telecommand arm =
        Telecommand.newBuilder()
            .setCounter(5)
            .setArmCommand(ArmCommand.newBuilder().setCommand(restart))
            .build();
    CommandUplink.Choice emergency = new CommandUplink.Choice(true, Optional.empty());
    assertThat(uplink.seal(arm, emergency, 0).role()).isEqualTo(Role.ROLE_EMERGENCY);
    Telecommand.Builder fire = Telecommand.newBuilder().setCounter(6);
    fire.setFireCommand(FireCommand.newBuilder().setArmed(5));
    assertThat(uplink.seal(fire.build(), BY_SCHEMA, 0).role()).isEqualTo(Role.ROLE_EMERGENCY);
    fire.getFireCommandBuilder().setArmed(4);
    assertThat(uplink.seal(fire.build(), BY_SCHEMA, 0).role()).isEqualTo(Role.ROLE_MAINTENANCE);
    Telecommand mode =
        Telecommand.newBuilder()
            .setCounter(8)
            .setSetMode(SetMode.newBuilder().setMode(Mode.SAFE))
            .build();
    assertThat(uplink.seal(mode, BY_SCHEMA, 0).role()).isEqualTo(Role.ROLE_OPERATOR);
  }

  @Test
  void receiptsAreTheStations() throws Exception {
    SecureUplink uplink = uplink(open());
    Uplink receipt = Uplink.newBuilder().setReceipt(Receipt.newBuilder().addRecords(3)).build();
    assertThat(uplink.send(PacketKind.RECEIPT, receipt)).isTrue();
    assertThat(Uplink.parseFrom(SEAL.open(launched(Role.ROLE_STATION), sent.get(0)).orElseThrow()))
        .isEqualTo(receipt);
  }

  @Test
  void aKeyThatIsToFollowIsOnDiskAndGoodOnlyWhenTheSatelliteSaysSo() throws IOException {
    LinkKey fresh;
    try (GroundKeys keys = open()) {
      fresh = keys.makeFollowing(Role.ROLE_OPERATOR).copy();
      assertThat(fresh.id()).isEqualTo(258);
      assertThat(keys.key(Role.ROLE_OPERATOR).id()).isEqualTo(257);
      keys.take(KeyStatus.newBuilder().addGood(257).addUnproven(258).build());
      assertThat(keys.isGood(257)).isTrue();
    }
    try (GroundKeys keys = open()) {
      assertThat(keys.following(Role.ROLE_OPERATOR).orElseThrow().secret())
          .isEqualTo(fresh.secret());
      keys.take(KeyStatus.newBuilder().addGood(258).build());
      assertThat(keys.key(257)).isEmpty();
    }
    try (GroundKeys keys = open()) {
      assertThat(keys.key(Role.ROLE_OPERATOR).secret()).isEqualTo(fresh.secret());
      assertThat(keys.following(Role.ROLE_OPERATOR)).isEmpty();
    }
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(folder.resolve(KeyFile.STATION))))
        .isEqualTo("rw-------");
  }

  /** The thread that hears of the new key is another one than that which seals with the old one. */
  @Test
  void aKeyThatIsReplacedWhileItIsInUseIsNotWipedInTheHandsOfWhoeverUsesIt() throws IOException {
    LinkKey first;
    try (GroundKeys keys = open()) {
      first = keys.key(Role.ROLE_STATION);
      keys.replace(keys.makeFollowing(Role.ROLE_STATION).id());
      LinkKey second = keys.key(Role.ROLE_STATION);
      assertThat(second.id()).isEqualTo(1282);
      LinkRun run = new LinkRun(SEAL, new Random(4)::nextLong);
      assertThat(telemetry(run, first)).isNotEmpty();
      keys.replace(keys.makeFollowing(Role.ROLE_STATION).id());
      assertThat(telemetry(run, second)).isNotEmpty();
      assertThatThrownBy(() -> telemetry(run, first)).isInstanceOf(IllegalStateException.class);
    }
  }

  /** Else a counter that was lost, or an older copy of it, would bring a nonce back. */
  @Test
  void twoStationsThatGiveTheSameNumberSealWithDifferentKeys() throws IOException {
    Random random = new Random(3);
    byte[] one =
        new SecureUplink(open(), SEAL, random::nextLong, nanos -> nanos, sent::add)
            .seal(takeFrames(5), BY_SCHEMA, 1_000)
            .packet();
    byte[] other =
        new SecureUplink(open(), SEAL, random::nextLong, nanos -> nanos, sent::add)
            .seal(takeFrames(5), BY_SCHEMA, 1_000)
            .packet();
    assertThat(LinkSeal.header(one).orElseThrow().run())
        .isNotEqualTo(LinkSeal.header(other).orElseThrow().run());
    assertThat(other).isNotEqualTo(one);
  }

  @Test
  void keysThatDoNotReadAreNoStation() throws IOException {
    Files.delete(folder.resolve(KeyFile.STATION));
    Files.delete(folder.resolve(KeyFile.STATION + ".bak"));
    assertThatThrownBy(this::open).isInstanceOf(IOException.class).hasMessageContaining("keys");
  }

  // ---- what comes down

  private byte[] telemetry(LinkRun run, LinkKey key) {
    return run.seal(key, PacketKind.TELEMETRY, new byte[] {1, 2});
  }

  @Test
  void telemetryComesOnceAlsoAfterTheStationWasStartedAnew() throws IOException {
    LinkRun run = new LinkRun(SEAL, new Random(4)::nextLong);
    Path heard = folder.resolve("heard");
    byte[] first = telemetry(run, launched(Role.ROLE_STATION));
    byte[] second = telemetry(run, launched(Role.ROLE_STATION));
    byte[] third = telemetry(run, launched(Role.ROLE_STATION));
    TelemetryGate gate = new TelemetryGate(open(), SEAL, heard);
    assertThat(gate.open(second)).hasValue(new byte[] {1, 2});
    assertThat(gate.open(second)).isEmpty();
    assertThat(gate.open(first)).isPresent();
    gate.note();
    TelemetryGate anew = new TelemetryGate(open(), SEAL, heard);
    assertThat(anew.open(first)).isEmpty();
    assertThat(anew.open(second)).isEmpty();
    assertThat(anew.open(third)).isPresent();
    Files.writeString(heard, "no run\n");
    assertThatThrownBy(() -> new TelemetryGate(open(), SEAL, heard))
        .isInstanceOf(IOException.class);
  }

  @Test
  void nothingButTheStationsTelemetryIsTaken() throws IOException {
    TelemetryGate gate = new TelemetryGate(open(), SEAL, folder.resolve("heard"));
    LinkRun run = new LinkRun(SEAL, new Random(4)::nextLong);
    assertThat(gate.open(telemetry(run, launched(Role.ROLE_OPERATOR)))).isEmpty();
    assertThat(gate.open(run.seal(launched(Role.ROLE_STATION), PacketKind.RECEIPT, new byte[] {1})))
        .isEmpty();
    assertThat(gate.open(new byte[40])).isEmpty();
    byte[] changed = telemetry(run, launched(Role.ROLE_STATION));
    changed[20] ^= 1;
    assertThat(gate.open(changed)).isEmpty();
  }

  @Test
  void telemetryThatIsSealedWithTheNewKeyProvesIt() throws IOException {
    GroundKeys keys = open();
    LinkKey fresh = keys.makeFollowing(Role.ROLE_STATION);
    TelemetryGate gate = new TelemetryGate(keys, SEAL, folder.resolve("heard"));
    LinkRun run = new LinkRun(SEAL, new Random(4)::nextLong);
    // the new key is tried by a receipt once the satellite has it
    SecureUplink uplink = uplink(keys);
    boolean unused = uplink.send(PacketKind.RECEIPT, Uplink.getDefaultInstance());
    keys.there(Role.ROLE_STATION);
    unused = uplink.send(PacketKind.RECEIPT, Uplink.getDefaultInstance());
    assertThat(sent)
        .extracting(packet -> LinkSeal.header(packet).orElseThrow().key())
        .containsExactly(1281, 1282);
    assertThat(gate.open(telemetry(run, launched(Role.ROLE_STATION)))).isPresent();
    assertThat(keys.isGood(1281)).isTrue();
    assertThat(gate.open(telemetry(run, fresh))).isPresent();
    assertThat(keys.isGood(1282)).isTrue();
    assertThat(gate.open(telemetry(run, launched(Role.ROLE_STATION)))).isEmpty();
  }

  // ---- rotation

  /** A satellite that answers what it is sent, as far as it is told to. */
  private final class Satellite implements CommandUplink {
    private final CommandUplink real;
    private final List<Integer> keysUsed = new ArrayList<>();
    private final List<Long> loads = new ArrayList<>();
    private Optional<CommandDesk> desk = Optional.empty();
    private int answers;

    /** It has a key with this number, and ground does not know that one. */
    private boolean refusesKeys;

    Satellite(CommandUplink real, int answers) {
      this.real = real;
      this.answers = answers;
    }

    @Override
    public Sealed seal(Telecommand command, Choice choice, long notAfter) {
      Sealed sealed = real.seal(command, choice, notAfter);
      keysUsed.add(sealed.key());
      if (command.hasLoadKey()) {
        loads.add(command.getCounter());
      }
      return sealed;
    }

    @Override
    public boolean send(Sealed sealed) {
      Thread answer =
          new Thread(
              () -> {
                long counter = LinkSeal.header(sealed.packet()).orElseThrow().counter();
                if (refusesKeys && loads.contains(counter)) {
                  desk.orElseThrow()
                      .report(
                          CommandReport.newBuilder()
                              .setCounter(counter)
                              .setStage(Stage.FAILED)
                              .setRefusal(Refusal.BAD_ARGUMENT)
                              .build());
                } else if (answers-- > 0) {
                  desk.orElseThrow()
                      .report(
                          CommandReport.newBuilder()
                              .setCounter(counter)
                              .setStage(Stage.COMPLETED)
                              .build());
                } else {
                  // nothing comes: time goes on instead
                  host.addAndGet(1_000_000_000_000L);
                  desk.orElseThrow().tick(host.get());
                }
              });
      answer.setDaemon(true);
      answer.start();
      return true;
    }
  }

  private OperatorReply rotate(GroundKeys keys, Satellite satellite, Role role) throws Exception {
    keys.take(LAUNCHED);
    return rotate(keys, satellite, role, key -> {}, host::get);
  }

  private OperatorReply rotate(
      GroundKeys keys,
      CommandUplink satellite,
      Role role,
      Consumer<LinkKey> probe,
      LongSupplier time)
      throws Exception {
    try (CommandDesk desk =
        new CommandDesk(
            new CommandCounter(folder.resolve("counter")),
            new AuditLog(folder.resolve("audit"), InstantSource.fixed(Instant.EPOCH)),
            satellite)) {
      if (satellite instanceof Satellite answering) {
        answering.desk = Optional.of(desk);
      }
      return new KeyRotation(keys, desk, probe, time)
          .rotate(
              OperatorRequest.newBuilder()
                  .setOperator("eve")
                  .setRotate(role)
                  .setWaitSeconds(30)
                  .build());
    }
  }

  @Test
  void aKeyIsLoadedTriedAndOnlyThenGood() throws Exception {
    GroundKeys keys = open();
    Satellite satellite = new Satellite(uplink(keys), 2);
    OperatorReply reply = rotate(keys, satellite, Role.ROLE_PAYLOAD);
    assertThat(reply.getRotated()).isEqualTo(514);
    assertThat(reply.getLast()).isTrue();
    assertThat(satellite.keysUsed).containsExactly(769, 514);
    assertThat(keys.isGood(514)).isTrue();
    assertThat(keys.key(513)).isEmpty();
    String audit = Files.readString(folder.resolve("audit"));
    assertThat(audit)
        .contains("load_key", "ROLE_MAINTENANCE", "\"key\":769", "\"key\":514", "\"key_id\":514")
        .doesNotContain("secret");
  }

  @Test
  void aRotationThatIsCutOffGoesOnWithTheSameKey() throws Exception {
    GroundKeys keys = open();
    // it is loaded, and the answer to the trial is lost
    OperatorReply cut = rotate(keys, new Satellite(uplink(keys), 1), Role.ROLE_OPERATOR);
    assertThat(cut.getError()).contains("has not answered");
    assertThat(keys.isGood(257)).isTrue();
    byte[] secret = keys.following(Role.ROLE_OPERATOR).orElseThrow().secret();
    // the satellite has it: the next try asks that first
    Satellite has = new Satellite(uplink(keys), 1);
    assertThat(rotate(keys, has, Role.ROLE_OPERATOR).getRotated()).isEqualTo(258);
    assertThat(has.keysUsed).containsExactly(258);
    assertThat(keys.key(Role.ROLE_OPERATOR).secret()).isEqualTo(secret);
  }

  @Test
  void aKeyThatNeverArrivedIsLoadedAgain() throws Exception {
    GroundKeys keys = open();
    assertThat(rotate(keys, new Satellite(uplink(keys), 0), Role.ROLE_OPERATOR).getError())
        .contains("has not answered");
    Satellite hears = new Satellite(uplink(keys), 0);
    assertThat(rotate(keys, hears, Role.ROLE_OPERATOR).getError()).contains("has not answered");
    assertThat(hears.keysUsed).containsExactly(258, 769);
    assertThat(keys.isGood(257)).isTrue();
  }

  /** Ground's keys came out of an older copy. */
  @Test
  void noNewKeyHasANumberThatTheSatelliteHas() throws Exception {
    GroundKeys keys = open();
    keys.take(KeyStatus.newBuilder().addGood(258).addUnproven(259).addGood(513).build());
    assertThat(keys.makeFollowing(Role.ROLE_OPERATOR).id()).isEqualTo(260);
    assertThat(keys.makeFollowing(Role.ROLE_PAYLOAD).id()).isEqualTo(514);
    // nor is one made while it is not known which it has
    GroundKeys anew = open();
    AtomicLong nanos = new AtomicLong();
    Satellite satellite = new Satellite(uplink(anew), 2);
    assertThat(
            rotate(
                    anew,
                    satellite,
                    Role.ROLE_MAINTENANCE,
                    key -> {},
                    () -> nanos.addAndGet(20_000_000_000L))
                .getError())
        .contains("has not said which keys it has");
    assertThat(anew.following(Role.ROLE_MAINTENANCE)).isEmpty();
    assertThat(satellite.keysUsed).isEmpty();
  }

  @Test
  void aKeyThatTheSatelliteRefusedIsNotGoodBecauseItsNumberIs() throws Exception {
    GroundKeys keys = open();
    keys.take(LAUNCHED);
    int id = keys.makeFollowing(Role.ROLE_OPERATOR).id();
    // made just now, and never loaded
    keys.take(KeyStatus.newBuilder().addGood(id).build());
    assertThat(keys.isGood(id)).isFalse();
    // before this run: it may have been
    GroundKeys anew = open();
    anew.refused(Role.ROLE_OPERATOR);
    anew.take(KeyStatus.newBuilder().addGood(id).build());
    assertThat(anew.isGood(id)).isFalse();
  }

  @Test
  void aRotationWhoseNumberIsTakenGivesTheKeyUpAndTakesTheNextNumber() throws Exception {
    GroundKeys keys = open();
    Satellite other = new Satellite(uplink(keys), 0);
    other.refusesKeys = true;
    assertThat(rotate(keys, other, Role.ROLE_OPERATOR).getError()).contains("another key 258");
    assertThat(keys.following(Role.ROLE_OPERATOR)).isEmpty();
    assertThat(keys.isGood(257)).isTrue();
    assertThat(open().following(Role.ROLE_OPERATOR)).isEmpty();
    keys.take(KeyStatus.newBuilder().addGood(258).build());
    assertThat(keys.makeFollowing(Role.ROLE_OPERATOR).id()).isEqualTo(259);
  }

  /** The answer to the trial was lost: it is good there, and so not loaded again. */
  @Test
  void aRotationWhoseKeyIsGoodOnBoardAlreadyEndsWell() throws Exception {
    GroundKeys keys = open();
    Satellite has = new Satellite(uplink(keys), 1);
    has.refusesKeys = true;
    assertThat(rotate(keys, has, Role.ROLE_OPERATOR).getRotated()).isEqualTo(258);
    assertThat(has.keysUsed).containsExactly(769, 258);
  }

  /** Nothing that comes down can be read: neither housekeeping nor the answer to LoadKey. */
  @Test
  void aStationThatHasLostItsKeyTakesTelemetryOfTheNewOneForTheProof() throws Exception {
    GroundKeys keys = open();
    SecureUplink real = uplink(keys);
    TelemetryGate gate = new TelemetryGate(keys, SEAL, folder.resolve("heard"));
    LinkRun run = new LinkRun(SEAL, new Random(4)::nextLong);
    assertThat(gate.open(telemetry(run, new LinkKey(1282, new byte[LinkKey.SECRET_BYTES]))))
        .isEmpty();
    AtomicLong nanos = new AtomicLong();
    List<Integer> probes = new ArrayList<>();
    OperatorReply reply =
        rotate(
            keys,
            real,
            Role.ROLE_STATION,
            key -> {
              real.probe(key);
              probes.add(LinkSeal.header(sent.get(sent.size() - 1)).orElseThrow().key());
              // on board it is good now, and what goes down is sealed with it
              Optional<byte[]> unused = gate.open(telemetry(run, key));
            },
            () -> nanos.addAndGet(300_000_000L));
    assertThat(reply.getRotated()).as(reply.getError()).isEqualTo(1283);
    assertThat(probes).containsExactly(1283);
    assertThat(keys.isGood(1283)).isTrue();
    assertThat(LinkSeal.header(sent.get(0)).orElseThrow().kind()).isEqualTo(PacketKind.COMMAND);
  }

  @Test
  void aKeyOfTheStationIsNotGoodByItsNumber() throws IOException {
    GroundKeys keys = open();
    LinkKey fresh = keys.makeFollowing(Role.ROLE_STATION);
    keys.there(Role.ROLE_STATION);
    keys.take(KeyStatus.newBuilder().addGood(fresh.id()).build());
    assertThat(keys.isGood(fresh.id())).isFalse();
    // what has its number, and does not open with it, is another one's
    assertThat(keys.isAnother(fresh)).isFalse();
    keys.unopened(fresh.id());
    assertThat(keys.isAnother(fresh)).isTrue();
    assertThat(keys.makeFollowing(Role.ROLE_STATION).id()).isEqualTo(fresh.id() + 1);
  }

  /** After a restart the station fires with the key of maintenance: see keys.md. */
  @Test
  void everyHazardousCommandIsOpenedByTheKeyOfMaintenance() {
    for (FieldDescriptor command : Telecommand.getDescriptor().getFields()) {
      FieldMeta meta = command.getOptions().getExtension(Options.meta);
      if (meta.getHazardous()) {
        assertThat(meta.getRole()).as(command.getName()).isEqualTo(Role.ROLE_MAINTENANCE);
      }
    }
  }

  @Test
  void theStationGoesOnAboveTheCountersThatTheSatelliteHasTaken() throws Exception {
    CommandCounter counter = new CommandCounter(folder.resolve("counter"));
    assertThat(counter.next()).isEqualTo(1);
    counter.atLeast(5_000);
    assertThat(counter.next()).isEqualTo(5_001);
    counter.atLeast(17);
    assertThat(counter.next()).isEqualTo(5_002);
    assertThat(new CommandCounter(folder.resolve("counter")).next()).isGreaterThan(5_002);
    counter.atLeast(LinkSeal.MOST_COUNTER - 1);
    assertThat(counter.next()).isEqualTo(LinkSeal.MOST_COUNTER);
    assertThatThrownBy(counter::next).isInstanceOf(IOException.class);
    counter.atLeast(-1);
  }
}
