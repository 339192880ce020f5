package org.heliostat.protocol;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.util.List;

/**
 * What is signed of a file that goes up: Ed25519 (RFC 8032) over a statement that says for which
 * spacecraft it is, where it belongs, and which version of which content it is. The statement
 * begins with words of its own, so that a signature over anything else is none of a file.
 * Stateless.
 */
public final class FileSignature {
  /** Bytes of a signature. */
  public static final int BYTES = 64;

  private static final byte[] DOMAIN =
      "heliostat signed file 1\0".getBytes(StandardCharsets.US_ASCII);

  private FileSignature() {}

  /**
   * What is stated. Numbers are big endian: spacecraft (4 bytes), version (4), size (8), SHA-256
   * (32), then the path in UTF-8, to the end.
   */
  static byte[] statement(int spacecraft, BeginUpload file) {
    byte[] path = file.getPath().getBytes(StandardCharsets.UTF_8);
    byte[] sha256 = file.getSha256().toByteArray();
    return ByteBuffer.allocate(DOMAIN.length + 4 + 4 + 8 + sha256.length + path.length)
        .put(DOMAIN)
        .putInt(spacecraft)
        .putInt(file.getVersion())
        .putLong(file.getSize())
        .put(sha256)
        .put(path)
        .array();
  }

  /**
   * Signs a file.
   *
   * @param file all of it but the signature
   */
  public static ByteString sign(PrivateKey key, int spacecraft, BeginUpload file)
      throws GeneralSecurityException {
    Signature signature = Signature.getInstance("Ed25519");
    signature.initSign(key);
    signature.update(statement(spacecraft, file));
    return ByteString.copyFrom(signature.sign());
  }

  /** Whether one of these has signed the file. */
  public static boolean isGood(List<PublicKey> signers, int spacecraft, BeginUpload file) {
    return file.getSha256().size() == 32
        && signers.stream().anyMatch(signer -> isGood(signer, spacecraft, file));
  }

  private static boolean isGood(PublicKey signer, int spacecraft, BeginUpload file) {
    try {
      Signature signature = Signature.getInstance("Ed25519");
      signature.initVerify(signer);
      signature.update(statement(spacecraft, file));
      return signature.verify(file.getSignature().toByteArray());
    } catch (GeneralSecurityException e) {
      // of another length, or no point of the curve
      return false;
    }
  }
}
