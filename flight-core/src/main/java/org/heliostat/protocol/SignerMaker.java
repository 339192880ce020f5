package org.heliostat.protocol;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * Makes the Ed25519 key pair of one who signs files: the private half stays with him, the public
 * one goes into the image or into the folder of the board's keys. Stateless.
 */
public final class SignerMaker {
  private static final int LINE = 64;

  private SignerMaker() {}

  /** {@code SignerMaker PRIVATE PUBLIC}: makes both files. */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 2) {
      System.err.println("usage: SignerMaker PRIVATE PUBLIC, two files that a key pair goes into");
      System.exit(2);
    }
    make(Path.of(arguments[0]), Path.of(arguments[1]));
  }

  /**
   * Makes both files; the private one is readable by its owner alone.
   *
   * @throws IOException also where one of them is there already
   */
  public static void make(Path privateFile, Path publicFile) throws IOException {
    KeyPair pair;
    try {
      pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has Ed25519", e);
    }
    Path made =
        Files.createFile(
            privateFile,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Path unused = Files.writeString(made, pem("PRIVATE", pair.getPrivate().getEncoded()));
    unused =
        Files.writeString(
            publicFile,
            pem("PUBLIC", pair.getPublic().getEncoded()),
            StandardOpenOption.CREATE_NEW);
  }

  private static String pem(String kind, byte[] key) {
    String body =
        Base64.getMimeEncoder(LINE, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(key);
    return "-----BEGIN " + kind + " KEY-----\n" + body + "\n-----END " + kind + " KEY-----\n";
  }
}
