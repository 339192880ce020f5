package org.heliostat.hil.power;

import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Serves one disk to one client over a Unix socket, by the NBD protocol (fixed newstyle handshake,
 * simple replies; NetworkBlockDevice/nbd, doc/proto.md). A write is answered when it is in the
 * disk's cache, a flush when that is empty. After so many writes as it was told the power goes, in
 * the middle of a write: the write is half in the cache, and nothing is answered any more.
 */
final class NbdServer implements AutoCloseable {
  private static final long MAGIC = 0x4e42444d41474943L; // NBDMAGIC
  private static final long OPTION_MAGIC = 0x49484156454f5054L; // IHAVEOPT
  private static final long REPLY_MAGIC = 0x3e889045565a9L;
  private static final int REQUEST_MAGIC = 0x25609513;
  private static final int SIMPLE_MAGIC = 0x67446698;
  private static final int FIXED_NEWSTYLE = 1;
  private static final int NO_ZEROES = 2;
  private static final int HAS_FLAGS = 1;
  private static final int SENDS_FLUSH = 4;
  private static final int OPTION_EXPORT = 1;
  private static final int OPTION_ABORT = 2;
  private static final int OPTION_INFO = 6;
  private static final int OPTION_GO = 7;
  private static final int ACK = 1;
  private static final int INFO = 3;
  private static final int UNSUPPORTED = 0x80000001;
  private static final int EIO = 5;
  private static final int EINVAL = 22;
  private static final int MOST_OPTION_BYTES = 4096;
  private static final int MOST_BYTES = 32 << 20;
  static final int PATIENCE = 500;

  private final VolatileDisk disk;
  private final Runnable cut;
  private final ServerSocketChannel server;
  private Optional<SocketChannel> client = Optional.empty();
  private long writes;
  private long cutAt = Long.MAX_VALUE;
  private int cutFrom;
  private boolean over;

  /**
   * Serves from now on.
   *
   * @param cut called once, on the server's thread, in the write that the power goes in
   */
  NbdServer(VolatileDisk disk, Path socket, Runnable cut) throws IOException {
    this.disk = disk;
    this.cut = cut;
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    Thread thread = new Thread(this::serve, "nbd");
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * Has the power go in the so-many-th write from now, 1 for the next one, or in the first one
   * after it that finds so much in the cache; at most {@value #PATIENCE} writes later it goes all
   * the same.
   *
   * @param unflushed sectors
   */
  synchronized void cutAfter(long moreWrites, int unflushed) {
    cutAt = writes + moreWrites;
    cutFrom = unflushed;
  }

  /** Writes so far. */
  synchronized long writes() {
    return writes;
  }

  private void serve() {
    try (SocketChannel accepted = server.accept()) {
      synchronized (this) {
        client = Optional.of(accepted);
      }
      DataInputStream in = new DataInputStream(Channels.newInputStream(accepted));
      DataOutputStream out =
          new DataOutputStream(new BufferedOutputStream(Channels.newOutputStream(accepted)));
      if (shakeHands(in, out)) {
        while (request(in, out)) {
          // the next one
        }
      }
    } catch (EOFException e) {
      // the machine is off
    } catch (IOException e) {
      synchronized (this) {
        if (!over) {
          System.err.println("disk: " + e);
        }
      }
    }
  }

  private boolean shakeHands(DataInputStream in, DataOutputStream out) throws IOException {
    out.writeLong(MAGIC);
    out.writeLong(OPTION_MAGIC);
    out.writeShort(FIXED_NEWSTYLE | NO_ZEROES);
    out.flush();
    boolean zeroes = (in.readInt() & NO_ZEROES) == 0;
    while (true) {
      if (in.readLong() != OPTION_MAGIC) {
        throw new IOException("that is no client of NBD");
      }
      int option = in.readInt();
      int length = in.readInt();
      if (length < 0 || length > MOST_OPTION_BYTES) {
        throw new IOException("an option of " + length + " bytes");
      }
      byte[] unused = in.readNBytes(length);
      switch (option) {
        case OPTION_EXPORT -> {
          out.writeLong(disk.bytes());
          out.writeShort(HAS_FLAGS | SENDS_FLUSH);
          out.write(new byte[zeroes ? 124 : 0]);
          out.flush();
          return true;
        }
        case OPTION_INFO, OPTION_GO -> {
          reply(out, option, INFO, 12);
          out.writeShort(0);
          out.writeLong(disk.bytes());
          out.writeShort(HAS_FLAGS | SENDS_FLUSH);
          reply(out, option, ACK, 0);
          out.flush();
          if (option == OPTION_GO) {
            return true;
          }
        }
        case OPTION_ABORT -> {
          reply(out, option, ACK, 0);
          out.flush();
          return false;
        }
        default -> {
          reply(out, option, UNSUPPORTED, 0);
          out.flush();
        }
      }
    }
  }

  private static void reply(DataOutputStream out, int option, int kind, int length)
      throws IOException {
    out.writeLong(REPLY_MAGIC);
    out.writeInt(option);
    out.writeInt(kind);
    out.writeInt(length);
  }

  /** Does what the client wants; false when it wants nothing more, or the power has gone. */
  private boolean request(DataInputStream in, DataOutputStream out) throws IOException {
    if (in.readInt() != REQUEST_MAGIC) {
      throw new IOException("a request without its magic");
    }
    short unusedFlags = in.readShort();
    int kind = in.readUnsignedShort();
    long handle = in.readLong();
    long offset = in.readLong();
    int length = in.readInt();
    if (length < 0 || length > MOST_BYTES) {
      throw new IOException("a request of " + length + " bytes");
    }
    byte[] answer = new byte[0];
    int error = 0;
    try {
      switch (kind) {
        case 0 -> answer = disk.read(offset, length);
        case 1 -> {
          if (!write(offset, in.readNBytes(length))) {
            return false;
          }
        }
        case 2 -> {
          return false;
        }
        case 3 -> disk.flush();
        default -> error = EINVAL;
      }
    } catch (EOFException e) {
      throw e;
    } catch (IOException e) {
      error = EIO;
    }
    out.writeInt(SIMPLE_MAGIC);
    out.writeInt(error);
    out.writeLong(handle);
    if (error == 0) {
      out.write(answer);
    }
    out.flush();
    return true;
  }

  private boolean write(long offset, byte[] content) throws IOException {
    boolean last;
    synchronized (this) {
      writes++;
      last = writes >= cutAt && (disk.unflushed() >= cutFrom || writes - cutAt >= PATIENCE);
    }
    if (last) {
      int half = content.length / 2 / VolatileDisk.SECTOR * VolatileDisk.SECTOR;
      disk.write(offset, java.util.Arrays.copyOf(content, half));
      cut.run();
      return false;
    }
    disk.write(offset, content);
    return true;
  }

  @Override
  public void close() throws IOException {
    Optional<SocketChannel> open;
    synchronized (this) {
      over = true;
      open = client;
    }
    server.close();
    if (open.isPresent()) {
      open.get().close();
    }
  }
}
