package org.heliostat.protocol;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the Ed25519 keys of those who sign files: PEM (RFC 7468). Stateless. */
public final class SignerKeys {
  /** Name of the file with the public keys, in the image or in the folder of the board's keys. */
  public static final String PUBLIC = "file-signers.pem";

  /** Name of the file with the private key, in the folder of the station's keys. */
  public static final String PRIVATE = "file-signer.pem";

  private static final int MOST_BYTES = 1 << 16;
  private static final int MOST_KEYS = 16;
  private static final Pattern BLOCK =
      Pattern.compile(
          "-----BEGIN (PUBLIC|PRIVATE) KEY-----\\s*([A-Za-z0-9+/=\\s]+)-----END \\1 KEY-----");

  private SignerKeys() {}

  /**
   * The public keys in a file, one to sixteen.
   *
   * @throws IOException also where there is none in it, or one that is not Ed25519
   */
  public static List<PublicKey> publicKeys(Path file) throws IOException {
    List<PublicKey> keys = new ArrayList<>();
    for (byte[] key : blocks(file, "PUBLIC")) {
      try {
        keys.add(KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(key)));
      } catch (GeneralSecurityException e) {
        throw new IOException(file + " holds a key that is not Ed25519", e);
      }
    }
    if (keys.isEmpty() || keys.size() > MOST_KEYS) {
      throw new IOException(file + " holds " + keys.size() + " public keys");
    }
    return List.copyOf(keys);
  }

  /**
   * The private key in a file (PKCS #8, without a password).
   *
   * @throws IOException also where there is none in it, or one that is not Ed25519
   */
  public static PrivateKey privateKey(Path file) throws IOException {
    List<byte[]> keys = blocks(file, "PRIVATE");
    if (keys.size() != 1) {
      throw new IOException(file + " holds " + keys.size() + " private keys");
    }
    try {
      return KeyFactory.getInstance("Ed25519")
          .generatePrivate(new PKCS8EncodedKeySpec(keys.get(0)));
    } catch (GeneralSecurityException e) {
      throw new IOException(file + " holds a key that is not Ed25519", e);
    }
  }

  private static List<byte[]> blocks(Path file, String kind) throws IOException {
    if (Files.size(file) > MOST_BYTES) {
      throw new IOException(file + " is larger than " + MOST_BYTES + " bytes");
    }
    Matcher blocks = BLOCK.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
    List<byte[]> found = new ArrayList<>();
    while (blocks.find()) {
      if (blocks.group(1).equals(kind)) {
        try {
          found.add(Base64.getMimeDecoder().decode(blocks.group(2)));
        } catch (IllegalArgumentException e) {
          throw new IOException(file + " holds what is no Base64", e);
        }
      }
    }
    return found;
  }
}
