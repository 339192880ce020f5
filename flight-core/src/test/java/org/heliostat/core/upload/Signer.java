package org.heliostat.core.upload;

import com.google.protobuf.ByteString;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.util.List;
import org.heliostat.protocol.BeginUpload;
import org.heliostat.protocol.FileSignature;

/** Signs files for a spacecraft, with a pair of keys of its own. */
final class Signer {
  static final int SPACECRAFT = 1;

  private final KeyPair pair = pair();

  private static KeyPair pair() {
    try {
      return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  List<PublicKey> publicKeys() {
    return List.of(pair.getPublic());
  }

  BeginUpload file(String path, int version, byte[] content) {
    return sign(unsigned(path, version, content).build());
  }

  static BeginUpload.Builder unsigned(String path, int version, byte[] content) {
    try {
      return BeginUpload.newBuilder()
          .setPath(path)
          .setVersion(version)
          .setSize(content.length)
          .setSha256(ByteString.copyFrom(MessageDigest.getInstance("SHA-256").digest(content)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  BeginUpload sign(BeginUpload file) {
    try {
      return file.toBuilder()
          .setSignature(FileSignature.sign(pair.getPrivate(), SPACECRAFT, file))
          .build();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
