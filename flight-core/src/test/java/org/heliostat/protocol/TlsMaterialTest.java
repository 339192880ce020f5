package org.heliostat.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.util.Base64;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsMaterialTest {
  private static final String PASSWORD = Keytool.PASSWORD;

  @TempDir private static Path folder;

  @BeforeAll
  static void makeKeys() throws Exception {
    for (String[] one : new String[][] {{"ec", "EC"}, {"rsa", "RSA"}}) {
      Keytool keytool = new Keytool(folder.resolve(one[0] + ".p12"));
      keytool.pair(one[0], one[1], "-validity", "30");
      KeyStore store = keytool.store();
      pem(one[0] + ".pem", "CERTIFICATE", store.getCertificate(one[0]).getEncoded());
      Key key = store.getKey(one[0], PASSWORD.toCharArray());
      pem(one[0] + ".key", "PRIVATE KEY", key.getEncoded());
    }
    Files.writeString(folder.resolve("password"), PASSWORD + "\n");
    Files.writeString(folder.resolve("wrong"), "letmein");
    Files.writeString(folder.resolve("text"), "no certificate at all");
    Files.writeString(folder.resolve("locked.key"), "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==");
    Files.write(folder.resolve("large"), new byte[(1 << 20) + 1]);
  }

  private static void pem(String name, String kind, byte[] content) throws Exception {
    Files.writeString(
        folder.resolve(name),
        "-----BEGIN %s-----\n%s\n-----END %1$s-----\n"
            .formatted(kind, Base64.getMimeEncoder().encodeToString(content)));
  }

  private static Optional<String> problem(
      String trust, String certificate, String key, String password) {
    return new TlsMaterial(
            TlsConfig.newBuilder()
                .setTrust(trust)
                .setCertificate(certificate)
                .setKey(key)
                .setPasswordFile(password)
                .build(),
            folder,
            Optional::empty)
        .problem();
  }

  @Test
  void readsPemAndPkcs12OfBothKinds() {
    assertThat(problem("ec.pem", "", "", "")).isEmpty();
    assertThat(problem("ec.pem", "ec.pem", "ec.key", "")).isEmpty();
    assertThat(problem("ec.pem", "rsa.pem", "rsa.key", "")).isEmpty();
    assertThat(problem("rsa.p12", "ec.p12", "", "password")).isEmpty();
    assertThat(problem(folder.resolve("ec.pem").toString(), "rsa.p12", "", "password")).isEmpty();
  }

  @Test
  void saysWhichFileIsWrongAndWhy() {
    assertThat(problem("none.pem", "", "", "").orElseThrow()).contains("there is no", "none.pem");
    assertThat(problem("text", "", "", "").orElseThrow()).contains("text");
    assertThat(problem("large", "", "", "").orElseThrow()).contains("larger than");
    assertThat(problem("ec.pem", "ec.pem", "", "").orElseThrow()).contains("is not named");
    assertThat(problem("ec.pem", "ec.pem", "text", "").orElseThrow()).contains("no PKCS #8 key");
    assertThat(problem("ec.pem", "ec.pem", "locked.key", "").orElseThrow())
        .contains("without a password");
    assertThat(problem("ec.pem", "ec.pem", "rsa.key", "").orElseThrow())
        .contains("no key of the certificate's kind, EC");
    assertThat(problem("ec.pem", "ec.p12", "", "wrong").orElseThrow()).contains("PKCS #12");
    assertThat(problem("ec.pem", "ec.p12", "", "").orElseThrow()).contains("PKCS #12");
  }
}
