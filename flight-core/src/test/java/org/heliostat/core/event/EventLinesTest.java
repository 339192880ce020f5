package org.heliostat.core.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EventLinesTest {
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

  private List<String> lines() {
    return printed.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void allThatWaitsIsPrintedInOrderBeforeItIsClosed() {
    try (EventLines lines =
        new EventLines(new PrintStream(printed, true, StandardCharsets.UTF_8))) {
      for (int i = 0; i < 500; i++) {
        lines.accept("line " + i);
      }
    }
    assertThat(lines()).hasSize(500).startsWith("line 0", "line 1").endsWith("line 499");
  }

  @Test
  void aReaderWhoHasStoppedReadingHoldsUpNobodyAndIsToldWhatHeMissed() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch reads = new CountDownLatch(1);
    PrintStream pipe =
        new PrintStream(
            new OutputStream() {
              @Override
              public void write(int oneByte) {
                begun.countDown();
                boolean waited = false;
                while (!waited) {
                  try {
                    reads.await();
                    waited = true;
                  } catch (InterruptedException e) {
                    // a write to a pipe is not interrupted either
                  }
                }
                printed.write(oneByte);
              }
            },
            true,
            StandardCharsets.UTF_8);
    EventLines lines = new EventLines(pipe);
    lines.accept("first");
    begun.await();
    for (int i = 0; i < EventLines.MOST + 7; i++) {
      lines.accept("line " + i);
    }
    reads.countDown();
    lines.close();
    assertThat(lines())
        .hasSize(EventLines.MOST + 2)
        .startsWith("first", "line 0")
        .endsWith("7 lines of events were left out: nobody read them");
  }
}
