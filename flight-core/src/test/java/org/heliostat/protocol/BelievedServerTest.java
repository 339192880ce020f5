package org.heliostat.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers that show certificates of long ago and of long after, over a real connection. */
class BelievedServerTest {
  private static final char[] PASSWORD = Keytool.PASSWORD.toCharArray();
  private static final int DEADLINE_MILLIS = 20_000;
  private static final String HOST = "san=ip:127.0.0.1";
  private static final Optional<Instant> UNKNOWN = Optional.empty();

  @TempDir private static Path folder;

  @BeforeAll
  static void makeCertificates() throws Exception {
    pair("ca", "2000/01/01", 80_000, "-ext", "bc:c");
    pair("past", "2001/01/01", 30, "-signer", "ca", "-ext", HOST);
    pair("future", "2150/01/01", 30, "-signer", "ca", "-ext", HOST);
    pair("elsewhere", "2001/01/01", 30, "-signer", "ca", "-ext", "san=dns:elsewhere.example");
    pair("client", "2001/01/01", 30, "-signer", "ca", "-ext", HOST, "-ext", "eku=clientAuth");
    pair("stranger", "2001/01/01", 30, "-ext", HOST);
    // one that was made anew after what it has signed
    pair("between", "2003/01/01", 30, "-signer", "ca", "-ext", "bc:c");
    pair("below", "2001/01/01", 3_650, "-signer", "between", "-ext", HOST);
    Files.writeString(
        folder.resolve("ca.pem"),
        "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n"
            .formatted(
                Base64.getMimeEncoder()
                    .encodeToString(keytool().store().getCertificate("ca").getEncoded())),
        StandardCharsets.US_ASCII);
  }

  private static void pair(String name, String from, int days, String... more) throws Exception {
    List<String> options =
        new ArrayList<>(
            List.of("-startdate", from + " 00:00:00", "-validity", String.valueOf(days)));
    options.addAll(List.of(more));
    keytool().pair(name, "EC", options.toArray(String[]::new));
  }

  private static Keytool keytool() {
    return new Keytool(folder.resolve("all.p12"));
  }

  private static SSLContext server(String name) throws Exception {
    KeyStore own = KeyStore.getInstance("PKCS12");
    own.load(null, null);
    PrivateKey key = (PrivateKey) keytool().store().getKey(name, PASSWORD);
    Certificate[] chain = keytool().store().getCertificateChain(name);
    own.setKeyEntry(name, key, PASSWORD, chain);
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(own, PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }

  /** Why a server with the certificate of this name is not believed; nothing where it is. */
  private static Optional<String> refusal(String name, Optional<Instant> utc) throws Exception {
    PromptTlsSockets sockets =
        new TlsMaterial(TlsConfig.newBuilder().setTrust("ca.pem").build(), folder, () -> utc)
            .sockets();
    try (SSLServerSocket server =
        (SSLServerSocket)
            server(name)
                .getServerSocketFactory()
                .createServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      server.setSoTimeout(DEADLINE_MILLIS);
      Thread thread = new Thread(() -> shakeHands(server), "server");
      thread.setDaemon(true);
      thread.start();
      try (SSLSocket socket =
          (SSLSocket) sockets.createSocket("127.0.0.1", server.getLocalPort())) {
        socket.setSoTimeout(DEADLINE_MILLIS);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        assertThat(sockets.serverBelieved()).isTrue();
        return Optional.empty();
      } catch (SSLException e) {
        assertThat(sockets.serverBelieved()).isFalse();
        return Optional.of(String.valueOf(e.getMessage()));
      } finally {
        thread.join(DEADLINE_MILLIS);
        assertThat(thread.isAlive()).isFalse();
      }
    }
  }

  private static void shakeHands(SSLServerSocket server) {
    try (SSLSocket socket = (SSLSocket) server.accept()) {
      socket.setSoTimeout(DEADLINE_MILLIS);
      socket.startHandshake();
    } catch (IOException e) {
      // the client says why
    }
  }

  private static Optional<Instant> at(String utc) {
    return Optional.of(Instant.parse(utc));
  }

  @ParameterizedTest
  @ValueSource(strings = {"past", "future", "below"})
  void withoutATimeNoCertificateIsTooEarlyOrTooLate(String name) throws Exception {
    assertThat(refusal(name, UNKNOWN)).isEmpty();
  }

  @Test
  void byATimeThatIsGoodACertificateOfAnotherTimeIsRefused() throws Exception {
    assertThat(refusal("past", at("2001-01-15T00:00:00Z"))).isEmpty();
    assertThat(refusal("past", at("2001-03-01T00:00:00Z")).orElseThrow()).contains("validity");
    assertThat(refusal("past", at("2000-12-01T00:00:00Z")).orElseThrow()).contains("validity");
    assertThat(refusal("future", at("2150-01-15T00:00:00Z"))).isEmpty();
    assertThat(refusal("future", at("2026-07-01T00:00:00Z")).orElseThrow()).contains("validity");
  }

  @Test
  void withoutATimeAllElseIsJudged() throws Exception {
    assertThat(refusal("stranger", UNKNOWN).orElseThrow()).contains("certification path");
    assertThat(refusal("elsewhere", UNKNOWN).orElseThrow()).contains("127.0.0.1");
    assertThat(refusal("client", UNKNOWN).orElseThrow()).contains("key usage");
  }
}
