package org.heliostat.protocol;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXBuilderParameters;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * The certificates and the key of one end of a TLS connection, as they lie in files: PEM (RFC 7468;
 * the key as PKCS #8, RFC 5958, without a password) or PKCS #12 (RFC 7292). The broker is believed
 * whose certificate one of {@code trust} has signed and which names the host of the URL; whether it
 * was revoked is not asked. That it is within its validity is judged by the time that this end
 * trusts, and not at all while it trusts none: packets are sealed end to end, and a clock that is
 * wrong must not shut out who could set it right. The files are read for each connection, so that
 * one that was replaced or repaired counts at once. Immutable and thread-safe.
 */
public final class TlsMaterial {
  private static final int MOST_BYTES = 1 << 20;
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----");

  private final Path trust;
  private final Optional<Path> certificate;
  private final Optional<Path> key;
  private final Optional<Path> password;
  private final Supplier<Optional<Instant>> utc;

  /**
   * Files by their configuration; nothing is read yet.
   *
   * @param base folder that relative paths start at
   * @param utc the time that certificates are judged by; empty while it is not to be trusted
   */
  public TlsMaterial(TlsConfig config, Path base, Supplier<Optional<Instant>> utc) {
    this.trust = base.resolve(config.getTrust());
    this.certificate = path(config.getCertificate(), base);
    this.key = path(config.getKey(), base);
    this.password = path(config.getPasswordFile(), base);
    this.utc = utc;
  }

  /** Why no connection can be made with these files, in words for people; nothing when one can. */
  public Optional<String> problem() {
    try {
      SSLSocketFactory unused = sockets();
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(IoReason.of(e));
    }
  }

  /**
   * Sockets of one connection, which show the certificate and believe the trusted ones.
   *
   * @throws IOException when a file does not read; the message names it
   */
  PromptTlsSockets sockets() throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      PKIXBuilderParameters trusted = new PKIXBuilderParameters(trustStore(), null);
      trusted.setRevocationEnabled(false);
      BelievedServer server = new BelievedServer(trusted, utc);
      context.init(keyManagers(), new TrustManager[] {server}, null);
      return new PromptTlsSockets(context.getSocketFactory(), server::seen);
    } catch (GeneralSecurityException e) {
      throw new IOException("TLS cannot be set up: " + e.getMessage(), e);
    }
  }

  private KeyStore trustStore() throws IOException, GeneralSecurityException {
    KeyStore store = empty();
    List<Certificate> all = new ArrayList<>();
    if (isPkcs12(trust)) {
      KeyStore given = pkcs12(trust);
      for (String alias : Collections.list(given.aliases())) {
        all.add(given.getCertificate(alias));
      }
    } else {
      all.addAll(certificates(trust));
    }
    for (Certificate one : all) {
      if (one != null) {
        store.setCertificateEntry("trust" + store.size(), one);
      }
    }
    if (store.size() == 0) {
      throw new IOException(trust + " holds no certificate");
    }
    return store;
  }

  private KeyManager @Nullable [] keyManagers() throws IOException, GeneralSecurityException {
    if (certificate.isEmpty()) {
      return null;
    }
    Path file = certificate.get();
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    if (isPkcs12(file)) {
      KeyStore store = pkcs12(file);
      boolean keyed = false;
      for (String alias : Collections.list(store.aliases())) {
        keyed |= store.isKeyEntry(alias);
      }
      if (!keyed) {
        throw new IOException(file + " holds no key");
      }
      managers.init(store, password());
    } else {
      List<Certificate> chain = certificates(file);
      if (chain.isEmpty()) {
        throw new IOException(file + " holds no certificate");
      }
      if (key.isEmpty()) {
        throw new IOException("the key of the certificate " + file + " is not named");
      }
      PrivateKey own = key(key.get(), chain.get(0).getPublicKey().getAlgorithm());
      KeyStore store = empty();
      store.setKeyEntry("own", own, new char[0], chain.toArray(Certificate[]::new));
      managers.init(store, new char[0]);
    }
    return managers.getKeyManagers();
  }

  private static List<Certificate> certificates(Path file) throws IOException {
    try (InputStream bytes = new ByteArrayInputStream(read(file))) {
      return List.copyOf(CertificateFactory.getInstance("X.509").generateCertificates(bytes));
    } catch (GeneralSecurityException e) {
      throw new IOException(file + " does not read as certificates: " + e.getMessage(), e);
    }
  }

  private static PrivateKey key(Path file, String algorithm) throws IOException {
    byte[] content = read(file);
    byte[] encoded = {};
    try {
      Matcher pem = KEY.matcher(new String(content, StandardCharsets.US_ASCII));
      if (!pem.find()) {
        throw new IOException(
            file + " holds no PKCS #8 key without a password (openssl pkcs8 -topk8 -nocrypt)");
      }
      encoded = Base64.getMimeDecoder().decode(pem.group(1));
      return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      // what the key is, and even why it does not read, is nobody's business
      throw new IOException(file + " is no key of the certificate's kind, " + algorithm);
    } finally {
      Arrays.fill(content, (byte) 0);
      Arrays.fill(encoded, (byte) 0);
    }
  }

  private KeyStore pkcs12(Path file) throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    byte[] content = read(file);
    try (InputStream bytes = new ByteArrayInputStream(content)) {
      store.load(bytes, password());
      return store;
    } catch (IOException e) {
      throw new IOException(file + " does not read as PKCS #12: " + e.getMessage(), e);
    }
  }

  private char[] password() throws IOException {
    return password.isEmpty()
        ? new char[0]
        : new String(read(password.get()), StandardCharsets.UTF_8).strip().toCharArray();
  }

  private static KeyStore empty() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static byte[] read(Path file) throws IOException {
    try (InputStream bytes = Files.newInputStream(file)) {
      byte[] content = bytes.readNBytes(MOST_BYTES + 1);
      if (content.length > MOST_BYTES) {
        throw new IOException(file + " is larger than " + MOST_BYTES + " bytes");
      }
      return content;
    }
  }

  private static boolean isPkcs12(Path file) {
    String name = file.toString().toLowerCase(Locale.ROOT);
    return name.endsWith(".p12") || name.endsWith(".pfx");
  }

  private static Optional<Path> path(String given, Path base) {
    return given.isEmpty() ? Optional.empty() : Optional.of(base.resolve(given));
  }
}
