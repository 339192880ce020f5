package org.heliostat.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys of signers as they stand in files, and what they sign. */
class FileSignatureTest {
  private static final BeginUpload FILE =
      BeginUpload.newBuilder()
          .setPath("models/m.onnx")
          .setSize(7)
          .setVersion(3)
          .setSha256(ByteString.copyFrom(new byte[32]))
          .build();

  @TempDir private Path folder;
  private Path own;
  private Path known;

  @BeforeEach
  void make() throws IOException {
    own = folder.resolve("own.pem");
    known = folder.resolve("known.pem");
    SignerMaker.make(own, known);
  }

  @Test
  void whatWasSignedIsGoodForThisSpacecraftAndNothingElse() throws Exception {
    PrivateKey key = SignerKeys.privateKey(own);
    List<PublicKey> signers = SignerKeys.publicKeys(known);
    BeginUpload signed = FILE.toBuilder().setSignature(FileSignature.sign(key, 7, FILE)).build();
    assertThat(signed.getSignature().size()).isEqualTo(FileSignature.BYTES);
    assertThat(FileSignature.isGood(signers, 7, signed)).isTrue();
    assertThat(FileSignature.isGood(signers, 8, signed)).isFalse();
    assertThat(FileSignature.isGood(List.of(), 7, signed)).isFalse();
    byte[] signature = signed.getSignature().toByteArray();
    for (int bit = 0; bit < signature.length * 8; bit++) {
      byte[] turned = signature.clone();
      turned[bit / 8] ^= (byte) (1 << (bit % 8));
      BeginUpload forged = signed.toBuilder().setSignature(ByteString.copyFrom(turned)).build();
      assertThat(FileSignature.isGood(signers, 7, forged)).as("bit %d", bit).isFalse();
    }
    // a byte of one field may not become one of its neighbour
    BeginUpload shifted =
        signed.toBuilder()
            .setSha256(ByteString.copyFrom(new byte[31]))
            .setPath("\0" + FILE.getPath())
            .build();
    assertThat(FileSignature.isGood(signers, 7, shifted)).isFalse();
  }

  @Test
  void aFileMayHoldTheKeysOfSeveralSigners() throws Exception {
    Path second = folder.resolve("second.pem");
    SignerMaker.make(folder.resolve("other.pem"), second);
    Path both = folder.resolve("both.pem");
    Files.writeString(both, Files.readString(second) + Files.readString(known));
    BeginUpload signed =
        FILE.toBuilder()
            .setSignature(FileSignature.sign(SignerKeys.privateKey(own), 7, FILE))
            .build();
    assertThat(FileSignature.isGood(SignerKeys.publicKeys(both), 7, signed)).isTrue();
    assertThat(FileSignature.isGood(SignerKeys.publicKeys(second), 7, signed)).isFalse();
  }

  @Test
  void thePrivateHalfIsItsOwnersAloneAndIsNeverReplaced() throws Exception {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(own)))
        .isEqualTo("rw-------");
    assertThatThrownBy(() -> SignerMaker.make(own, folder.resolve("fresh.pem")))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThat(SignerKeys.publicKeys(known)).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\n====A\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
      })
  void whatIsNoKeyIsRefused(String text) throws IOException {
    Path file = folder.resolve("bad.pem");
    Files.writeString(file, text);
    assertThatThrownBy(() -> SignerKeys.publicKeys(file)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> SignerKeys.privateKey(file)).isInstanceOf(IOException.class);
  }
}
