package org.heliostat.core.file;

import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.file.Path;
import java.util.Optional;
import org.heliostat.protocol.InstalledFile;
import org.heliostat.protocol.InstalledList;

/**
 * The names in the {@link Jail} to which a file has ever come by upload. Operators' commands may
 * read, take away and delete what is there, and write nothing there: else a copy would bring back
 * what a newer version has replaced, or what nobody has signed. Where the list of them does not
 * read or is not whole, each name counts as one of them.
 *
 * <p>Read from disk each time: the app of uploads, which alone writes the list, names a file there
 * before it puts it in place. Stateless; any thread.
 */
public final class UploadedNames {
  private final CheckedFile list;

  /**
   * Nothing is read yet.
   *
   * @param data the folder that holds that of uploads
   */
  public UploadedNames(Path data) {
    this.list = list(data);
  }

  /** Where the list of them lies, an {@link InstalledList}. */
  public static CheckedFile list(Path data) {
    return new CheckedFile(data.resolve("uploads").resolve("installed.bin"));
  }

  /** Refuses a name, relative to the jail, that is one of them. */
  void refuse(String name) throws Jail.Refused {
    Optional<byte[]> stored = list.read();
    if (stored.isEmpty() && !list.damaged()) {
      return;
    }
    InstalledList names = InstalledList.newBuilder().setLost(true).build();
    try {
      names = stored.isPresent() ? InstalledList.parseFrom(stored.get()) : names;
    } catch (InvalidProtocolBufferException e) {
      // as if it did not read
    }
    if (names.getLost()) {
      throw new Jail.Refused(
          "the list of uploads is not whole: nothing is written where one may have come, until"
              + " AcceptUploadList");
    }
    if (names.getFilesList().stream().map(InstalledFile::getPath).anyMatch(name::equals)) {
      throw new Jail.Refused("\"" + name + "\" is a file of uploads: only an upload replaces it");
    }
  }
}
