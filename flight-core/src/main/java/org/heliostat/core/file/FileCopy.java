package org.heliostat.core.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Copies one file piece by piece, each of them forced, into a fresh file, and puts that in place in
 * one go at the end. Nothing stays open between two pieces. One thread at a time.
 */
public final class FileCopy {
  private final Path from;
  private final Path to;
  private final FreshFiles freshFiles;
  private final Path fresh;
  private final boolean attributes;
  private final Placing placing;
  private long at;
  private boolean begun;
  private volatile boolean abandoned;

  /** Puts a finished file in place. */
  @FunctionalInterface
  interface Placing {
    /** Moves the file to its place, in one go; on return it is on disk. */
    void put(Path fresh, Path place) throws IOException;
  }

  /**
   * Nothing is touched yet.
   *
   * @param freshFiles on the same file system as the copy
   * @param attributes whether permissions and time of change go along
   */
  public FileCopy(Path from, Path to, FreshFiles freshFiles, boolean attributes) {
    this(
        from,
        to,
        freshFiles,
        attributes,
        (fresh, place) -> {
          Files.move(fresh, place, StandardCopyOption.ATOMIC_MOVE);
          CheckedFile.forceFolder(place);
        });
  }

  /** One that is put in place otherwise. */
  FileCopy(Path from, Path to, FreshFiles freshFiles, boolean attributes, Placing placing) {
    this.from = from;
    this.to = to;
    this.freshFiles = freshFiles;
    this.fresh = freshFiles.next();
    this.attributes = attributes;
    this.placing = placing;
  }

  /**
   * Copies on.
   *
   * @param mostBytes of this piece
   * @return whether there is more; after false the copy stands in its place
   */
  public boolean piece(long mostBytes) throws IOException {
    try {
      return copy(mostBytes);
    } finally {
      if (abandoned) {
        // whoever gave it up may have come before the file
        boolean unused = Files.deleteIfExists(fresh);
      }
    }
  }

  private boolean copy(long mostBytes) throws IOException {
    refuseAbandoned();
    if (!begun) {
      freshFiles.prepare(fresh);
      Files.createFile(fresh);
      begun = true;
    }
    try (FileChannel in =
            FileChannel.open(from, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
        FileChannel out =
            FileChannel.open(fresh, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
      long end = at + mostBytes;
      out.position(at);
      while (at < end) {
        refuseAbandoned();
        long copied = in.transferTo(at, end - at, out);
        if (copied <= 0) {
          break;
        }
        at += copied;
      }
      out.force(true);
      if (at == end) {
        return true;
      }
    }
    if (attributes) {
      Files.setPosixFilePermissions(fresh, Files.getPosixFilePermissions(from));
      Files.setLastModifiedTime(fresh, Files.getLastModifiedTime(from));
    }
    refuseAbandoned();
    placing.put(fresh, to);
    return false;
  }

  private void refuseAbandoned() throws IOException {
    if (abandoned) {
      throw new IOException("the copy was given up");
    }
  }

  /**
   * Gives the copy up: a piece that comes back late puts nothing in place any more, unless it was
   * left in the very act, and what was copied is taken away, as far as the disk does that.
   */
  public void abandon(Disk disk) {
    abandoned = true;
    try {
      disk.run(
          () -> {
            boolean unused = Files.deleteIfExists(fresh);
          });
    } catch (IOException e) {
      // the sweep takes it away
    }
  }
}
