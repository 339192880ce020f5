package org.heliostat.protocol;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Makes the keys of a spacecraft, before its launch: fresh ones, one for each role, in two folders,
 * that of the board and that of the station, each sealed with a secret of its own. Stateless.
 */
public final class KeyMaker {
  private KeyMaker() {}

  /** {@code KeyMaker BOARD STATION}: makes both folders. */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 2) {
      System.err.println("usage: KeyMaker BOARD STATION, two folders that keys are written into");
      System.exit(2);
    }
    make(Path.of(arguments[0]), Path.of(arguments[1]));
  }

  /**
   * Makes both folders, which hold what nobody else may read.
   *
   * @throws IOException also where one of them holds keys already
   */
  public static void make(Path board, Path station) throws IOException {
    SecureRandom random = new SecureRandom();
    List<KeyFile.Entry> keys = new ArrayList<>();
    for (Role role : Role.values()) {
      if (role != Role.ROLE_UNSPECIFIED && role != Role.UNRECOGNIZED) {
        byte[] secret = new byte[LinkKey.SECRET_BYTES];
        random.nextBytes(secret);
        keys.add(new KeyFile.Entry(new LinkKey(LinkKey.id(role, 1), secret), false));
        Arrays.fill(secret, (byte) 0);
      }
    }
    write(board, KeyFile.LAUNCHED, keys, random);
    write(station, KeyFile.STATION, keys, random);
    KeyFile.close(keys);
  }

  private static void write(Path folder, String name, List<KeyFile.Entry> keys, SecureRandom random)
      throws IOException {
    Files.createDirectories(folder);
    if (Files.exists(folder.resolve(KeyFile.SECRET))) {
      throw new IOException(folder + " holds keys already");
    }
    KeyFile.makeSecret(folder.resolve(KeyFile.SECRET), random::nextBytes);
    try (KeyFile file =
        KeyFile.open(folder.resolve(name), folder.resolve(KeyFile.SECRET), random::nextBytes)) {
      file.write(keys);
    }
  }
}
