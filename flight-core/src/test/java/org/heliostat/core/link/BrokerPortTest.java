package org.heliostat.core.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import org.heliostat.core.fixture.TestSpacecraft;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BrokerPortTest {
  @TempDir private Path folder;

  @Test
  void certificatesAreJudgedByUtcThatIsGoodAndByNoOtherTime() {
    try (TestSpacecraft craft = new TestSpacecraft(folder)) {
      assertThat(BrokerPort.utc(craft.services().clock())).isEmpty();
      craft.correlate();
      assertThat(BrokerPort.utc(craft.services().clock()))
          .contains(Instant.ofEpochSecond(0, craft.services().clock().utcNanos()));
    }
  }
}
