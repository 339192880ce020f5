package org.heliostat.hil.power;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server as a client of the protocol sees it. */
class NbdServerTest {
  private static final int SECTOR = VolatileDisk.SECTOR;
  private static final int READ = 0;
  private static final int WRITE = 1;
  private static final int DISCONNECT = 2;
  private static final int FLUSH = 3;

  @TempDir private static Path folder;

  private final CountDownLatch cut = new CountDownLatch(1);
  private Path image;
  private VolatileDisk disk;
  private NbdServer server;
  private SocketChannel client;
  private DataInputStream in;
  private DataOutputStream out;
  private Path socketFolder;

  @BeforeEach
  void connect() throws IOException {
    image = Files.write(folder.resolve("disk.img"), new byte[16 * SECTOR]);
    // the path of a socket is short
    socketFolder = Files.createTempDirectory("nbd");
    Path socket = socketFolder.resolve("s");
    disk = new VolatileDisk(image);
    server = new NbdServer(disk, socket, cut::countDown);
    client = SocketChannel.open(UnixDomainSocketAddress.of(socket));
    in = new DataInputStream(Channels.newInputStream(client));
    out = new DataOutputStream(Channels.newOutputStream(client));
    assertThat(in.readLong()).isEqualTo(0x4e42444d41474943L);
    assertThat(in.readLong()).isEqualTo(0x49484156454f5054L);
    assertThat(in.readUnsignedShort()).isEqualTo(3);
    out.writeInt(3);
  }

  @AfterEach
  void end() throws IOException {
    client.close();
    server.close();
    disk.close();
    Files.delete(socketFolder.resolve("s"));
    Files.delete(socketFolder);
  }

  private void option(int option) throws IOException {
    out.writeLong(0x49484156454f5054L);
    out.writeInt(option);
    out.writeInt(6);
    out.write(new byte[6]);
  }

  private int reply(int option) throws IOException {
    assertThat(in.readLong()).isEqualTo(0x3e889045565a9L);
    assertThat(in.readInt()).isEqualTo(option);
    int kind = in.readInt();
    in.readNBytes(in.readInt());
    return kind;
  }

  private void go() throws IOException {
    option(7);
    assertThat(in.readLong()).isEqualTo(0x3e889045565a9L);
    assertThat(in.readInt()).isEqualTo(7);
    assertThat(in.readInt()).isEqualTo(3);
    assertThat(in.readInt()).isEqualTo(12);
    assertThat(in.readUnsignedShort()).isZero();
    assertThat(in.readLong()).isEqualTo(16 * SECTOR);
    // has flags, sends flush
    assertThat(in.readUnsignedShort()).isEqualTo(5);
    assertThat(reply(7)).isEqualTo(1);
  }

  private void request(int kind, long offset, int length, byte... content) throws IOException {
    out.writeInt(0x25609513);
    out.writeShort(0);
    out.writeShort(kind);
    out.writeLong(99);
    out.writeLong(offset);
    out.writeInt(length);
    out.write(content);
  }

  private int answer() throws IOException {
    assertThat(in.readInt()).isEqualTo(0x67446698);
    int error = in.readInt();
    assertThat(in.readLong()).isEqualTo(99);
    return error;
  }

  private static byte[] sectors(int count, int value) {
    byte[] bytes = new byte[count * SECTOR];
    java.util.Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  @Test
  void writesAreReadAndStayAfterAFlush() throws Exception {
    go();
    request(WRITE, SECTOR, SECTOR, sectors(1, 5));
    assertThat(answer()).isZero();
    assertThat(Files.readAllBytes(image)[SECTOR]).isZero();
    request(READ, SECTOR, SECTOR);
    assertThat(answer()).isZero();
    assertThat(in.readNBytes(SECTOR)).isEqualTo(sectors(1, 5));
    request(FLUSH, 0, 0);
    assertThat(answer()).isZero();
    assertThat(Files.readAllBytes(image)[SECTOR]).isEqualTo((byte) 5);
    assertThat(server.writes()).isEqualTo(1);
    request(DISCONNECT, 0, 0);
    assertThat(in.read()).isEqualTo(-1);
  }

  @Test
  void whatIsNotKnownIsRefusedAndTheRestGoesOn() throws Exception {
    option(8);
    assertThat(reply(8)).isEqualTo(0x80000001);
    option(6);
    assertThat(reply(6)).isEqualTo(3);
    assertThat(reply(6)).isEqualTo(1);
    go();
    request(42, 0, 0);
    assertThat(answer()).isEqualTo(22);
    request(READ, 16 * SECTOR, SECTOR);
    assertThat(answer()).isEqualTo(5);
    request(READ, 0, SECTOR);
    assertThat(answer()).isZero();
    assertThat(in.readNBytes(SECTOR)).isEqualTo(sectors(1, 0));
  }

  @Test
  void theOldWayIntoADiskWorksToo() throws Exception {
    option(1);
    assertThat(in.readLong()).isEqualTo(16 * SECTOR);
    assertThat(in.readUnsignedShort()).isEqualTo(5);
    request(FLUSH, 0, 0);
    assertThat(answer()).isZero();
  }

  @Test
  void aClientMayLeaveAtOnce() throws Exception {
    option(2);
    assertThat(reply(2)).isEqualTo(1);
    assertThat(in.read()).isEqualTo(-1);
  }

  @Test
  void whoSpeaksOtherwiseIsLeft() throws Exception {
    go();
    out.writeInt(0);
    assertThat(in.read()).isEqualTo(-1);
  }

  @Test
  void thePowerGoesInTheMiddleOfAWriteThatIsNeverAnswered() throws Exception {
    go();
    server.cutAfter(2, 0);
    request(WRITE, 0, SECTOR, sectors(1, 1));
    assertThat(answer()).isZero();
    request(WRITE, SECTOR, 4 * SECTOR, sectors(4, 2));
    assertThat(cut.await(10, TimeUnit.SECONDS)).isTrue();
    assertThatThrownBy(this::answer).isInstanceOf(EOFException.class);
    disk.flush();
    byte[] bytes = Files.readAllBytes(image);
    assertThat(bytes[0]).isEqualTo((byte) 1);
    assertThat(bytes[2 * SECTOR]).isEqualTo((byte) 2);
    assertThat(bytes[3 * SECTOR]).isZero();
  }

  @Test
  void theCutWaitsForACacheThatHoldsSomethingButNotForEver() throws Exception {
    go();
    server.cutAfter(1, 3);
    for (int i = 0; i < 3; i++) {
      request(WRITE, i * (long) SECTOR, SECTOR, sectors(1, 1));
      assertThat(answer()).isZero();
    }
    request(WRITE, 8 * SECTOR, SECTOR, sectors(1, 1));
    assertThat(cut.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(server.writes()).isEqualTo(4);
  }

  @Test
  void theCutComesAtLastAlsoWhereAllIsFlushed() throws Exception {
    go();
    server.cutAfter(1, 3);
    for (int i = 0; i < NbdServer.PATIENCE; i++) {
      request(WRITE, 0, SECTOR, sectors(1, 1));
      assertThat(answer()).isZero();
    }
    request(WRITE, 0, SECTOR, sectors(1, 1));
    assertThat(cut.await(10, TimeUnit.SECONDS)).isTrue();
  }
}
