package org.heliostat.core.table;

import org.heliostat.core.command.Commands;
import org.heliostat.core.command.Execution;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.recorder.RecorderFault;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.FieldValue;
import org.heliostat.protocol.GetField;
import org.heliostat.protocol.LoadTable;
import org.heliostat.protocol.Refusal;
import org.heliostat.protocol.SetField;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.TableDump;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;

/** The commands about tables. Stateless beside its collaborators; thread-safe as they are. */
final class TableCommands {
  private final Tables tables;

  private interface Work {
    void run(Telecommand command, Execution execution) throws TableFault, RecorderFault;
  }

  TableCommands(Tables tables) {
    this.tables = tables;
  }

  void register(Commands commands) {
    handle(commands, CommandCase.LOAD_TABLE, (command, execution) -> load(command.getLoadTable()));
    handle(
        commands,
        CommandCase.ACTIVATE_TABLE,
        (command, execution) -> tables.activate(command.getActivateTable().getTable()));
    handle(
        commands,
        CommandCase.DROP_TABLE,
        (command, execution) ->
            tables.drop(command.getDropTable().getTable(), command.getDropTable().getStored()));
    handle(commands, CommandCase.DUMP_TABLE, this::dump);
    handle(
        commands,
        CommandCase.SET_FIELD,
        (command, execution) -> {
          SetField set = command.getSetField();
          tables.set(set.getTable(), set.getField(), set.getValue());
        });
    handle(commands, CommandCase.GET_FIELD, this::get);
  }

  private void load(LoadTable load) throws TableFault {
    tables.load(load.getTable());
    if (load.getActivate()) {
      tables.activate(load.getTable().getName());
    }
  }

  private void dump(Telecommand command, Execution execution) throws TableFault, RecorderFault {
    boolean staged = command.getDumpTable().getStaged();
    Table table = tables.dump(command.getDumpTable().getTable(), staged);
    execution.answer(
        Recorder.Priority.BULK,
        Downlink.newBuilder()
            .setTableDump(
                TableDump.newBuilder()
                    .setCounter(command.getCounter())
                    .setTable(table)
                    .setStaged(staged)
                    .setChecksum(Tables.checksumOf(table)))
            .build());
  }

  private void get(Telecommand command, Execution execution) throws TableFault, RecorderFault {
    GetField get = command.getGetField();
    String value = tables.get(get.getTable(), get.getField());
    execution.answer(
        Recorder.Priority.REPORT,
        Downlink.newBuilder()
            .setFieldValue(
                FieldValue.newBuilder()
                    .setCounter(command.getCounter())
                    .setTable(get.getTable())
                    .setField(get.getField())
                    .setValue(value))
            .build());
  }

  private static void handle(Commands commands, CommandCase kind, Work work) {
    commands.handle(kind, (command, execution) -> run(work, command, execution));
  }

  private static void run(Work work, Telecommand command, Execution execution) {
    try {
      work.run(command, execution);
      execution.complete();
    } catch (TableFault e) {
      execution.fail(e.refusal(), e.text());
    } catch (RecorderFault e) {
      execution.fail(Refusal.NOT_STORED, String.valueOf(e.getMessage()));
    }
  }
}
