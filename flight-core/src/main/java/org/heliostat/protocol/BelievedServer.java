package org.heliostat.protocol;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Date;
import java.util.Optional;
import java.util.function.Supplier;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Believes the server whom the JDK's PKIX (RFC 5280) believes at a given time, and remembers that
 * one has shown a certificate that it believes: whoever ends the connection after that has been
 * reached. Without a time it takes one at which what was shown is valid, so that all else is judged
 * alone; it never asks the system's clock. For one connection; thread-safe.
 */
final class BelievedServer extends X509ExtendedTrustManager {
  private final PKIXBuilderParameters trusted;
  private final Supplier<Optional<Instant>> utc;
  private volatile boolean seen;

  /**
   * Nobody is seen yet.
   *
   * @param trusted who may have signed
   * @param utc the time that certificates are judged by; empty while it is not known
   */
  BelievedServer(PKIXBuilderParameters trusted, Supplier<Optional<Instant>> utc) {
    this.trusted = (PKIXBuilderParameters) trusted.clone();
    this.utc = utc;
  }

  /** Whether a server has shown a certificate that is believed. */
  boolean seen() {
    return seen;
  }

  private X509ExtendedTrustManager judge(X509Certificate[] chain) throws CertificateException {
    PKIXBuilderParameters then = (PKIXBuilderParameters) trusted.clone();
    then.setDate(Date.from(utc.get().orElseGet(() -> whenValid(chain))));
    try {
      TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
      managers.init(new CertPathTrustManagerParameters(then));
      for (TrustManager manager : managers.getTrustManagers()) {
        if (manager instanceof X509ExtendedTrustManager judge) {
          return judge;
        }
      }
    } catch (GeneralSecurityException e) {
      throw new CertificateException(e);
    }
    throw new CertificateException("nobody judges certificates");
  }

  /** When the last of a chain has become valid, of those that were so before its first ends. */
  private static Instant whenValid(X509Certificate[] chain) {
    return Arrays.stream(chain)
        .map(one -> one.getNotBefore().toInstant())
        .filter(begin -> !begin.isAfter(chain[0].getNotAfter().toInstant()))
        .max(Comparator.naturalOrder())
        .orElse(Instant.EPOCH);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String kind, Socket socket)
      throws CertificateException {
    judge(chain).checkServerTrusted(chain, kind, socket);
    seen = true;
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String kind, SSLEngine engine)
      throws CertificateException {
    judge(chain).checkServerTrusted(chain, kind, engine);
    seen = true;
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String kind) throws CertificateException {
    judge(chain).checkServerTrusted(chain, kind);
    seen = true;
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String kind, Socket socket)
      throws CertificateException {
    judge(chain).checkClientTrusted(chain, kind, socket);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String kind, SSLEngine engine)
      throws CertificateException {
    judge(chain).checkClientTrusted(chain, kind, engine);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String kind) throws CertificateException {
    judge(chain).checkClientTrusted(chain, kind);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return trusted.getTrustAnchors().stream()
        .map(TrustAnchor::getTrustedCert)
        .toArray(X509Certificate[]::new);
  }
}
