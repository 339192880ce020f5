package org.heliostat.core.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * The one folder whose files operators may touch. A path is relative to it, holds no {@code ..},
 * and leads over no link, whatever stands on the disk. Stateless over its root; thread-safe. (A
 * file that another process swaps for a link between check and use is not guarded against: only the
 * flight process writes there.)
 */
public final class Jail {
  /** Longest path, in characters. */
  public static final int LONGEST = 256;

  private final Path root;

  /** The jail at this folder, which need not exist yet. */
  public Jail(Path root) {
    this.root = root.toAbsolutePath().normalize();
  }

  /** A path that is not let in; the message says why. */
  public static final class Refused extends IOException {
    private static final long serialVersionUID = 1L;

    Refused(String message) {
      super(message);
    }
  }

  /** The folder itself. */
  public Path root() {
    return root;
  }

  /**
   * The file that a path means; it need not exist.
   *
   * @param path relative; empty for the folder itself
   */
  public Path resolve(String path) throws Refused {
    if (path.length() > LONGEST) {
      throw new Refused("the path is longer than " + LONGEST + " characters");
    }
    Path relative;
    try {
      relative = Path.of(path);
    } catch (InvalidPathException e) {
      throw new Refused("\"" + path + "\" is no path");
    }
    if (relative.isAbsolute()) {
      throw new Refused("\"" + path + "\" is not relative to the folder of files");
    }
    Path at = root;
    for (Path part : relative) {
      String name = part.toString();
      if (name.equals("..")) {
        throw new Refused("\"" + path + "\" leads out of the folder of files");
      }
      at = name.isEmpty() || name.equals(".") ? at : at.resolve(name);
      if (Files.isSymbolicLink(at)) {
        throw new Refused("\"" + path + "\" leads over a link");
      }
    }
    return at;
  }

  /** A regular file that exists. */
  public Path file(String path) throws Refused {
    Path file = resolve(path);
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new Refused("\"" + path + "\" is no file");
    }
    return file;
  }
}
