package org.heliostat.core.upload;

import com.google.protobuf.ByteString;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.heliostat.protocol.BeginUpload;
import org.heliostat.protocol.InstalledFile;
import org.heliostat.protocol.InstalledList;

/**
 * Which version has come to which path, so that none goes back to an older one by itself. Where
 * that was lost, each path needs a word of an operator. One thread.
 */
final class Installed {
  /** Paths that are remembered; a file for one more is refused. */
  static final int MOST = 1024;

  private final Map<String, InstalledFile> files = new LinkedHashMap<>();
  private boolean lost;

  Installed(InstalledList stored) {
    stored.getFilesList().forEach(file -> files.put(file.getPath(), file));
    lost = stored.getLost();
  }

  /** What stood in an older list is not known. */
  void lose() {
    lost = true;
  }

  /** What does not stand here is as if it had never come; false where all is known. */
  boolean accept() {
    boolean accepted = lost;
    lost = false;
    return accepted;
  }

  InstalledList stored() {
    return InstalledList.newBuilder().addAllFiles(files.values()).setLost(lost).build();
  }

  Set<String> paths() {
    return files.keySet();
  }

  /** Why a file must not come to a path. */
  Optional<String> problem(String path, int version) {
    InstalledFile file = files.get(path);
    if (file == null) {
      if (lost) {
        return Optional.of(
            "which version came to this path last is not known any more; RollBackFile says which"
                + " may come, AcceptUploadList that none came to paths that are not known");
      }
      return files.size() >= MOST
          ? Optional.of(MOST + " paths have had a file already")
          : Optional.empty();
    }
    int lowest = file.getAllowed() == 0 ? file.getVersion() : file.getAllowed();
    return Integer.compareUnsigned(version, lowest) < 0
        ? Optional.of(
            "version "
                + Integer.toUnsignedString(version)
                + " is older than "
                + Integer.toUnsignedString(lowest)
                + "; RollBackFile allows one to come")
        : Optional.empty();
  }

  /** Whether this very file was the last one that came to a path. */
  boolean isLast(String path, ByteString sha256, int version) {
    InstalledFile file = files.get(path);
    return file != null && file.getVersion() == version && file.getSha256().equals(sha256);
  }

  boolean isLast(String path, BeginUpload file) {
    return isLast(path, file.getSha256(), file.getVersion());
  }

  /** The upload that came to its path last, by its counter. */
  Optional<InstalledFile> of(long upload) {
    return files.values().stream().filter(file -> file.getUpload() == upload).findFirst();
  }

  /** A file comes; what was allowed is used up by it. What was known of its path before. */
  Optional<InstalledFile> put(Upload upload) {
    return Optional.ofNullable(
        files.put(
            upload.path,
            InstalledFile.newBuilder()
                .setPath(upload.path)
                .setVersion(upload.version)
                .setUpload(upload.id)
                .setSize(upload.size)
                .setSha256(upload.sha256)
                .build()));
  }

  /** What is known of a path is this, or nothing. */
  void put(String path, Optional<InstalledFile> known) {
    files.remove(path);
    known.ifPresent(file -> files.put(path, file));
  }

  /** The next file may be of this version. */
  Optional<String> allow(String path, int version) {
    InstalledFile file = files.get(path);
    if (file == null && !lost) {
      return Optional.of("no file has come to this path by upload");
    }
    if (file == null && files.size() >= MOST) {
      return Optional.of(MOST + " paths have had a file already");
    }
    files.put(
        path,
        file == null
            ? InstalledFile.newBuilder().setPath(path).setVersion(version).build()
            : file.toBuilder().setAllowed(version).build());
    return Optional.empty();
  }
}
