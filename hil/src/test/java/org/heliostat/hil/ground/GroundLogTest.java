package org.heliostat.hil.ground;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A line of the station's log. */
class GroundLogTest {
  @Test
  void whatCameFromOutsideStaysOnItsLine() {
    assertThat(GroundLog.line("ERROR X: \u001b[2J\nground: fine"))
        .isEqualTo("ground: ERROR X: \\u001b[2J\\u000aground: fine");
  }
}
