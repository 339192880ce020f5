package org.heliostat.core.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.Mockito.mock;

import com.google.protobuf.TextFormat;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.heliostat.core.example.ThermostatApp;
import org.heliostat.core.fixture.TestServices;
import org.heliostat.core.fixture.TestSpacecraft;
import org.heliostat.protocol.AppConfig;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.Table;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OfferedAppsTest {
  private final OfferedApps apps = new OfferedApps(Map.of("link", mock(AppFactory.class)));

  private static AppConfig ofClass(String name) {
    return AppConfig.newBuilder().setName("mine").setClassName(name).build();
  }

  /** Cannot start. */
  public static final class Broken implements App {
    /** Fails, typed or not. */
    public Broken(Services services) throws AppFailure {
      if (services.mission().getSpacecraftId() == 1) {
        throw new AppFailure("no radiator");
      }
      throw new IllegalStateException("broken");
    }

    @Override
    public void step() {}

    @Override
    public void close() {}
  }

  /** Takes nothing. */
  public static final class Deaf implements App {
    @Override
    public void step() {}

    @Override
    public void close() {}
  }

  @Test
  void theImageHasItsOwn() {
    assertThat(OfferedApps.ofImage().names()).contains("hardware", "telemetry", "link", "time");
    assertThat(apps.problem(AppConfig.newBuilder().setName("link").build())).isEmpty();
  }

  private static List<String> problems(String table) throws Exception {
    return problems(Mission.getDefaultInstance(), table);
  }

  private static List<String> problems(Mission mission, String table) throws Exception {
    return OfferedApps.ofImage().problems(mission, TextFormat.parse(table, Table.class));
  }

  @Test
  void theOwnerOfEachTableChecksIt() throws Exception {
    String watchpoint =
        "name: 'limits' limits { watchpoints { name: 'a' field: '%s' comparison: ABOVE value: 1 } }";
    assertThat(problems(watchpoint.formatted("bus_volts"))).isEmpty();
    assertThat(problems(watchpoint.formatted("bogus"))).first().asString().contains("bogus");
    String actionpoint = "actionpoints { name: 'b' watchpoints: 'nope' change_mode: SAFE }";
    assertThat(problems("name: 'limits' limits { " + actionpoint + " }"))
        .containsExactly("b: there is no watchpoint \"nope\"");
    String rung = "rungs { name: 'r' shed_volts: 25 restore_volts: 23 rails: 'nope' }";
    assertThat(problems("name: 'power' power { monitor: 'nope' " + rung + " }"))
        .containsExactly(
            "monitor: no device is called \"nope\"",
            "r: restore_volts is not above shed_volts",
            "r: no device is called \"nope\"");
    assertThat(problems("name: 'housekeeping' housekeeping { sets { name: 's' fields: 'no' } }"))
        .isNotEmpty();
    assertThat(problems("name: 'protection' protection { rules { name: 'x' level: 1 } }"))
        .isNotEmpty();
    assertThat(problems("name: 'modes' modes { transitions { from: STANDBY to: SAFE } }"))
        .containsExactly("SAFE could not be left: it must lead to STANDBY");
    assertThat(problems("name: 'sequence.a' sequence { steps { command { noop {} } } }"))
        .containsExactly("step 0: it has no time");
    assertThat(problems("name: 'survival' survival {}")).isEmpty();
  }

  @Test
  void aTableThatIsOfNobodyOrHasNoNameIsAMistake() throws Exception {
    assertThat(problems("name: 'sequence.PUMP stalled' sequence {}"))
        .containsExactly("\"sequence.PUMP stalled\" is no name of a table");
    assertThat(problems("name: 'limits' modes {}")).containsExactly("it holds MODES, not LIMITS");
    String mine = "name: 'parameters.mine' parameters {}";
    assertThat(problems(mine)).containsExactly("no app has a table \"parameters.mine\"");
    // it may be the table of an app that only its class knows of
    Mission mission = Mission.newBuilder().addApps(ofClass(ThermostatApp.class.getName())).build();
    assertThat(problems(mission, mine)).isEmpty();
  }

  @Test
  void anAppIsItsClassAndAnEntryInTheMissionFile(@TempDir Path folder) throws Exception {
    AppConfig thermostat = ofClass(ThermostatApp.class.getName());
    assertThat(apps.problem(thermostat)).isEmpty();
    assertThat(apps.factory(thermostat).name()).isEqualTo("mine");
    try (TestSpacecraft craft = new TestSpacecraft(folder)) {
      assertThat(craft.start(apps.factory(thermostat))).isInstanceOf(ThermostatApp.class);
    }
  }

  @Test
  void whatCannotBeAnAppIsSaidWhenTheMissionFileIsRead() {
    assertThat(apps.problem(AppConfig.newBuilder().setName("lnik").build()))
        .hasValue("unknown app \"lnik\"; there are [link]");
    assertThat(apps.problem(ofClass("org.heliostat.Nothing")))
        .hasValue("the image has no class \"org.heliostat.Nothing\"");
    assertThat(apps.problem(ofClass("java.lang.String")))
        .hasValue("class \"java.lang.String\" is no App");
    assertThat(apps.problem(ofClass(Deaf.class.getName())))
        .hasValueSatisfying(text -> assertThat(text).contains("no public constructor"));
    assertThat(apps.problem(ofClass(Deaf.class.getName()).toBuilder().setName("link").build()))
        .hasValueSatisfying(text -> assertThat(text).contains("the image's own"));
  }

  @Test
  void whatAConstructorThrowsIsAFailureOfTheApp() {
    AppFactory broken = apps.factory(ofClass(Broken.class.getName()));
    assertThatThrownBy(() -> broken.start(new TestServices().build()))
        .isInstanceOf(AppFailure.class)
        .hasMessageContaining("broken");
    TestServices first = new TestServices();
    first.mission(org.heliostat.protocol.Mission.newBuilder().setSpacecraftId(1));
    assertThatThrownBy(() -> broken.start(first.build()))
        .isInstanceOf(AppFailure.class)
        .hasMessage("no radiator");
  }
}
