package org.heliostat.example;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.heliostat.hal.ComputeCard;
import org.heliostat.hal.FakeLibc;
import org.heliostat.hal.HardwareFault;
import org.junit.jupiter.api.Test;

class WorkedExampleTest {
  @Test
  void theReadmeShowsTheClassAsItIs() throws IOException {
    String source =
        Files.readString(Path.of("src/test/java/org/heliostat/example/HailoDriver.java"));
    assertThat(Files.readString(Path.of("README.md"))).contains(source);
  }

  @Test
  void theClassWorks() throws HardwareFault {
    FakeLibc libc = new FakeLibc();
    libc.files.put("/sys/class/hwmon/hwmon4/temp1_input", "38500\n");
    HailoDriver driver = new HailoDriver();
    driver.check("card2", Map.of("hwmon", "4"));
    assertThatThrownBy(() -> driver.check("card2", Map.of("hwmon", "x")))
        .hasMessageContaining("not a whole number");
    try (ComputeCard card =
        (ComputeCard) driver.open("card2", Map.of("hwmon", "4"), libc.board())) {
      assertThat(card.read().temperatureCelsius()).isEqualTo(38.5);
    }
    assertThat(libc.openCount()).isZero();
  }
}
