package org.heliostat.protocol;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;

/**
 * Where a broker is. TLS is used when it is configured and when the URL says so; where only one of
 * the two is so, nothing is connected, so that no mistake leads to a link in clear. Stateless.
 */
public final class BrokerUrl {
  private BrokerUrl() {}

  /** What is wrong with a URL, in words for people; nothing when a port can use it. */
  public static Optional<String> problem(String url, boolean tls) {
    try {
      URI uri = new URI(url);
      String scheme = String.valueOf(uri.getScheme());
      if (!(scheme.equals("tcp") || scheme.equals("ssl")) || uri.getHost() == null) {
        return Optional.of("broker \"" + url + "\" is not of the form tcp://host:port or ssl://…");
      }
      if (uri.getPort() == 0 || uri.getPort() > 65_535) {
        return Optional.of("broker \"" + url + "\" has no port within 1 to 65535");
      }
      if (tls && scheme.equals("tcp")) {
        return Optional.of(
            "broker \"" + url + "\" is reached in clear, and TLS is configured: ssl:// is wanted");
      }
      if (!tls && scheme.equals("ssl")) {
        return Optional.of(
            "broker \"" + url + "\" wants TLS, and no certificates are configured for it");
      }
      return Optional.empty();
    } catch (URISyntaxException e) {
      return Optional.of("broker \"" + url + "\" is no URL: " + e.getReason());
    }
  }
}
