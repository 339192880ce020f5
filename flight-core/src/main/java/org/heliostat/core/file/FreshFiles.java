package org.heliostat.core.file;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The folder in which files are written that are then moved to their place in one go: on the file
 * system of that place, but where nobody names files of his own. No name is given twice by one
 * process, so that who was left in a system call never writes into the file of another. What a kill
 * has left there is swept away. Thread-safe.
 */
public final class FreshFiles {
  // of all folders and apps: who was left in a system call may belong to an app that has ended
  private static final AtomicLong LAST = new AtomicLong();

  private final Path folder;

  /** In this folder, which need not exist yet. */
  public FreshFiles(Path folder) {
    this.folder = folder;
  }

  /** A name that nobody else has; nothing is touched. */
  Path next() {
    return folder.resolve(String.valueOf(LAST.incrementAndGet()));
  }

  /** Makes room for a file of that name. */
  void prepare(Path fresh) throws IOException {
    Files.createDirectories(folder);
    // of a process before this one
    boolean unused = Files.deleteIfExists(fresh);
  }

  /** Takes away what is there; to be called while nobody writes there who is still waited for. */
  public void sweep() throws IOException {
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (DirectoryStream<Path> left = Files.newDirectoryStream(folder)) {
      for (Path file : left) {
        boolean unused = Files.deleteIfExists(file);
      }
    } catch (DirectoryIteratorException e) {
      throw new IOException(e.getCause());
    }
  }
}
