package org.heliostat.core.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.Mockito.doCallRealMethod;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.spy;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.heliostat.core.ManualClock;
import org.heliostat.core.command.CommandJournal;
import org.heliostat.core.command.Commands;
import org.heliostat.core.event.Events;
import org.heliostat.core.fixture.ByGround;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.recorder.RecorderFault;
import org.heliostat.core.state.StateStore;
import org.heliostat.core.table.Tables.Scrubbed;
import org.heliostat.protocol.ActivateTable;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.Comparison;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.DropTable;
import org.heliostat.protocol.DumpTable;
import org.heliostat.protocol.GetField;
import org.heliostat.protocol.LimitTable;
import org.heliostat.protocol.LoadTable;
import org.heliostat.protocol.Noop;
import org.heliostat.protocol.Parameter;
import org.heliostat.protocol.ParameterTable;
import org.heliostat.protocol.Refusal;
import org.heliostat.protocol.Sequence;
import org.heliostat.protocol.SequenceStep;
import org.heliostat.protocol.SetField;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Table.ContentCase;
import org.heliostat.protocol.TableOrigin;
import org.heliostat.protocol.TableStatus;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Watchpoint;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TablesTest {
  @TempDir private Path folder;
  private final List<String> lines = new ArrayList<>();
  private final List<Table> activated = new ArrayList<>();
  private final List<String> dropped = new ArrayList<>();
  private final Map<String, String> locked = new HashMap<>();
  private Recorder recorder;
  private CommandJournal journal;
  private Commands commands;
  private Events events;
  private Tables tables;
  private TableHandle handle;
  private long counter;

  @BeforeEach
  void open() throws IOException {
    ManualClock clock = new ManualClock();
    recorder = Recorder.open(folder.resolve("recorder"), 1 << 20, 1 << 24);
    journal = CommandJournal.open(folder.resolve("commands.bin"));
    events = new Events(clock, recorder, lines::add);
    commands =
        new Commands(
            clock, journal, StateStore.open(folder.resolve("state.bin")), recorder, events);
    boot(List.of(), false);
  }

  @AfterEach
  void close() throws IOException {
    recorder.close();
    journal.close();
  }

  private void boot(List<Table> defaults, boolean golden) {
    tables = Tables.open(folder.resolve("tables"), defaults, golden, events);
    tables.serve(commands);
    handle = tables.register(definition(Optional.empty()));
  }

  private static TableDefinition definition(Optional<java.util.function.Consumer<Table>> owner) {
    return new TableDefinition(
        "limits",
        ContentCase.LIMITS,
        limits(0, 1),
        table ->
            table.getLimits().getWatchpoints(0).getValue() > 100
                ? List.of("a watchpoint above 100 makes no sense")
                : List.of(),
        owner);
  }

  private static Table limits(int version, double value) {
    return Table.newBuilder()
        .setName("limits")
        .setVersion(version)
        .setLimits(
            LimitTable.newBuilder()
                .addWatchpoints(
                    Watchpoint.newBuilder()
                        .setName("low_bus")
                        .setField("bus_volts")
                        .setComparison(Comparison.BELOW)
                        .setValue(value)))
        .build();
  }

  private static Table sequence(String name) {
    return Table.newBuilder()
        .setName("sequence." + name)
        .setSequence(
            Sequence.newBuilder()
                .addSteps(
                    SequenceStep.newBuilder()
                        .setAfterSeconds(1)
                        .setCommand(Telecommand.newBuilder().setNoop(Noop.newBuilder()))))
        .build();
  }

  private List<Table> family(int most) {
    return tables.register(
        new TableFamily(
            "sequence.",
            ContentCase.SEQUENCE,
            most,
            table -> List.of(),
            name -> Optional.ofNullable(locked.get(name)),
            activated::add,
            dropped::add));
  }

  private double value() {
    return handle.active().getLimits().getWatchpoints(0).getValue();
  }

  private TableStatus status() {
    return tables.status().stream().filter(s -> s.getName().equals("limits")).findFirst().get();
  }

  private CommandReport end(Telecommand.Builder command) throws Exception {
    ByGround.submit(commands, command.setCounter(++counter).build());
    List<CommandReport> ends = new ArrayList<>();
    for (Downlink packet : packets()) {
      if (packet.getCommandReport().getCounter() == counter) {
        ends.add(packet.getCommandReport());
      }
    }
    return ends.get(ends.size() - 1);
  }

  private List<Downlink> packets() throws Exception {
    List<Downlink> packets = new ArrayList<>();
    for (Recorder.Pending pending : recorder.pending(1000)) {
      packets.add(Downlink.parseFrom(recorder.read(pending.id())));
    }
    return packets;
  }

  private static Telecommand.Builder load(Table table, boolean activate) {
    return Telecommand.newBuilder()
        .setLoadTable(LoadTable.newBuilder().setTable(table).setActivate(activate));
  }

  private static Telecommand.Builder setField(String field, String value) {
    return Telecommand.newBuilder()
        .setSetField(SetField.newBuilder().setTable("limits").setField(field).setValue(value));
  }

  private static Telecommand.Builder drop(String table, boolean stored) {
    return Telecommand.newBuilder()
        .setDropTable(DropTable.newBuilder().setTable(table).setStored(stored));
  }

  @Test
  void aTableIsLoadedThenActivatedThenTakenAtASafePoint() throws Exception {
    assertThat(status().getOrigin()).isEqualTo(TableOrigin.DEFAULT_TABLE);
    assertThat(end(load(limits(3, 20), false)).getStage()).isEqualTo(Stage.COMPLETED);
    assertThat(value()).isEqualTo(1);
    assertThat(status().getStaged()).isTrue();
    assertThat(handle.takeNew()).isEmpty();
    assertThat(
            end(Telecommand.newBuilder()
                    .setActivateTable(ActivateTable.newBuilder().setTable("limits")))
                .getStage())
        .isEqualTo(Stage.COMPLETED);
    assertThat(value()).isEqualTo(20);
    assertThat(handle.takeNew()).contains(limits(3, 20));
    assertThat(handle.takeNew()).isEmpty();
    assertThat(status())
        .isEqualTo(
            TableStatus.newBuilder()
                .setName("limits")
                .setVersion(3)
                .setChecksum(Tables.checksumOf(limits(3, 20)))
                .setOrigin(TableOrigin.STORED_TABLE)
                .setStaged(false)
                .build());
    assertThat(String.join("\n", lines)).contains("TABLE_ACTIVATED table limits version 3");
    assertThat(
            end(Telecommand.newBuilder()
                    .setActivateTable(ActivateTable.newBuilder().setTable("limits")))
                .getReason())
        .isEqualTo("limits has no staging copy");
  }

  @Test
  void whatIsStoredIsThereAfterARestartAndLeftAsideInTheGoldenConfiguration() throws Exception {
    end(load(limits(3, 20), true));
    boot(List.of(limits(2, 7)), false);
    assertThat(value()).isEqualTo(20);
    boot(List.of(limits(2, 7)), true);
    assertThat(value()).isEqualTo(7);
    assertThat(status().getOrigin()).isEqualTo(TableOrigin.DEFAULT_TABLE);
    boot(List.of(), false);
    assertThat(value()).isEqualTo(20);
    assertThat(end(drop("limits", true)).getStage()).isEqualTo(Stage.COMPLETED);
    assertThat(value()).isEqualTo(1);
    assertThat(handle.takeNew()).isPresent();
    boot(List.of(), false);
    assertThat(value()).isEqualTo(1);
    assertThat(handle.takeNew()).isEmpty();
  }

  @Test
  void aWrongTableIsRefusedByTheSchemaOrItsOwnerAndChangesNothing() throws Exception {
    Table nameless =
        limits(1, 5).toBuilder()
            .setLimits(LimitTable.newBuilder().addWatchpoints(Watchpoint.newBuilder()))
            .build();
    assertThat(end(load(nameless, true)).getReason()).contains("name is missing");
    CommandReport refused = end(load(limits(1, 101), true));
    assertThat(refused.getRefusal()).isEqualTo(Refusal.BAD_ARGUMENT);
    assertThat(refused.getReason()).isEqualTo("a watchpoint above 100 makes no sense");
    assertThat(end(load(sequence("a").toBuilder().setName("limits").build(), true)).getReason())
        .isEqualTo("it holds SEQUENCE, not LIMITS");
    assertThat(end(load(limits(1, 2).toBuilder().setName("others").build(), true)).getReason())
        .isEqualTo("there is no table others");
    assertThat(end(load(limits(1, 2).toBuilder().setName("../a").build(), true)).getReason())
        .isEqualTo("\"../a\" is no name of a table");
    assertThat(value()).isEqualTo(1);
    assertThat(status().getStaged()).isFalse();
    assertThat(folder.resolve("tables")).doesNotExist();
  }

  @Test
  void aDamagedTableGivesWayToTheLastGoodOneThenToTheDefault() throws Exception {
    end(load(limits(1, 10), true));
    end(load(limits(2, 20), true));
    Path file = folder.resolve("tables/limits.table");
    Files.write(file, new byte[] {1, 2, 3});
    boot(List.of(), false);
    assertThat(value()).isEqualTo(10);
    assertThat(status().getOrigin()).isEqualTo(TableOrigin.LAST_GOOD_TABLE);
    assertThat(String.join("\n", lines)).contains("limits does not read: the one before is in use");
    // it may read at the next boot, and must not take the place of the good one before
    assertThat(file).hasBinaryContent(new byte[] {1, 2, 3});
    boot(List.of(), false);
    assertThat(value()).isEqualTo(10);
    end(load(limits(3, 30), true));
    Files.write(file, new byte[] {1, 2, 3});
    boot(List.of(), false);
    assertThat(value()).isEqualTo(10);
    Files.write(folder.resolve("tables/limits.table.bak"), new byte[] {1, 2, 3});
    boot(List.of(limits(9, 7)), false);
    assertThat(value()).isEqualTo(7);
    assertThat(String.join("\n", lines)).contains("its default is in use");
  }

  @Test
  void theTwoCopiesOfATableMendEachOther() throws Exception {
    String name = limits(1, 1).getName();
    // the default has no copy on disk
    assertThat(tables.scrub(name)).isEmpty();
    assertThat(tables.scrub("nothing")).isEmpty();
    Table fallback = handle.active();
    handle.give(limits(9, 9));
    assertThat(tables.scrub(name)).hasValue(new Scrubbed("its checksum in memory is wrong", true));
    assertThat(handle.active()).isEqualTo(fallback);
    assertThat(end(load(limits(2, 20), true)).getStage()).isEqualTo(Stage.COMPLETED);
    Table good = handle.active();
    assertThat(tables.scrub(name)).isEmpty();
    // in memory
    handle.give(limits(9, 9));
    assertThat(tables.scrub(name)).hasValue(new Scrubbed("its checksum in memory is wrong", true));
    assertThat(handle.active()).isEqualTo(good);
    // on disk
    Path file = folder.resolve("tables").resolve(name + ".table");
    Files.write(file, new byte[] {1});
    assertThat(tables.scrub(name)).hasValue(new Scrubbed("its file is damaged", true));
    assertThat(tables.scrub(name)).isEmpty();
    // both
    Files.write(file, new byte[] {1});
    handle.give(limits(9, 9));
    assertThat(tables.scrub(name)).hasValue(new Scrubbed("its checksum in memory is wrong", false));
  }

  @Test
  void aDiskThatFailsMendsNothing() throws Exception {
    TableStore failing = mock(TableStore.class);
    when(failing.read(any())).thenReturn(new TableStore.Stored(Optional.empty(), false));
    Tables kept = new Tables(failing, List.of(), false, events);
    TableHandle mine = kept.register(definition(Optional.empty()));
    String name = mine.active().getName();
    kept.load(limits(2, 20));
    kept.activate(name);
    doThrow(new IOException("full")).when(failing).write(any());
    assertThat(kept.scrub(name))
        .hasValue(new Scrubbed("its file is damaged: java.io.IOException: full", false));
    when(failing.read(any())).thenThrow(new IOException("gone"));
    assertThat(kept.scrub(name))
        .hasValue(new Scrubbed("it does not read: java.io.IOException: gone", false));
  }

  @Test
  void whatIsWholeAndNotAllowedIsNotUsed() throws Exception {
    new TableStore(folder.resolve("tables")).write(limits(1, 1000));
    boot(List.of(limits(2, 2000)), false);
    assertThat(value()).isEqualTo(1);
    assertThat(String.join("\n", lines))
        .contains("limits: the stored one is not used: a watchpoint above 100")
        .contains("limits: the mission's one is not used");
    new org.heliostat.core.file.CheckedFile(folder.resolve("tables/limits.table"))
        .write(new byte[] {(byte) 0xff});
    boot(List.of(), false);
    assertThat(value()).isEqualTo(1);
  }

  @Test
  void oneFieldIsSetAndGotByItsPath() throws Exception {
    assertThat(end(setField("watchpoints.low_bus.value", "24.5")).getStage())
        .isEqualTo(Stage.COMPLETED);
    assertThat(value()).isEqualTo(24.5);
    assertThat(handle.takeNew()).isPresent();
    end(setField("watchpoints.0.severity", "ERROR"));
    CommandReport wrong = end(setField("watchpoints.low_bus.value", "101"));
    assertThat(wrong.getRefusal()).isEqualTo(Refusal.BAD_ARGUMENT);
    assertThat(end(setField("watchpoints.high_bus.value", "1")).getReason())
        .contains("there is no element \"high_bus\"");
    assertThat(end(setField("watchpoints.low_bus.value", "1 name: \"x\"")).getReason())
        .contains("more than one value");
    assertThat(end(setField("watchpoints.low_bus.value", "much")).getReason())
        .contains("is no value for it");
    boot(List.of(), false);
    assertThat(value()).isEqualTo(24.5);
    Telecommand.Builder get =
        Telecommand.newBuilder()
            .setGetField(
                GetField.newBuilder().setTable("limits").setField("watchpoints.low_bus.value"));
    CommandReport got = end(get);
    assertThat(got.getStage()).isEqualTo(Stage.COMPLETED);
    assertThat(got.getAnswers()).isEqualTo(1);
    assertThat(packets())
        .anySatisfy(
            packet -> {
              assertThat(packet.getFieldValue().getValue()).isEqualTo("24.5");
              assertThat(packet.getFieldValue().getCounter()).isEqualTo(counter);
            });
    get.getGetFieldBuilder().setField("watchpoints.low_bus.hysteresis");
    assertThat(end(get).getReason()).contains("is not set");
    get.getGetFieldBuilder().setField("nothing");
    assertThat(end(get).getReason()).contains("is no field of LimitTable");
  }

  @Test
  void aTableGoesDownAsItIs() throws Exception {
    end(load(limits(3, 20), false));
    Telecommand.Builder dump =
        Telecommand.newBuilder().setDumpTable(DumpTable.newBuilder().setTable("limits"));
    end(dump);
    dump.getDumpTableBuilder().setStaged(true);
    end(dump);
    assertThat(packets())
        .extracting(Downlink::getTableDump)
        .anyMatch(d -> d.getTable().equals(limits(0, 1)) && !d.getStaged())
        .anyMatch(
            d ->
                d.getTable().equals(limits(3, 20))
                    && d.getStaged()
                    && d.getChecksum() == Tables.checksumOf(limits(3, 20)));
    end(drop("limits", false));
    assertThat(end(dump).getReason()).isEqualTo("limits has no such copy");
    dump.getDumpTableBuilder().setTable("none");
    assertThat(end(dump).getReason()).isEqualTo("there is no table none");
  }

  @Test
  void anOwnerMayHaveEachNewTableAtOnceAndFindsItAgainWhenItIsStartedAnew() throws Exception {
    tables.register(definition(Optional.of(activated::add)));
    end(load(limits(3, 20), true));
    assertThat(activated).containsExactly(limits(3, 20));
    assertThat(tables.register(definition(Optional.empty())).active()).isEqualTo(limits(3, 20));
    end(load(limits(4, 21), true));
    assertThat(activated).hasSize(1);
    tables.register(definition(Optional.of(activated::add)));
    end(drop("limits", true));
    assertThat(activated).containsExactly(limits(3, 20), limits(0, 1));
  }

  @Test
  void tablesOfAFamilyComeAndGoAndAreBounded() throws Exception {
    assertThat(end(load(sequence("a"), true)).getReason())
        .isEqualTo("there is no table sequence.a");
    assertThat(family(2)).isEmpty();
    end(load(sequence("a"), true));
    end(load(sequence("b"), false));
    assertThat(activated).containsExactly(sequence("a"));
    assertThat(tables.active("sequence.a")).contains(sequence("a"));
    assertThat(tables.active("sequence.b")).isEmpty();
    assertThat(end(load(sequence("c"), true)).getReason())
        .isEqualTo("there are 2 tables sequence.* already");
    end(drop("sequence.b", false));
    assertThat(dropped).containsExactly("sequence.b");
    end(load(sequence("c"), true));
    boot(List.of(sequence("d"), limits(1, 2)), false);
    // more than there may be are not taken in
    assertThat(family(2)).hasSize(2);
    boot(List.of(sequence("d")), false);
    assertThat(family(64)).containsExactly(sequence("d"), sequence("a"), sequence("c"));
    end(drop("sequence.a", true));
    assertThat(tables.active("sequence.a")).isEmpty();
    assertThat(dropped).contains("sequence.a");
    end(load(sequence("d").toBuilder().setVersion(7).build(), true));
    end(drop("sequence.d", true));
    assertThat(tables.active("sequence.d")).contains(sequence("d"));
    boot(List.of(), true);
    assertThat(family(64)).isEmpty();
    boot(List.of(), false);
    assertThat(family(64)).containsExactly(sequence("c"));
    // an owner that is started anew: what is only staged is not there yet
    end(load(sequence("e"), false));
    assertThat(family(64)).containsExactly(sequence("c"));
    end(
        Telecommand.newBuilder()
            .setActivateTable(ActivateTable.newBuilder().setTable("sequence.e")));
    assertThat(family(64)).containsExactly(sequence("c"), sequence("e"));
  }

  @Test
  void aDiskThatFailsLeavesTheActiveTableAsItIs() throws Exception {
    TableStore failing = mock();
    when(failing.read(anyString())).thenThrow(new IOException("no disk"));
    when(failing.names(anyString())).thenThrow(new IOException("no disk"));
    doThrow(new IOException("no disk")).when(failing).write(any());
    doThrow(new IOException("no disk")).when(failing).delete(anyString());
    tables = new Tables(failing, List.of(limits(1, 7)), false, events);
    tables.serve(commands);
    handle = tables.register(definition(Optional.empty()));
    assertThat(family(4)).isEmpty();
    assertThat(value()).isEqualTo(7);
    assertThat(String.join("\n", lines)).contains("it cannot be read").contains("sequence.*");
    CommandReport report = end(load(limits(2, 8), true));
    assertThat(report.getRefusal()).isEqualTo(Refusal.NOT_STORED);
    assertThat(status().getStaged()).isTrue();
    assertThat(end(drop("limits", true)).getRefusal()).isEqualTo(Refusal.NOT_STORED);
    assertThat(value()).isEqualTo(7);
  }

  @Test
  void theStoreSaysWhatTheDiskSays() throws Exception {
    org.heliostat.core.file.Disk hung = mock();
    when(hung.get(any())).thenCallRealMethod();
    doCallRealMethod().when(hung).run(any());
    when(hung.call(any(), any()))
        .thenThrow(new java.util.concurrent.ExecutionException(new IOException("no")))
        .thenThrow(new java.util.concurrent.ExecutionException(new IllegalStateException("odd")));
    TableStore store = new TableStore(folder.resolve("tables"), hung);
    assertThatThrownBy(() -> store.read("a")).isInstanceOf(IOException.class).hasMessage("no");
    assertThatThrownBy(() -> store.write(limits(1, 1)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("odd");
  }

  @Test
  void whatLiesBesideTheTablesIsNoTable() throws Exception {
    TableStore store = new TableStore(folder.resolve("tables"));
    assertThat(store.names("")).isEmpty();
    store.delete("limits");
    store.write(limits(1, 1));
    Files.write(folder.resolve("tables/.table"), new byte[0]);
    Files.write(folder.resolve("tables/x.table.new"), new byte[0]);
    Files.write(folder.resolve("tables/notes.txt"), new byte[0]);
    assertThat(store.names("")).containsExactly("limits");
    assertThat(store.names("s")).isEmpty();
    // both damaged: nothing is there, and that is said
    Files.write(folder.resolve("tables/limits.table"), new byte[1]);
    assertThat(store.read("limits")).isEqualTo(new TableStore.Stored(Optional.empty(), true));
  }

  @Test
  void aDumpThatCannotBeKeptFails() throws Exception {
    Recorder full = spy(recorder);
    RecorderFault fault = mock();
    when(fault.getMessage()).thenReturn("full");
    doThrow(fault).when(full).append(any(), any());
    commands =
        new Commands(
            new ManualClock(),
            journal,
            StateStore.open(folder.resolve("state.bin")),
            full,
            mock(Events.class));
    tables.serve(commands);
    assertThat(
            end(Telecommand.newBuilder().setDumpTable(DumpTable.newBuilder().setTable("limits")))
                .getRefusal())
        .isEqualTo(Refusal.NOT_STORED);
  }

  @Test
  void aDefinitionMustFitItsOwnFallback() {
    TableDefinition right = definition(Optional.empty());
    assertThatThrownBy(
            () ->
                tables.register(
                    new TableDefinition(
                        "a b",
                        right.content(),
                        right.fallback(),
                        right.validator(),
                        right.activation())))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () ->
                tables.register(
                    new TableDefinition(
                        "a",
                        ContentCase.MODES,
                        right.fallback(),
                        right.validator(),
                        right.activation())))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static Table parameters(String name, double value) {
    return Table.newBuilder()
        .setName("parameters.mine")
        .setParameters(
            ParameterTable.newBuilder()
                .addParameters(Parameter.newBuilder().setName(name).setValue(value)))
        .build();
  }

  @Test
  void anAppReadsItsParametersWithinTheirBounds() throws Exception {
    Parameters mine =
        tables.parameters(
            "mine",
            List.of(
                new ParameterDefinition("gain", "", 2, 0, 10),
                new ParameterDefinition("rate", "Hz", 5, 1, 100)));
    assertThat(mine.get("gain")).isEqualTo(2);
    end(load(parameters("gain", 10), true));
    assertThat(mine.get("gain")).isEqualTo(10);
    assertThat(mine.get("rate")).isEqualTo(5);
    assertThat(end(load(parameters("gain", 10.1), true)).getReason())
        .isEqualTo("gain 10.1 is outside 0.0 .. 10.0 ");
    assertThat(end(load(parameters("gain", Double.NaN), true)).getStage()).isEqualTo(Stage.FAILED);
    assertThat(end(load(parameters("loss", 1), true)).getReason())
        .isEqualTo("no parameter is called \"loss\"");
    Table twice =
        parameters("gain", 1).toBuilder()
            .setParameters(
                parameters("gain", 1).getParameters().toBuilder()
                    .addParameters(Parameter.newBuilder().setName("gain").setValue(2)))
            .build();
    assertThat(end(load(twice, true)).getReason()).isEqualTo("gain stands twice");
    assertThat(mine.get("gain")).isEqualTo(10);
    assertThatThrownBy(() -> mine.get("loss")).hasMessageContaining("no parameter");
    Parameters anew =
        tables.parameters("mine", List.of(new ParameterDefinition("gain", "", 2, 0, 10)));
    assertThat(anew.get("gain")).isEqualTo(10);
    assertThatThrownBy(
            () -> tables.parameters("b", List.of(new ParameterDefinition("x", "", 2, 3, 4))))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anOwnerHearsOfEveryTableOnceAndInTheirOrderWhateverTheThreadsDo() throws Exception {
    List<Integer> heard = new ArrayList<>();
    List<Thread> others = new ArrayList<>();
    handle =
        tables.register(
            definition(
                Optional.of(
                    table -> {
                      if (others.isEmpty()) {
                        // another thread's change comes between the change and its announcement
                        Thread other = new Thread(() -> activate(limits(2, 20)));
                        others.add(other);
                        other.start();
                        awaitBlocked(other);
                      }
                      heard.add(table.getVersion());
                    })));
    activate(limits(1, 10));
    others.get(0).join();
    assertThat(heard).containsExactly(1, 2);
    assertThat(handle.active().getVersion()).isEqualTo(2);
  }

  @Test
  void aMemberOfAFamilyThatIsMendedIsNotActivatedAnew() throws Exception {
    assertThat(family(4)).isEmpty();
    assertThat(end(load(sequence("a"), true)).getStage()).isEqualTo(Stage.COMPLETED);
    assertThat(activated).hasSize(1);
    TableHandle member =
        tables.register(
            new TableDefinition(
                "sequence.a",
                ContentCase.SEQUENCE,
                sequence("a"),
                table -> List.of(),
                Optional.of(activated::add)));
    member.give(sequence("b"));
    assertThat(tables.scrub("sequence.a"))
        .hasValue(new Scrubbed("its checksum in memory is wrong", true));
    assertThat(member.active()).isEqualTo(sequence("a"));
    assertThat(activated).hasSize(1);
  }

  @Test
  void aMemberThatItsOwnerHasLockedIsNotReplacedAndItsDefaultIsThere() throws Exception {
    boot(List.of(sequence("a")), false);
    assertThat(family(4)).hasSize(1);
    locked.put("sequence.a", "it runs");
    Table next = sequence("a").toBuilder().setVersion(7).build();
    assertThat(end(load(next, true)).getReason()).isEqualTo("it runs");
    locked.clear();
    end(load(next, true));
    assertThat(tables.active("sequence.a")).contains(next);
    locked.put("sequence.a", "it runs");
    end(drop("sequence.a", true));
    assertThat(tables.active("sequence.a")).contains(sequence("a"));
    assertThat(dropped).containsExactly("sequence.a");
  }

  private void activate(Table table) {
    try {
      tables.load(table);
      tables.activate(table.getName());
    } catch (TableFault e) {
      throw new IllegalStateException(e);
    }
  }

  private static void awaitBlocked(Thread thread) {
    while (thread.getState() != Thread.State.BLOCKED) {
      Thread.onSpinWait();
    }
  }

  @Test
  void theActiveTableSharesNothingWithItsDefault() {
    Table mission = limits(2, 7);
    boot(List.of(mission), false);
    assertThat(handle.active()).isEqualTo(mission);
    assertThat(handle.active().getLimits()).isNotSameAs(mission.getLimits());
  }
}
