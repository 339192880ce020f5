package org.heliostat.hil.power;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A boot that keeps what the one before it was promised, and what is said when it does not. */
class PowerLossJudgeTest {
  private final PowerLossJudge judge = new PowerLossJudge();

  /** Records 1 and 2 are acknowledged, one more is being written; command 4 is done, 5 is not. */
  @BeforeEach
  void write() {
    judge.boot();
    says("table 0 whole", "state 0", "ready");
    says("put a 10", "ack 1 a 10", "put b 20", "ack 2 b 20", "put c 30");
    says("try 4", "done 4", "noted 4", "try 5");
    assertThat(judge.violations()).isEmpty();
    judge.boot();
  }

  private void says(String... lines) {
    List.of(lines).forEach(judge::take);
  }

  private void finds(String... records) {
    says(records);
    says("table 4 whole", "state 4", "reported 4", "replay 4 dropped", "ready");
  }

  private void assertOnly(String what) {
    assertThat(judge.violations()).singleElement().asString().contains(what);
  }

  @Test
  void whatWasPromisedIsThere() {
    finds("have 1 a 10", "have 2 b 20");
    assertThat(judge.violations()).isEmpty();
    assertThat(judge.ready()).isTrue();
    assertThat(judge.records()).isEqualTo(2);
    assertThat(judge.lastDone()).isEqualTo(4);
    assertThat(judge.tried()).isEqualTo(5);
  }

  @Test
  void whatWasBeingWrittenMayBeThereAndThenStays() {
    finds("have 1 a 10", "have 2 b 20", "have 3 c 30");
    assertThat(judge.violations()).isEmpty();
    judge.boot();
    says("have 1 a 10", "have 2 b 20", "table 5 whole", "state 5", "ready");
    assertOnly("record 3 is lost");
  }

  @Test
  void whatWasNotFoundDoesNotTurnUpLater() {
    finds("have 1 a 10", "have 2 b 20");
    judge.boot();
    finds("have 1 a 10", "have 2 b 20", "have 3 c 30");
    assertOnly("record 3 was never written: c 30");
  }

  @Test
  void anAcknowledgedRecordThatIsGoneIsLost() {
    finds("have 1 a 10");
    assertOnly("record 2 is lost");
  }

  @Test
  void aRecordThatWasFreedMayBeThereOrNot() {
    says("free 1 2");
    finds("have 2 b 20");
    assertThat(judge.violations()).isEmpty();
  }

  @Test
  void whatIsServedWasWritten() {
    finds("have 1 a 10", "have 2 b 20", "have 3 c 29");
    assertOnly("record 3 was never written: c 29");
  }

  @Test
  void anAcknowledgedRecordReadsAsItWas() {
    finds("have 1 a 10", "have 2 c 30");
    assertOnly("record 2 is c 30, and was b 20");
  }

  @Test
  void aRecordThatDoesNotReadIsSeen() {
    finds("have 1 a 10", "have 2 b 20", "bad 3 damaged on disk");
    assertOnly("a record does not read");
  }

  @Test
  void noNumberIsGivenTwice() {
    finds("have 1 a 10", "have 2 b 20");
    says("put d 5", "ack 2 d 5");
    assertOnly("record number 2 was given twice");
  }

  @Test
  void theActiveTableIsWholeAndTheNewest() {
    says("have 1 a 10", "have 2 b 20", "reported 4", "state 5", "table 5 broken", "ready");
    assertOnly("table 5 is half another one");
    judge.boot();
    says("have 1 a 10", "have 2 b 20", "state 5", "table 3 whole", "ready");
    assertOnly("table 3 is active; 4 was completed, 5 begun");
    judge.boot();
    says("have 1 a 10", "have 2 b 20", "state 5", "table 6 whole", "ready");
    assertOnly("table 6 is active");
  }

  @Test
  void theStateDoesNotGoBack() {
    says("have 1 a 10", "have 2 b 20", "reported 4", "state 3", "table 4 whole", "ready");
    assertOnly("state 3; 4 was on disk, 5 begun");
  }

  @Test
  void aReplayIsDropped() {
    finds("have 1 a 10", "have 2 b 20", "replay 4 ran");
    assertOnly("command 4 ran twice");
  }

  @Test
  void theReportOfACompletedCommandIsThere() {
    says("have 1 a 10", "have 2 b 20", "state 4", "table 4 whole", "ready");
    assertOnly("the report of command 4 is lost");
  }

  @Test
  void aGuestThatDoesNotSayWhatItFoundHasNotPassed() {
    says("have 1 a 10", "have 2 b 20", "reported 4", "ready");
    assertOnly("did not say");
  }

  @Test
  void otherWordsOfTheConsoleAreLeftAlone() {
    finds("have 1 a 10", "have 2 b 20", "", "[ 1.0] random: crng init", "ack x", "recovered 17");
    assertThat(judge.violations()).isEmpty();
    assertThat(judge.recovered()).isEqualTo(17);
  }
}
