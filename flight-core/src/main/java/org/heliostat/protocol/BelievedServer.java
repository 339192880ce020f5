package org.heliostat.protocol;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Believes whom another one believes, and remembers that a server has shown a certificate that it
 * believes: whoever ends the connection after that has been reached. For one connection;
 * thread-safe.
 */
final class BelievedServer extends X509ExtendedTrustManager {
  private final X509ExtendedTrustManager judge;
  private volatile boolean seen;

  BelievedServer(X509ExtendedTrustManager judge) {
    this.judge = judge;
  }

  /** Whether a server has shown a certificate that is believed. */
  boolean seen() {
    return seen;
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String kind, Socket socket)
      throws CertificateException {
    judge.checkServerTrusted(chain, kind, socket);
    seen = true;
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String kind, SSLEngine engine)
      throws CertificateException {
    judge.checkServerTrusted(chain, kind, engine);
    seen = true;
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String kind) throws CertificateException {
    judge.checkServerTrusted(chain, kind);
    seen = true;
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String kind, Socket socket)
      throws CertificateException {
    judge.checkClientTrusted(chain, kind, socket);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String kind, SSLEngine engine)
      throws CertificateException {
    judge.checkClientTrusted(chain, kind, engine);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String kind) throws CertificateException {
    judge.checkClientTrusted(chain, kind);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return judge.getAcceptedIssuers();
  }
}
