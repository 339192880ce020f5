package org.heliostat.hil.ground;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.heliostat.protocol.RecordPart;

/**
 * The parts of records that are not whole yet, in a file: a station that is started anew goes on
 * where the last one was. It is never forced: what a power loss takes is sent again. A file that
 * cannot be written costs just that; it is begun anew when no record is in parts any more.
 *
 * <p>Bounded: beyond {@value #MOST_BYTES} bytes it is written anew with what still counts. One
 * thread.
 */
final class PartJournal implements Receiver.Parts, AutoCloseable {
  static final int MOST_BYTES = 2 * PartAssembly.MOST_BYTES;

  /** Length and CRC-32C (RFC 3720) of what follows. */
  private static final int HEAD_BYTES = 8;

  private static final int LARGEST_ENTRY = PartAssembly.LARGEST_BYTES + 64;

  private final FileChannel channel;
  private long end;
  private boolean broken;

  /** Takes an open file over, of which {@link #replay} is to be asked first. */
  PartJournal(FileChannel channel) {
    this.channel = channel;
  }

  /** Gives what the file holds, up to the first entry that is not right. */
  void replay(Consumer<RecordPart> parts) throws IOException {
    long size = channel.size();
    while (end + HEAD_BYTES < size) {
      ByteBuffer head = read(end, HEAD_BYTES);
      int length = head.getInt();
      if (length <= 0 || length > LARGEST_ENTRY || length > size - end - HEAD_BYTES) {
        break;
      }
      ByteBuffer entry = read(end + HEAD_BYTES, length);
      if (head.getInt() != crc(entry.duplicate())) {
        break;
      }
      try {
        parts.accept(RecordPart.parseFrom(entry));
      } catch (InvalidProtocolBufferException e) {
        break;
      }
      end += HEAD_BYTES + length;
    }
    channel.truncate(end);
  }

  private ByteBuffer read(long position, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining() && channel.read(bytes, position + bytes.position()) > 0) {
      // until it is full; a file that is shorter leaves zeros, which are no entry
    }
    return bytes.rewind();
  }

  private static int crc(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  /** Adds a part that has been taken into the assembly. */
  @Override
  public void add(RecordPart part, PartAssembly assembly) {
    try {
      if (end > MOST_BYTES) {
        clear();
        for (long record : assembly.records()) {
          for (RecordPart one : assembly.parts(record)) {
            write(one);
          }
        }
      } else if (!broken) {
        write(part);
      }
    } catch (IOException e) {
      broken = true;
    }
  }

  /** No record is in parts any more. */
  @Override
  public void clear() {
    if (end == 0 && !broken) {
      return;
    }
    try {
      channel.truncate(0);
      end = 0;
      broken = false;
    } catch (IOException e) {
      broken = true;
    }
  }

  private void write(RecordPart part) throws IOException {
    byte[] content = part.toByteArray();
    ByteBuffer entry = ByteBuffer.allocate(HEAD_BYTES + content.length);
    entry.putInt(content.length).putInt(crc(ByteBuffer.wrap(content))).put(content).flip();
    long position = end;
    while (entry.hasRemaining()) {
      position += channel.write(entry, position);
    }
    end = position;
  }

  /** Bytes that it takes. */
  long bytes() {
    return end;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
