package org.heliostat.tests.bench;

import java.util.Random;
import org.heliostat.protocol.LinkKey;
import org.heliostat.protocol.LinkRun;
import org.heliostat.protocol.LinkSeal;
import org.heliostat.protocol.PacketKind;
import org.heliostat.protocol.Role;

/** What it costs to seal a packet of the downlink. */
final class SealLoops {
  private static final int WARM_UP = 20_000;
  private static final int ROUNDS = 21;
  private static final int PACKETS_A_ROUND = 500;

  private SealLoops() {}

  /** Prints {@code seal_SIZE us} for each size. */
  public static void main(String[] arguments) {
    Random random = new Random(1);
    byte[] secret = new byte[LinkKey.SECRET_BYTES];
    random.nextBytes(secret);
    LinkRun run = new LinkRun(new LinkSeal(42), random::nextLong);
    try (LinkKey key = new LinkKey(LinkKey.id(Role.ROLE_OPERATOR, 1), secret)) {
      for (String argument : arguments) {
        byte[] packet = new byte[Integer.parseInt(argument)];
        long bytes = 0;
        for (int i = 0; i < WARM_UP; i++) {
          bytes += run.seal(key, PacketKind.TELEMETRY, packet).length;
        }
        double[] micros = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
          long start = System.nanoTime();
          for (int i = 0; i < PACKETS_A_ROUND; i++) {
            bytes += run.seal(key, PacketKind.TELEMETRY, packet).length;
          }
          micros[round] = (System.nanoTime() - start) / 1e3 / PACKETS_A_ROUND;
        }
        System.out.println("seal_" + argument + " " + Loops.median(micros));
        System.out.println("bytes_" + argument + " " + bytes);
      }
    }
  }
}
