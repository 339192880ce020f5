package org.heliostat.core.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.heliostat.core.app.App;
import org.heliostat.core.bus.Subscription;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.fixture.TestSpacecraft;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.Noop;
import org.heliostat.protocol.ResetCounters;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Telecommand;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResetCountersTest {
  @TempDir Path folder;

  private static Housekeeping newest(TestSpacecraft craft, App app) {
    craft.run(app, 2);
    return craft.services().bus().newest(Housekeeping.class).orElseThrow();
  }

  @Test
  void countersBeginAgainAndGoOn() {
    try (TestSpacecraft craft = new TestSpacecraft(folder)) {
      App app = craft.start(new TelemetryApp.Factory());
      Subscription<String> slow = craft.services().bus().subscribe(String.class, 1);
      for (int i = 0; i < 100; i++) {
        craft.services().bus().publish("x");
      }
      assertThat(slow.dropped()).isPositive();
      Telecommand.Builder noop = Telecommand.newBuilder().setNoop(Noop.getDefaultInstance());
      // nobody has registered for it
      assertThat(craft.send(noop)).isEqualTo(Stage.FAILED);
      craft.services().events().report(CoreEvent.LINK_UP);
      Housekeeping before = newest(craft, app);
      assertThat(before.getCommandsRejected()).isEqualTo(1);
      assertThat(before.getBusDrops()).isPositive();
      assertThat(before.hasHost()).isTrue();
      assertThat(
              craft.send(
                  Telecommand.newBuilder().setResetCounters(ResetCounters.getDefaultInstance())))
          .isEqualTo(Stage.COMPLETED);
      assertThat(craft.services().events().status().getReported()).isZero();
      Housekeeping after = newest(craft, app);
      assertThat(after.getCommandsRejected()).isZero();
      assertThat(after.getCommandsAccepted()).isZero();
      assertThat(after.getCommandsFailed()).isZero();
      assertThat(after.getBusDrops()).isZero();
      craft.send(noop);
      assertThat(newest(craft, app).getCommandsRejected()).isEqualTo(1);
    }
  }
}
