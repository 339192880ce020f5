package org.heliostat.hil.ground;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.heliostat.protocol.LinkKey;
import org.heliostat.protocol.LinkSeal;
import org.heliostat.protocol.PacketKind;
import org.heliostat.protocol.Role;
import org.heliostat.protocol.SeenPackets;

/**
 * Opens what comes down, each packet once: one that is not authentic, and one that has come before,
 * is nothing. How far each run of the satellite has been heard is kept on disk, so that an older
 * packet is none after the station was started anew either; what came between the last note and the
 * end of the station could come again, and is a record that is known or telemetry of seconds ago.
 * One thread.
 */
final class TelemetryGate {
  /** Runs, that is boots, of the satellite. */
  private static final int MOST_RUNS = 1024;

  private final GroundKeys keys;
  private final LinkSeal seal;
  private final Path file;
  private final SeenPackets seen = new SeenPackets(MOST_RUNS);
  private boolean noted = true;

  /**
   * A gate.
   *
   * @param file in which it notes what it has heard
   * @throws IOException where what stands there cannot be read
   */
  TelemetryGate(GroundKeys keys, LinkSeal seal, Path file) throws IOException {
    this.keys = keys;
    this.seal = seal;
    this.file = file;
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        String[] words = line.split(" ", -1);
        try {
          seen.seenUpTo(Long.parseUnsignedLong(words[0], 16), Long.parseLong(words[1]));
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
          throw new IOException(file + " holds no run: " + line, e);
        }
      }
    }
  }

  /** What is inside a packet; empty where it is not authentic, or has come before. */
  Optional<byte[]> open(byte[] sealed) {
    Optional<LinkSeal.Header> header =
        LinkSeal.header(sealed)
            .filter(
                known ->
                    known.kind() == PacketKind.TELEMETRY
                        && LinkKey.role(known.key())
                            .filter(role -> role == Role.ROLE_STATION)
                            .isPresent());
    Optional<byte[]> packet =
        header.flatMap(known -> keys.key(known.key())).flatMap(key -> seal.open(key, sealed));
    if (packet.isEmpty()) {
      header.ifPresent(known -> keys.unopened(known.key()));
      return packet;
    }
    LinkSeal.Header believed = header.orElseThrow();
    replace(believed.key());
    if (!seen.fresh(believed.run(), believed.counter())) {
      return Optional.empty();
    }
    noted = false;
    return packet;
  }

  /** What the satellite seals with the key that is to follow shows that it is good there. */
  private void replace(int key) {
    try {
      keys.replace(key);
    } catch (IOException e) {
      // tried again with the next packet
      GroundLog.say("keys: " + e);
    }
  }

  /** Notes what it has heard. */
  void note() throws IOException {
    if (noted) {
      return;
    }
    StringBuilder text = new StringBuilder();
    seen.highest()
        .forEach(
            (run, highest) ->
                text.append(Long.toHexString(run)).append(' ').append(highest).append('\n'));
    DurableFile.write(file, text.toString().getBytes(StandardCharsets.US_ASCII));
    noted = true;
  }
}
