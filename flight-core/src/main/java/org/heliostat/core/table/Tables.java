package org.heliostat.core.table;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.heliostat.core.command.Commands;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.core.table.TableStore.Stored;
import org.heliostat.protocol.FieldPath;
import org.heliostat.protocol.FieldPath.BadPath;
import org.heliostat.protocol.Refusal;
import org.heliostat.protocol.SchemaCheck;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Table.ContentCase;
import org.heliostat.protocol.TableOrigin;
import org.heliostat.protocol.TableStatus;

/**
 * The registry of all tables, after the table services of NASA cFE: load to a staging copy, check
 * (schema, then owner), store, activate, dump; get and set of one field. What is active is either
 * the default (the mission file's before the owner's) or a whole table that was stored: a damaged
 * one gives way to the last good one, and that to the default, with an event. A table is stored
 * before it becomes the active one, so that a restart never brings an older one back.
 *
 * <p>In the golden configuration stored tables are neither read nor deleted; one that is activated
 * then is stored like any other.
 *
 * <p>Bounds: one staging copy a table, in memory alone; the number of tables is that of their
 * owners and of {@link TableFamily#most}. Thread-safe. Changes wait for one another, and for the
 * disk within its deadline; {@link #status} waits for nobody.
 */
public final class Tables {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,63}");

  private final TableStore store;
  private final boolean golden;
  private final Events events;
  private final Map<String, Table> defaults = new HashMap<>();
  private final Map<String, Entry> entries = new ConcurrentSkipListMap<>();
  private final Map<String, TableFamily> families = new LinkedHashMap<>();

  /**
   * Held over a change and what its owner is told, so that owners hear of changes in their order.
   * Whoever changes a table holds no lock that an owner takes.
   */
  private final Object changes = new Object();

  private static final class Entry {
    private final TableHandle handle;
    private volatile TableDefinition definition;
    private volatile Optional<Table> staged = Optional.empty();
    private volatile TableOrigin origin;
    private volatile int checksum;

    /** Of a family, and so far only staged. */
    private volatile boolean empty;

    private Entry(TableDefinition definition, Table active, TableOrigin origin) {
      this.definition = definition;
      this.handle = new TableHandle(active);
      this.origin = origin;
      this.checksum = checksumOf(active);
    }
  }

  private record Found(Table table, TableOrigin origin) {}

  /**
   * A table that was damaged.
   *
   * @param problem what is wrong with which copy
   * @param repaired from the other copy
   */
  public record Scrubbed(String problem, boolean repaired) {}

  Tables(TableStore store, List<Table> defaults, boolean golden, Events events) {
    this.store = store;
    this.golden = golden;
    this.events = events;
    defaults.forEach(table -> this.defaults.put(table.getName(), table));
  }

  /**
   * The tables of a spacecraft.
   *
   * @param folder where they are stored; it need not exist
   * @param defaults of the mission file
   * @param golden stored tables are left aside
   */
  public static Tables open(Path folder, List<Table> defaults, boolean golden, Events events) {
    return new Tables(new TableStore(folder), defaults, golden, events);
  }

  /** Has the commands about tables carried out here. */
  public void serve(Commands commands) {
    new TableCommands(this).register(commands);
  }

  /**
   * Registers a table. An owner that was started anew registers again, and finds the table as it
   * was left.
   *
   * @throws IllegalArgumentException for a name that cannot be one, or a fallback of other content
   */
  public TableHandle register(TableDefinition definition) {
    String name = definition.name();
    if (!NAME.matcher(name).matches()
        || definition.fallback().getContentCase() != definition.content()) {
      throw new IllegalArgumentException("table \"" + name + "\" cannot be defined so");
    }
    synchronized (this) {
      Entry entry = entries.get(name);
      if (entry == null) {
        Found found = find(definition, named(definition.fallback(), name));
        entry = new Entry(definition, found.table, found.origin);
        entries.put(name, entry);
      }
      entry.definition = definition;
      return entry.handle;
    }
  }

  /**
   * Registers a family of tables. Those that are stored, or stand in the mission file, are there on
   * return, without having been announced.
   */
  public synchronized List<Table> register(TableFamily family) {
    families.put(family.prefix(), family);
    List<String> names =
        new ArrayList<>(
            defaults.keySet().stream().filter(name -> name.startsWith(family.prefix())).toList());
    if (!golden) {
      try {
        store.names(family.prefix()).stream().filter(n -> !names.contains(n)).forEach(names::add);
      } catch (IOException e) {
        events.report(CoreEvent.TABLE_DAMAGED, family.prefix() + "*", e.toString());
      }
    }
    List<Table> found = new ArrayList<>();
    for (String name : names) {
      Entry known = entries.get(name);
      if (known != null) {
        known.definition = member(family, name);
        if (!known.empty) {
          found.add(known.handle.active());
        }
      } else if (size(family) < family.most() && NAME.matcher(name).matches()) {
        Found table = find(member(family, name), Table.getDefaultInstance());
        if (table.table.getContentCase() == family.content()) {
          entries.put(name, new Entry(member(family, name), table.table, table.origin));
          found.add(table.table);
        }
      }
    }
    return found;
  }

  /**
   * Registers the table {@code parameters.APP}.
   *
   * @throws IllegalArgumentException where a default is outside its own bounds
   */
  public Parameters parameters(String app, List<ParameterDefinition> definitions) {
    return Parameters.register(this, app, definitions);
  }

  /** State of all tables, by name. */
  public List<TableStatus> status() {
    List<TableStatus> all = new ArrayList<>();
    entries.forEach(
        (name, entry) ->
            all.add(
                TableStatus.newBuilder()
                    .setName(name)
                    .setVersion(entry.handle.active().getVersion())
                    .setChecksum(entry.checksum)
                    .setOrigin(entry.origin)
                    .setStaged(entry.staged.isPresent())
                    .build()));
    return all;
  }

  /** The active table of a name, where there is one. */
  public Optional<Table> active(String name) {
    Entry entry = entries.get(name);
    return entry == null || entry.empty ? Optional.empty() : Optional.of(entry.handle.active());
  }

  /**
   * Looks whether a table is what was activated, in memory and, where it is stored, on disk; one
   * copy is mended from the other. Nothing where all is well.
   */
  public Optional<Scrubbed> scrub(String name) {
    synchronized (changes) {
      return scrubbed(name);
    }
  }

  private Optional<Scrubbed> scrubbed(String name) {
    Optional<Consumer<Table>> activation;
    Table good;
    synchronized (this) {
      Entry entry = entries.get(name);
      if (entry == null || entry.empty) {
        return Optional.empty();
      }
      boolean stored =
          entry.origin == TableOrigin.STORED_TABLE || entry.origin == TableOrigin.LAST_GOOD_TABLE;
      Table active = entry.handle.active();
      Optional<Table> other;
      try {
        other =
            stored
                ? store.read(name).table()
                : Optional.of(
                    defaultOf(entry.definition, named(entry.definition.fallback(), name)));
      } catch (IOException e) {
        return Optional.of(new Scrubbed("it does not read: " + e, false));
      }
      boolean otherIsGood = other.isPresent() && checksumOf(other.get()) == entry.checksum;
      if (checksumOf(active) == entry.checksum) {
        return otherIsGood || !stored ? Optional.empty() : Optional.of(storeAgain(active));
      }
      if (!otherIsGood) {
        return Optional.of(new Scrubbed("its checksum in memory is wrong", false));
      }
      good = other.get();
      set(entry, good, entry.origin);
      activation = entry.definition.activation();
    }
    if (family(name).isEmpty()) {
      // a member of a family is not activated anew: a sequence would start again
      activation.ifPresent(owner -> owner.accept(good));
    }
    return Optional.of(new Scrubbed("its checksum in memory is wrong", true));
  }

  private Scrubbed storeAgain(Table active) {
    try {
      store.write(active);
      return new Scrubbed("its file is damaged", true);
    } catch (IOException e) {
      return new Scrubbed("its file is damaged: " + e, false);
    }
  }

  /** Checks a table and makes it the staging copy. */
  synchronized void load(Table table) throws TableFault {
    String name = table.getName();
    Entry entry = entries.get(name);
    TableDefinition definition;
    if (entry == null) {
      TableFamily family = familyOf(name);
      if (size(family) >= family.most()) {
        throw new TableFault(
            Refusal.BAD_ARGUMENT,
            "there are " + family.most() + " tables " + family.prefix() + "* already");
      }
      definition = member(family, name);
    } else {
      definition = entry.definition;
    }
    refuseLocked(name);
    check(definition, table);
    if (entry == null) {
      entry = new Entry(definition, table, TableOrigin.TABLE_ORIGIN_UNSPECIFIED);
      entry.empty = true;
      entries.put(name, entry);
    }
    entry.staged = Optional.of(table);
  }

  /** Stores the staging copy and makes it the active table. */
  void activate(String name) throws TableFault {
    replace(
        name,
        entry ->
            entry.staged.orElseThrow(
                () -> new TableFault(Refusal.BAD_ARGUMENT, name + " has no staging copy")),
        true);
  }

  /** Gives up the staging copy and, with stored, what is stored. */
  void drop(String name, boolean stored) throws TableFault {
    synchronized (changes) {
      giveUp(name, stored);
    }
  }

  private void giveUp(String name, boolean stored) throws TableFault {
    Optional<Consumer<Table>> activation = Optional.empty();
    Table now = Table.getDefaultInstance();
    boolean gone = false;
    synchronized (this) {
      Entry entry = entry(name);
      entry.staged = Optional.empty();
      if (stored) {
        try {
          store.delete(name);
        } catch (IOException e) {
          throw new TableFault(Refusal.NOT_STORED, "the disk does not give it up: " + e);
        }
        Found left = fallback(entry.definition, named(entry.definition.fallback(), name));
        if (left.table.getContentCase() == entry.definition.content()) {
          set(entry, left.table, left.origin);
          activation = entry.definition.activation();
          now = left.table;
        } else {
          gone = true;
        }
      }
      gone |= entry.empty;
      if (gone) {
        entries.remove(name);
      }
    }
    if (stored) {
      events.report(CoreEvent.TABLE_DROPPED, name);
    }
    if (gone || stored) {
      family(name).ifPresent(family -> family.dropped().accept(name));
    }
    if (!gone) {
      Table left = now;
      activation.ifPresent(owner -> owner.accept(left));
    }
  }

  /** The active table, or its staging copy. */
  Table dump(String name, boolean staged) throws TableFault {
    Entry entry = entry(name);
    if (!staged && !entry.empty) {
      return entry.handle.active();
    }
    return entry.staged.orElseThrow(
        () -> new TableFault(Refusal.BAD_ARGUMENT, name + " has no such copy"));
  }

  /** Sets one field of the active table, which is checked, stored and activated whole. */
  void set(String name, String field, String value) throws TableFault {
    replace(name, entry -> changed(dump(name, false), field, value), false);
  }

  private static Table changed(Table active, String field, String value) throws TableFault {
    FieldDescriptor content = content(active);
    Message inner = (Message) active.getField(content);
    try {
      FieldPath path = FieldPath.of(inner.getDescriptorForType(), field);
      return active.toBuilder().setField(content, path.with(inner, value)).build();
    } catch (BadPath e) {
      throw new TableFault(Refusal.BAD_ARGUMENT, String.valueOf(e.getMessage()));
    }
  }

  /** One field of the active table in text format; where it is not set, its default. */
  String get(String name, String field) throws TableFault {
    Table active = dump(name, false);
    Message inner = (Message) active.getField(content(active));
    try {
      FieldPath path = FieldPath.of(inner.getDescriptorForType(), field);
      return path.text(inner)
          .orElseThrow(() -> new TableFault(Refusal.BAD_ARGUMENT, field + " is not set"));
    } catch (BadPath e) {
      throw new TableFault(Refusal.BAD_ARGUMENT, String.valueOf(e.getMessage()));
    }
  }

  /** CRC-32C of the binary form. */
  static int checksumOf(Table table) {
    CRC32C crc = new CRC32C();
    crc.update(table.toByteArray());
    return (int) crc.getValue();
  }

  /** What a table is to be. */
  private interface Change {
    Table of(Entry entry) throws TableFault;
  }

  /** In one step: of two changes at once neither is lost. */
  private void replace(String name, Change change, boolean staged) throws TableFault {
    synchronized (changes) {
      changed(name, change, staged);
    }
  }

  private void changed(String name, Change change, boolean staged) throws TableFault {
    Optional<Consumer<Table>> activation;
    Table table;
    synchronized (this) {
      Entry entry = entry(name);
      table = change.of(entry);
      // what the owner allows may have changed since it was loaded
      refuseLocked(name);
      check(entry.definition, table);
      try {
        store.write(table);
      } catch (IOException e) {
        throw new TableFault(Refusal.NOT_STORED, "the disk does not take it: " + e);
      }
      set(entry, table, TableOrigin.STORED_TABLE);
      if (staged) {
        entry.staged = Optional.empty();
      }
      activation = entry.definition.activation();
    }
    events.report(
        CoreEvent.TABLE_ACTIVATED,
        table.getName(),
        Integer.toUnsignedLong(table.getVersion()),
        checksumOf(table));
    // without the registry's lock: the owner may ask for tables, and hold locks of its own
    activation.ifPresent(owner -> owner.accept(table));
  }

  private static void set(Entry entry, Table table, TableOrigin origin) {
    entry.empty = false;
    entry.origin = origin;
    entry.checksum = checksumOf(table);
    entry.handle.give(table);
  }

  private Found find(TableDefinition definition, Table fallback) {
    if (golden) {
      return fallback(definition, fallback);
    }
    try {
      Stored stored = store.read(definition.name());
      if (stored.damaged()) {
        events.report(
            CoreEvent.TABLE_DAMAGED,
            definition.name(),
            stored.table().isPresent() ? "the one before is in use" : "its default is in use");
      }
      if (stored.table().isPresent()) {
        List<String> problems = problems(definition, stored.table().get());
        if (problems.isEmpty()) {
          return new Found(
              stored.table().get(),
              stored.damaged() ? TableOrigin.LAST_GOOD_TABLE : TableOrigin.STORED_TABLE);
        }
        events.report(CoreEvent.TABLE_REFUSED, definition.name(), "stored", problems.get(0));
      }
    } catch (IOException e) {
      events.report(CoreEvent.TABLE_DAMAGED, definition.name(), "it cannot be read: " + e);
    }
    return fallback(definition, fallback);
  }

  private Found fallback(TableDefinition definition, Table fallback) {
    Table mission = defaults.get(definition.name());
    if (mission != null) {
      List<String> problems = problems(definition, mission);
      if (!problems.isEmpty()) {
        events.report(CoreEvent.TABLE_REFUSED, definition.name(), "mission's", problems.get(0));
      }
    }
    return new Found(defaultOf(definition, fallback), TableOrigin.DEFAULT_TABLE);
  }

  /** A copy, so that what is wrong with the active one is not wrong with its default. */
  private Table defaultOf(TableDefinition definition, Table fallback) {
    Table mission = defaults.get(definition.name());
    Table chosen = mission != null && problems(definition, mission).isEmpty() ? mission : fallback;
    try {
      return Table.parseFrom(chosen.toByteArray());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a table does not read as it was written", e);
    }
  }

  private void refuseLocked(String name) throws TableFault {
    Optional<String> why = family(name).flatMap(family -> family.locked().apply(name));
    if (why.isPresent()) {
      throw new TableFault(Refusal.BAD_ARGUMENT, why.get());
    }
  }

  private static void check(TableDefinition definition, Table table) throws TableFault {
    List<String> problems = problems(definition, table);
    if (!problems.isEmpty()) {
      throw new TableFault(Refusal.BAD_ARGUMENT, String.join("; ", problems));
    }
  }

  /** What schema and owner have against a table; empty for one that may be used. */
  public static List<String> problems(TableDefinition definition, Table table) {
    if (!NAME.matcher(table.getName()).matches()) {
      return List.of("\"" + table.getName() + "\" is no name of a table");
    }
    if (!table.getName().equals(definition.name())) {
      return List.of("it is called \"" + table.getName() + "\"");
    }
    if (table.getContentCase() != definition.content()) {
      return List.of("it holds " + table.getContentCase() + ", not " + definition.content());
    }
    List<SchemaCheck.Problem> schema = SchemaCheck.problems(table);
    return schema.isEmpty()
        ? definition.validator().problems(table)
        : schema.stream().map(SchemaCheck.Problem::toString).toList();
  }

  private Entry entry(String name) throws TableFault {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw new TableFault(Refusal.BAD_ARGUMENT, "there is no table " + name);
    }
    return entry;
  }

  private Optional<TableFamily> family(String name) {
    synchronized (this) {
      return families.values().stream().filter(f -> name.startsWith(f.prefix())).findFirst();
    }
  }

  private TableFamily familyOf(String name) throws TableFault {
    if (!NAME.matcher(name).matches()) {
      throw new TableFault(Refusal.BAD_ARGUMENT, "\"" + name + "\" is no name of a table");
    }
    return family(name)
        .orElseThrow(() -> new TableFault(Refusal.BAD_ARGUMENT, "there is no table " + name));
  }

  private long size(TableFamily family) {
    return entries.keySet().stream().filter(name -> name.startsWith(family.prefix())).count();
  }

  private static TableDefinition member(TableFamily family, String name) {
    return new TableDefinition(
        name,
        family.content(),
        Table.getDefaultInstance(),
        family.validator(),
        Optional.of(family.activated()));
  }

  private static FieldDescriptor content(Table table) {
    return Table.getDescriptor().findFieldByNumber(table.getContentCase().getNumber());
  }

  private static Table named(Table table, String name) {
    return table.getContentCase() == ContentCase.CONTENT_NOT_SET
        ? table
        : table.toBuilder().setName(name).build();
  }
}
