package org.heliostat.protocol;

import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Why reading, writing or connecting failed, in words for people. Stateless and thread-safe. */
public final class IoReason {
  private IoReason() {}

  /** The reason without the name of an exception; it need not name the file. */
  public static String of(IOException failure) {
    String message = failure.getMessage();
    if (failure instanceof NoSuchFileException missing) {
      return "there is no " + missing.getFile();
    }
    if (failure instanceof AccessDeniedException denied) {
      return denied.getFile() + " may not be accessed";
    }
    if (failure instanceof FileAlreadyExistsException there) {
      return there.getFile() + " is there already, and is no folder";
    }
    if (failure instanceof NotDirectoryException file) {
      return file.getFile() + " is no folder";
    }
    if (failure instanceof DirectoryNotEmptyException full) {
      return full.getFile() + " is not empty";
    }
    if (failure instanceof FileSystemException other && other.getReason() != null) {
      return other.getFile() + ": " + other.getReason();
    }
    if (failure instanceof CharacterCodingException) {
      return "it is no UTF-8 text";
    }
    if (failure instanceof UnknownHostException) {
      return "no host is called so";
    }
    return message == null ? failure.getClass().getSimpleName() : message;
  }
}
