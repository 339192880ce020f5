package org.heliostat.tests.broker;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Certificates of a broker at 127.0.0.1 and of its clients, made by the JDK's keytool for one test:
 * {@code NAME.pem} and {@code NAME.key} for each of ca, broker, elsewhere (a broker that names
 * another host), client, and stranger (signed by nobody that the broker knows).
 */
public final class Certificates {
  private static final String PASSWORD = "changeit";
  private static final long DEADLINE_SECONDS = 60;

  private final Path folder;

  private Certificates(Path folder) {
    this.folder = folder;
  }

  /** Makes them all in a folder. */
  public static Certificates make(Path folder)
      throws IOException, InterruptedException, GeneralSecurityException {
    Certificates made = new Certificates(Files.createDirectories(folder));
    made.pair("ca", "-ext", "bc:c");
    made.pair("broker", "-signer", "ca", "-ext", "san=ip:127.0.0.1");
    made.pair("elsewhere", "-signer", "ca", "-ext", "san=dns:elsewhere.example");
    made.pair("client", "-signer", "ca");
    made.pair("stranger");
    made.write();
    return made;
  }

  /** A file of one of them. */
  public Path file(String name) {
    return folder.resolve(name);
  }

  private void pair(String name, String... more) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                name,
                "-keyalg",
                "EC",
                "-dname",
                "CN=" + name,
                "-validity",
                "30",
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-keystore",
                file("all.p12").toString()));
    command.addAll(List.of(more));
    Path log = file("keytool.log");
    Process keytool =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    if (!keytool.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
      keytool.destroyForcibly();
      throw new IOException("keytool: " + Files.readString(log));
    }
  }

  private void write() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream all = Files.newInputStream(file("all.p12"))) {
      store.load(all, PASSWORD.toCharArray());
    }
    for (String name : List.of("ca", "broker", "elsewhere", "client", "stranger")) {
      ByteArrayOutputStream chain = new ByteArrayOutputStream();
      for (Certificate one : store.getCertificateChain(name)) {
        chain.writeBytes(pem("CERTIFICATE", one.getEncoded()));
      }
      Files.write(file(name + ".pem"), chain.toByteArray());
      byte[] key = store.getKey(name, PASSWORD.toCharArray()).getEncoded();
      Files.write(file(name + ".key"), pem("PRIVATE KEY", key));
    }
  }

  private static byte[] pem(String kind, byte[] content) {
    return "-----BEGIN %s-----\n%s\n-----END %1$s-----\n"
        .formatted(kind, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content))
        .getBytes(StandardCharsets.US_ASCII);
  }
}
