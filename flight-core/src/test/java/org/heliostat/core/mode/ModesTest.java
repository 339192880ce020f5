package org.heliostat.core.mode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoInteractions;
import static org.mockito.Mockito.when;

import java.util.ArrayList;
import java.util.List;
import org.heliostat.core.bus.Bus;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.core.table.TableDefinition;
import org.heliostat.core.table.TableHandle;
import org.heliostat.core.table.Tables;
import org.heliostat.protocol.Mode;
import org.heliostat.protocol.ModeTable;
import org.heliostat.protocol.ModeTransition;
import org.heliostat.protocol.Table;
import org.junit.jupiter.api.Test;

class ModesTest {
  private final Bus bus = new Bus();
  private final Events events = mock();
  private final Modes modes = new Modes(bus, events);

  @Test
  void bootEndsInStandby() {
    assertThat(modes.mode()).isEqualTo(Mode.STANDBY);
  }

  @Test
  void tellsTheBusAndGroundOfAChange() {
    assertThat(modes.change(Mode.PAYLOAD)).isTrue();
    assertThat(bus.newest(Modes.Changed.class))
        .contains(new Modes.Changed(Mode.STANDBY, Mode.PAYLOAD));
    verify(events).report(CoreEvent.MODE_CHANGED, Mode.STANDBY, Mode.PAYLOAD, "ground");
  }

  @Test
  void safeLeadsToStandbyOnly() {
    assertThat(modes.change(Mode.SAFE)).isTrue();
    assertThat(modes.change(Mode.PAYLOAD)).isFalse();
    assertThat(modes.change(Mode.NOMINAL)).isFalse();
    assertThat(modes.mode()).isEqualTo(Mode.SAFE);
    assertThat(modes.change(Mode.STANDBY)).isTrue();
  }

  @Test
  void theSameModeIsNoChange() {
    assertThat(modes.change(Mode.STANDBY)).isTrue();
    verifyNoInteractions(events);
  }

  @Test
  void bootEndsInSafeOrStandbyAndNowhereElse() {
    assertThat(new Modes(bus, events, Mode.SAFE).mode()).isEqualTo(Mode.SAFE);
    for (Mode mode : List.of(Mode.NOMINAL, Mode.PAYLOAD, Mode.MODE_UNSPECIFIED)) {
      assertThatThrownBy(() -> new Modes(bus, events, mode))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void aChangeSaysWhoWantedIt() {
    assertThat(modes.change(Mode.SAFE, "survival")).isTrue();
    verify(events).report(CoreEvent.MODE_CHANGED, Mode.STANDBY, Mode.SAFE, "survival");
  }

  @Test
  void protectionOnlyEverLowersTheMode() {
    assertThat(modes.change(Mode.PAYLOAD)).isTrue();
    assertThat(modes.lower(Mode.STANDBY, "protection a")).isTrue();
    assertThat(modes.mode()).isEqualTo(Mode.STANDBY);
    assertThat(modes.lower(Mode.STANDBY, "protection a")).isFalse();
    assertThat(modes.lower(Mode.NOMINAL, "protection a")).isFalse();
    assertThat(modes.lower(Mode.SAFE, "protection a")).isTrue();
    assertThat(modes.lower(Mode.STANDBY, "protection a")).isFalse();
    assertThat(modes.mode()).isEqualTo(Mode.SAFE);
  }

  private final List<TableDefinition> definitions = new ArrayList<>();

  private void register() {
    Tables tables = mock();
    when(tables.register(any(TableDefinition.class)))
        .thenAnswer(
            call -> {
              TableDefinition definition = call.getArgument(0);
              definitions.add(definition);
              TableHandle handle = mock();
              when(handle.active()).thenReturn(definition.fallback());
              return handle;
            });
    modes.register(tables);
  }

  private static ModeTransition row(Mode from, Mode... to) {
    return ModeTransition.newBuilder().setFrom(from).addAllTo(List.of(to)).build();
  }

  private static Table table(ModeTransition... rows) {
    return Table.newBuilder()
        .setModes(ModeTable.newBuilder().addAllTransitions(List.of(rows)))
        .build();
  }

  @Test
  void transitionsAreATableAndSafeIsAlwaysOpen() {
    register();
    TableDefinition definition = definitions.get(0);
    assertThat(definition.validator().problems(definition.fallback())).isEmpty();
    Table narrow =
        table(row(Mode.SAFE, Mode.STANDBY), row(Mode.STANDBY, Mode.NOMINAL), row(Mode.NOMINAL));
    definition.activation().orElseThrow().accept(narrow);
    assertThat(modes.change(Mode.PAYLOAD)).isFalse();
    assertThat(modes.change(Mode.NOMINAL)).isTrue();
    assertThat(modes.change(Mode.STANDBY)).isFalse();
    // what may not be entered gives way to SAFE
    assertThat(modes.lower(Mode.STANDBY, "protection a")).isTrue();
    assertThat(modes.mode()).isEqualTo(Mode.SAFE);
    assertThat(modes.change(Mode.STANDBY)).isTrue();
    assertThat(modes.change(Mode.SAFE)).isTrue();
  }

  @Test
  void aTableThatMakesNoSenseIsRefused() {
    register();
    TableDefinition.Validator check = definitions.get(0).validator();
    assertThat(check.problems(table(row(Mode.SAFE, Mode.STANDBY), row(Mode.SAFE, Mode.NOMINAL))))
        .contains("SAFE stands twice");
    assertThat(check.problems(table(row(Mode.SAFE, Mode.STANDBY, Mode.MODE_UNSPECIFIED))))
        .containsExactly("SAFE leads to no mode");
    assertThat(check.problems(table(row(Mode.SAFE, Mode.NOMINAL))))
        .containsExactly("SAFE could not be left: it must lead to STANDBY");
  }
}
