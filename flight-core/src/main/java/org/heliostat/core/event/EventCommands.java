package org.heliostat.core.event;

import java.io.IOException;
import org.heliostat.core.command.Commands;
import org.heliostat.core.command.Execution;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.state.StateStore;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.EventDump;
import org.heliostat.protocol.FilterEvent;
import org.heliostat.protocol.Refusal;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;

/** The commands about events. Stateless beside its collaborators; thread-safe as they are. */
final class EventCommands {
  private final Events events;
  private final StateStore state;

  EventCommands(Events events, StateStore state) {
    this.events = events;
    this.state = state;
  }

  void register(Commands commands) {
    commands.handle(CommandCase.FILTER_EVENT, this::filter);
    commands.handle(CommandCase.RESET_EVENT_FILTERS, (command, execution) -> reset(execution));
    commands.handle(
        CommandCase.CLEAR_EVENT_COUNTERS,
        (command, execution) -> {
          events.clearCounters();
          execution.complete();
        });
    commands.handle(CommandCase.DUMP_EVENTS, this::dump);
  }

  private void filter(Telecommand command, Execution execution) {
    FilterEvent filter = command.getFilterEvent();
    if (!events.filters().set(filter)) {
      execution.fail(Refusal.TOO_MANY, "there are too many filters");
      return;
    }
    events.report(CoreEvent.EVENT_FILTERED, EventFilters.key(filter), filter.getLowest());
    store(execution);
  }

  private void reset(Execution execution) {
    events.filters().reset();
    events.report(CoreEvent.EVENT_FILTERS_RESET);
    store(execution);
  }

  private void store(Execution execution) {
    try {
      state.updateNow(events.filters()::store);
      execution.complete();
    } catch (IOException e) {
      execution.fail(Refusal.NOT_STORED, "in force until the next restart: " + e);
    }
  }

  private void dump(Telecommand command, Execution execution) {
    EventDump dump =
        EventDump.newBuilder()
            .setCounter(command.getCounter())
            .addAllEvents(events.newest(command.getDumpEvents().getCount()))
            .build();
    execution.completeWith(
        Recorder.Priority.BULK, Downlink.newBuilder().setEventDump(dump).build());
  }
}
