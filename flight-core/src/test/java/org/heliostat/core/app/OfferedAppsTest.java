package org.heliostat.core.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.Mockito.mock;

import java.nio.file.Path;
import java.util.Map;
import org.heliostat.core.example.ThermostatApp;
import org.heliostat.core.fixture.TestServices;
import org.heliostat.core.fixture.TestSpacecraft;
import org.heliostat.protocol.AppConfig;
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
