package org.heliostat.protocol;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * TLS 1.3 and 1.2 (RFC 8446, RFC 5246) over sockets that send small packets at once, as {@link
 * PromptSockets} do. Closing one waits a second at most for a peer that reads no more; without a
 * limit the JDK waits for ever there. Thread-safe.
 */
final class PromptTlsSockets extends SSLSocketFactory {
  private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};
  private static final int LINGER_SECONDS = 1;

  private final SSLSocketFactory sockets;
  private final BooleanSupplier serverBelieved;

  /**
   * Makes sockets as others do.
   *
   * @param serverBelieved whether a server has shown one of them a certificate that is believed
   */
  PromptTlsSockets(SSLSocketFactory sockets, BooleanSupplier serverBelieved) {
    this.sockets = sockets;
    this.serverBelieved = serverBelieved;
  }

  /** Whether a server has been reached, by one of these sockets, that is the one to be reached. */
  boolean serverBelieved() {
    return serverBelieved.getAsBoolean();
  }

  @Override
  public String[] getDefaultCipherSuites() {
    return sockets.getDefaultCipherSuites();
  }

  @Override
  public String[] getSupportedCipherSuites() {
    return sockets.getSupportedCipherSuites();
  }

  @Override
  public Socket createSocket() throws IOException {
    return prompt(sockets.createSocket());
  }

  @Override
  public Socket createSocket(Socket socket, String host, int port, boolean autoClose)
      throws IOException {
    return prompt(sockets.createSocket(socket, host, port, autoClose));
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    return prompt(sockets.createSocket(host, port));
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress localHost, int localPort)
      throws IOException {
    return prompt(sockets.createSocket(host, port, localHost, localPort));
  }

  @Override
  public Socket createSocket(InetAddress host, int port) throws IOException {
    return prompt(sockets.createSocket(host, port));
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort)
      throws IOException {
    return prompt(sockets.createSocket(host, port, localHost, localPort));
  }

  private static Socket prompt(Socket socket) throws IOException {
    socket.setTcpNoDelay(true);
    socket.setSoLinger(true, LINGER_SECONDS);
    ((SSLSocket) socket).setEnabledProtocols(PROTOCOLS);
    return socket;
  }
}
