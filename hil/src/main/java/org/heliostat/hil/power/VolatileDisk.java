package org.heliostat.hil.power;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A disk that has a volatile cache, as real ones do: what was written and not flushed is in memory
 * alone, and a power cut takes of it what chance takes, sector by sector and in no order. What was
 * flushed is in the image.
 *
 * <p>Killing qemu does not do that by itself: with any of its cache modes a write that the guest
 * has handed over reaches the image, flushed or not, because the host lives on. Software that
 * forgets a flush would pass.
 *
 * <p>Overflow policy: beyond {@value #MOST_SECTORS} sectors a write flushes first, as a disk whose
 * cache is full does. Thread-safe.
 */
final class VolatileDisk implements AutoCloseable {
  /** What a disk writes wholly or not at all, in bytes. */
  static final int SECTOR = 512;

  static final int MOST_SECTORS = 131_072;

  private final FileChannel image;
  private final long bytes;
  private final TreeMap<Long, byte[]> cache = new TreeMap<>();
  private boolean off;

  /**
   * What a cut has done.
   *
   * @param unflushed sectors that were in the cache
   * @param lost those of them that are not on the image
   */
  record Cut(int unflushed, int lost) {}

  /** Over an image whose length is that of the disk, a multiple of the sector. */
  VolatileDisk(Path file) throws IOException {
    image = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    bytes = image.size();
    if (bytes % SECTOR != 0) {
      image.close();
      throw new IOException(file + " is no whole number of sectors");
    }
  }

  long bytes() {
    return bytes;
  }

  /** Sectors that a cut may take. */
  synchronized int unflushed() {
    return cache.size();
  }

  /** Reads what was written last. */
  synchronized byte[] read(long offset, int length) throws IOException {
    check(offset, length);
    ByteBuffer read = ByteBuffer.allocate(length);
    while (read.hasRemaining()) {
      if (image.read(read, offset + read.position()) < 0) {
        throw new IOException("the image has become shorter");
      }
    }
    for (Map.Entry<Long, byte[]> sector :
        cache.subMap(offset / SECTOR, (offset + length) / SECTOR).entrySet()) {
      System.arraycopy(
          sector.getValue(), 0, read.array(), (int) (sector.getKey() * SECTOR - offset), SECTOR);
    }
    return read.array();
  }

  /** Writes into the cache. */
  synchronized void write(long offset, byte[] content) throws IOException {
    check(offset, content.length);
    if (cache.size() + content.length / SECTOR > MOST_SECTORS) {
      flush();
    }
    for (int at = 0; at < content.length; at += SECTOR) {
      byte[] sector = new byte[SECTOR];
      System.arraycopy(content, at, sector, 0, SECTOR);
      cache.put((offset + at) / SECTOR, sector);
    }
  }

  /** Brings all that was written to the image. */
  synchronized void flush() throws IOException {
    checkOn();
    store(Double.POSITIVE_INFINITY, new Random(0));
  }

  /**
   * The power goes: each sector that was not flushed is on the image with a chance that is drawn
   * for this cut, none and all among them. Nothing is read or written any more.
   */
  synchronized Cut cut(Random random) throws IOException {
    checkOn();
    int choice = random.nextInt(6);
    double chance = choice < 2 ? 0 : choice == 2 ? 1 : random.nextDouble();
    int unflushed = cache.size();
    int lost = store(chance, random);
    off = true;
    return new Cut(unflushed, lost);
  }

  private int store(double chance, Random random) throws IOException {
    int lost = 0;
    for (Map.Entry<Long, byte[]> sector : cache.entrySet()) {
      if (random.nextDouble() >= chance) {
        lost++;
        continue;
      }
      ByteBuffer content = ByteBuffer.wrap(sector.getValue());
      while (content.hasRemaining()) {
        image.write(content, sector.getKey() * SECTOR + content.position());
      }
    }
    cache.clear();
    return lost;
  }

  private void check(long offset, int length) throws IOException {
    checkOn();
    if (offset < 0
        || length < 0
        || offset % SECTOR != 0
        || length % SECTOR != 0
        || offset + length > bytes) {
      throw new IOException("no such place: " + length + " bytes at " + offset);
    }
  }

  private void checkOn() throws IOException {
    if (off) {
      throw new IOException("the power is off");
    }
  }

  @Override
  public synchronized void close() throws IOException {
    off = true;
    image.close();
  }
}
