package org.heliostat.core.example;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.when;

import java.nio.file.Path;
import java.util.Optional;
import org.heliostat.core.app.App;
import org.heliostat.core.fixture.TestSpacecraft;
import org.heliostat.hal.TemperatureReading;
import org.heliostat.protocol.AppArgument;
import org.heliostat.protocol.AppCommand;
import org.heliostat.protocol.LoadTable;
import org.heliostat.protocol.Parameter;
import org.heliostat.protocol.ParameterTable;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Telecommand;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ThermostatAppTest {
  @TempDir Path folder;

  private static Telecommand.Builder calibrate(double offset) {
    return Telecommand.newBuilder()
        .setAppCommand(
            AppCommand.newBuilder()
                .setApp("thermostat")
                .setVerb("calibrate")
                .addArguments(AppArgument.newBuilder().setName("offset").setValue(offset)));
  }

  @Test
  void saysOnceThatItIsTooCold() {
    try (TestSpacecraft craft = new TestSpacecraft(folder)) {
      when(craft.hardware.temperature("radiator"))
          .thenReturn(Optional.of(new TemperatureReading(6, 0)));
      App app = craft.start(ThermostatApp::new);
      craft.run(app, 3);
      assertThat(craft.events()).isEmpty();
      assertThat(craft.send(calibrate(-9))).isEqualTo(Stage.FAILED);
      assertThat(craft.send(calibrate(-2))).isEqualTo(Stage.COMPLETED);
      craft.run(app, 3);
      assertThat(craft.events()).contains("TOO_COLD").doesNotHaveDuplicates();
      assertThat(craft.housekeeping().getAppValues(0).getValue()).isEqualTo(1);
    }
  }

  @Test
  void whatIsWantedIsATable() {
    try (TestSpacecraft craft = new TestSpacecraft(folder)) {
      when(craft.hardware.temperature("radiator"))
          .thenReturn(Optional.of(new TemperatureReading(6, 0)));
      App app = craft.start(ThermostatApp::new);
      Table.Builder warmer =
          Table.newBuilder()
              .setName("parameters.thermostat")
              .setParameters(
                  ParameterTable.newBuilder()
                      .addParameters(Parameter.newBuilder().setName("wanted").setValue(10)));
      assertThat(
              craft.send(
                  Telecommand.newBuilder()
                      .setLoadTable(LoadTable.newBuilder().setTable(warmer).setActivate(true))))
          .isEqualTo(Stage.COMPLETED);
      craft.run(app, 2);
      assertThat(craft.events()).contains("TOO_COLD");
    }
  }
}
