package org.heliostat.hil.launch;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.heliostat.protocol.ArmCommand;
import org.heliostat.protocol.LinkKey;
import org.heliostat.protocol.LinkRun;
import org.heliostat.protocol.LinkSeal;
import org.heliostat.protocol.Mode;
import org.heliostat.protocol.PacketKind;
import org.heliostat.protocol.Receipt;
import org.heliostat.protocol.RestartProcess;
import org.heliostat.protocol.Role;
import org.heliostat.protocol.SetMode;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Uplink;

/**
 * What somebody sends who owns the broker and has no key: made up, sealed with keys of his own, or
 * made of packets that went over the link before. The same seed and the same packets make the same
 * frames. One thread.
 */
final class HostileFrames {
  /** Packets that are kept; beyond it the oldest goes. */
  private static final int MOST_HEARD = 256;

  private static final int LARGEST = 4096;

  private final Random random;
  private final LinkSeal seal;
  private final LinkRun run;
  private final byte[][] up = new byte[MOST_HEARD][];
  private final byte[][] down = new byte[MOST_HEARD][];
  private int upCount;
  private int downCount;

  /** How a frame is made. */
  enum Kind {
    /** Bytes, as they come. */
    NOISE,
    /** A header that could be one of ours, and bytes. */
    HEADER_AND_NOISE,
    /** A dangerous command, sealed with a key of the right number and another secret. */
    WRONG_SECRET,
    /** Receipts and files, sealed so. */
    WRONG_STATION,
    /** One of ground's packets, cut. */
    CUT,
    EXTENDED,
    ONE_BIT_TURNED,
    /** Another counter, key, run or time. */
    HEADER_CHANGED,
    /** As it was. */
    REPLAYED,
    /** What the satellite has sent comes back to it. */
    TURNED_AROUND,
    /** The head of one and the body of another. */
    SPLICED,
    /** Nothing, or next to nothing. */
    EMPTY
  }

  /** For the link of one spacecraft. */
  HostileFrames(int spacecraft, long seed) {
    this.random = new Random(seed);
    this.seal = new LinkSeal(spacecraft);
    this.run = new LinkRun(seal, random::nextLong);
  }

  /** A packet that ground has sent. */
  void heardUp(byte[] packet) {
    up[upCount++ % MOST_HEARD] = packet;
  }

  /** A packet that the satellite has sent. */
  void heardDown(byte[] packet) {
    down[downCount++ % MOST_HEARD] = packet;
  }

  /** The next frame. */
  byte[] next() {
    Kind[] kinds = Kind.values();
    return make(kinds[random.nextInt(kinds.length)]);
  }

  byte[] make(Kind kind) {
    return switch (kind) {
      case NOISE -> bytes(1 + random.nextInt(LARGEST));
      case HEADER_AND_NOISE -> headed();
      case WRONG_SECRET -> forgedCommand();
      case WRONG_STATION -> forgedReceipt();
      case CUT -> {
        byte[] packet = ofGround();
        yield Arrays.copyOf(packet, random.nextInt(packet.length));
      }
      case EXTENDED -> {
        byte[] packet = ofGround();
        yield Arrays.copyOf(packet, packet.length + 1 + random.nextInt(64));
      }
      case ONE_BIT_TURNED -> {
        byte[] packet = ofGround().clone();
        packet[random.nextInt(packet.length)] ^= (byte) (1 << random.nextInt(8));
        yield packet;
      }
      case HEADER_CHANGED -> {
        byte[] packet = ofGround().clone();
        packet[Math.min(packet.length - 1, 1 + random.nextInt(26))] ^=
            (byte) (1 + random.nextInt(255));
        yield packet;
      }
      case REPLAYED -> ofGround();
      case TURNED_AROUND -> downCount == 0 ? headed() : known(down, downCount);
      case SPLICED -> spliced();
      case EMPTY -> bytes(random.nextInt(3));
    };
  }

  private byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  private int key() {
    return LinkKey.id(Role.forNumber(1 + random.nextInt(5)), 1 + random.nextInt(3));
  }

  private byte[] headed() {
    byte[] frame = bytes(32 + random.nextInt(200));
    ByteBuffer.wrap(frame)
        .put((byte) (0x30 | (1 + random.nextInt(4))))
        .putShort((short) key())
        .putLong(random.nextLong())
        .putLong(1L + random.nextInt(1_000_000));
    return frame;
  }

  private byte[] forgedCommand() {
    long counter = 1L + random.nextInt(1_000_000);
    Telecommand.Builder command = Telecommand.newBuilder().setCounter(counter);
    if (random.nextBoolean()) {
      command.setSetMode(SetMode.newBuilder().setMode(Mode.SAFE));
    } else {
      command.setArmCommand(
          ArmCommand.newBuilder()
              .setCommand(
                  Telecommand.newBuilder().setRestartProcess(RestartProcess.getDefaultInstance())));
    }
    try (LinkKey key = new LinkKey(key(), bytes(LinkKey.SECRET_BYTES))) {
      return seal.command(
          key,
          run.id(),
          counter,
          0,
          Uplink.newBuilder().setTelecommand(command).build().toByteArray());
    }
  }

  private byte[] forgedReceipt() {
    Receipt.Builder receipt = Receipt.newBuilder();
    for (int i = random.nextInt(200); i >= 0; i--) {
      receipt.addRecords(random.nextInt(10_000));
    }
    int id = LinkKey.id(Role.ROLE_STATION, 1 + random.nextInt(2));
    try (LinkKey key = new LinkKey(id, bytes(LinkKey.SECRET_BYTES))) {
      return run.seal(
          key,
          random.nextBoolean() ? PacketKind.RECEIPT : PacketKind.FILE,
          Uplink.newBuilder().setReceipt(receipt).build().toByteArray());
    }
  }

  private byte[] spliced() {
    byte[] head = ofGround();
    byte[] body = ofGround();
    int cut = Math.min(27, Math.min(head.length, body.length));
    byte[] spliced = body.clone();
    System.arraycopy(head, 0, spliced, 0, cut);
    // the same packet twice is a replay, no less
    return spliced;
  }

  private byte[] ofGround() {
    return upCount == 0 ? headed() : known(up, upCount);
  }

  private byte[] known(byte[][] packets, int count) {
    return packets[random.nextInt(Math.min(count, MOST_HEARD))];
  }
}
