package org.heliostat.hil.ground;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.heliostat.protocol.OperatorRequest;
import org.heliostat.protocol.SchemaCheck;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever comes down from the satellite, or in from an operator. */
@Timeout(10)
class GroundFuzzTest {
  @TempDir private Path folder;

  @FuzzTest(maxDuration = "60s")
  void operatorFrames(byte[] bytes) {
    try {
      ReadableByteChannel channel = Channels.newChannel(new ByteArrayInputStream(bytes));
      for (int read = 0; read <= bytes.length; read += 4) {
        try {
          OperatorRequest request = OperatorRequest.parseFrom(OperatorFrames.read(channel));
          assertThat(SchemaCheck.problems(request.getTelecommand())).isNotNull();
        } catch (InvalidProtocolBufferException e) {
          assertThat(e).hasMessageMatching("(?s).+");
        }
      }
    } catch (IOException e) {
      return;
    }
    throw new AssertionError("more messages than the bytes can hold");
  }

  /**
   * What is inside a packet of the satellite through receiver and archive, and the archive opened
   * again.
   */
  @FuzzTest(maxDuration = "60s")
  void downlink(byte[] bytes) throws IOException {
    Path out = folder.resolve("out");
    Counters counters = new Counters();
    try {
      try (DiskArchive archive = open(out, counters)) {
        Receiver receiver =
            new Receiver(
                Optional::of,
                archive,
                uplink -> true,
                live -> assertThat(ProtoJson.of(live).isJsonObject()).isTrue(),
                report -> assertThat(report).isNotNull(),
                new GroundEvents(
                    event -> assertThat(event.getName()).isNotEqualTo("DISK_FAILED"), counters),
                counters);
        receiver.receive(bytes, 0);
        receiver.flushNow();
        archive.catalogue().writeIndex();
        assertThat(counters.notStored).isZero();
      }
      try (DiskArchive archive = open(out, new Counters())) {
        assertThat(archive.catalogue().json()).isNotNull();
      }
    } finally {
      clear(out);
    }
  }

  private static DiskArchive open(Path out, Counters counters) throws IOException {
    return new DiskArchive(
        out, new MissionUtc(1_000_000_000_000L, 1_700_000_000_000_000_000L), 7, counters);
  }

  private static void clear(Path out) throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(out)) {
      files = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : files) {
      Files.delete(file);
    }
  }
}
