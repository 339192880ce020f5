package org.heliostat.core.file;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * What operators and uploads change in the {@link Jail}; on return it is on disk. Nothing is done
 * for whom nobody waits any more, as far as that is known. One thread at a time, but for {@link
 * #install}, which may be called beside another one's changes.
 */
public final class JailFiles {
  /** Held from the look whether a place is free until it is taken. */
  private static final Object PLACES = new Object();

  private final Jail jail;
  private final FreshFiles fresh;
  private final UploadedNames uploaded;
  private final Forcing forcing;

  /** Brings the entry of a file in its folder to disk. */
  @FunctionalInterface
  public interface Forcing {
    /** Forces the folder of this file. */
    void folderOf(Path file) throws IOException;
  }

  JailFiles(Jail jail, FreshFiles fresh, UploadedNames uploaded, Forcing forcing) {
    this.jail = jail;
    this.fresh = fresh;
    this.uploaded = uploaded;
    this.forcing = forcing;
  }

  /**
   * For uploads, which only {@link #install}.
   *
   * @param data the folder that holds the jail
   */
  public JailFiles(Path data, Jail jail, Forcing forcing) {
    this(jail, new FreshFiles(data.resolve("files.fresh")), new UploadedNames(data), forcing);
  }

  /**
   * Moves a file that lies elsewhere on the same file system to its place, in one go; the folders
   * that it lies in are made, and a file that is there is replaced.
   *
   * @param file is forced already
   */
  public void install(Path file, String path, Disk.Turn turn) throws IOException {
    Path place = uploadable(path);
    synchronized (PLACES) {
      makeParent(place, path, turn);
      refuseLate(turn);
      Files.move(file, place, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
    forcing.folderOf(place);
    forcing.folderOf(file);
  }

  /** Where a file may come by upload: neither is a folder there, nor a file where one should be. */
  public Path uploadable(String path) throws Jail.Refused {
    Path place = jail.resolve(path);
    if (place.equals(jail.root())
        || (Files.exists(place, LinkOption.NOFOLLOW_LINKS)
            && !Files.isRegularFile(place, LinkOption.NOFOLLOW_LINKS))) {
      throw new Jail.Refused("\"" + path + "\" is no file");
    }
    for (Path above = place.getParent();
        above != null && above.startsWith(jail.root());
        above = above.getParent()) {
      if (Files.exists(above, LinkOption.NOFOLLOW_LINKS)
          && !Files.isDirectory(above, LinkOption.NOFOLLOW_LINKS)) {
        throw new Jail.Refused("\"" + path + "\" would lie in what is no folder");
      }
    }
    return place;
  }

  /** Makes the folder itself. */
  void makeRoot(Disk.Turn turn) throws IOException {
    make(jail.root(), turn);
  }

  /** A copy that is to begin. */
  FileCopy copy(String from, String to, Disk.Turn turn) throws IOException {
    Path source = jail.file(from);
    if (source.equals(jail.resolve(to))) {
      throw new Jail.Refused("\"" + from + "\" would be copied to itself");
    }
    Path place = place(to, turn);
    return new FileCopy(source, place, fresh, false, this::put);
  }

  /** Where a file may come: its folder is made, and a file that is there is replaced. */
  Path place(String path, Disk.Turn turn) throws IOException {
    Path place = jail.resolve(path);
    if (Files.isDirectory(place)) {
      throw new Jail.Refused("\"" + path + "\" is a folder");
    }
    // so that the operator hears of it now; what counts is the look when it is put there
    refuseUploaded(place);
    makeParent(place, path, turn);
    return place;
  }

  /** Puts a file that an operator had made at such a place, in one go; on return it is on disk. */
  void put(Path file, Path place) throws IOException {
    synchronized (PLACES) {
      // whoever uploads has its name in the list before it comes here
      refuseUploaded(place);
      Files.move(file, place, StandardCopyOption.ATOMIC_MOVE);
    }
    forcing.folderOf(place);
  }

  private void refuseUploaded(Path place) throws Jail.Refused {
    uploaded.refuse(jail.root().relativize(place).toString());
  }

  void move(String from, String to, Disk.Turn turn) throws IOException {
    Path source = jail.file(from);
    Path place;
    synchronized (PLACES) {
      // nothing can have come there meanwhile: nobody else moves files to the jail
      place = free(to);
      refuseUploaded(place);
      makeParent(place, to, turn);
      refuseLate(turn);
      Files.move(source, place, StandardCopyOption.ATOMIC_MOVE);
    }
    forcing.folderOf(place);
    forcing.folderOf(source);
  }

  void makeFolder(String path, Disk.Turn turn) throws IOException {
    make(free(path), turn);
  }

  void removeFolder(String path, Disk.Turn turn) throws IOException {
    Path folder = jail.resolve(path);
    if (folder.equals(jail.root()) || !Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      throw new Jail.Refused("\"" + path + "\" is no folder in it");
    }
    refuseLate(turn);
    try {
      Files.delete(folder);
    } catch (DirectoryNotEmptyException e) {
      throw new Jail.Refused("\"" + path + "\" is not empty");
    }
    forcing.folderOf(folder);
  }

  void delete(String path, Disk.Turn turn) throws IOException {
    Path file = jail.file(path);
    refuseLate(turn);
    Files.delete(file);
    forcing.folderOf(file);
  }

  private void makeParent(Path file, String path, Disk.Turn turn) throws IOException {
    Path parent = file.getParent();
    if (parent == null || file.equals(jail.root())) {
      throw new Jail.Refused("\"" + path + "\" is no file");
    }
    make(parent, turn);
  }

  /** Makes a folder and those above it that are missing; a path has few parts. */
  private void make(Path folder, Disk.Turn turn) throws IOException {
    if (Files.isDirectory(folder)) {
      return;
    }
    Path parent = folder.getParent();
    if (parent != null) {
      make(parent, turn);
    }
    refuseLate(turn);
    Files.createDirectory(folder);
    forcing.folderOf(folder);
  }

  /** A place at which nothing is. */
  private Path free(String path) throws Jail.Refused {
    Path place = jail.resolve(path);
    if (Files.exists(place, LinkOption.NOFOLLOW_LINKS)) {
      throw new Jail.Refused("\"" + path + "\" is there already");
    }
    return place;
  }

  private static void refuseLate(Disk.Turn turn) throws IOException {
    if (turn.left()) {
      throw new IOException("nobody waits for it any more");
    }
  }
}
