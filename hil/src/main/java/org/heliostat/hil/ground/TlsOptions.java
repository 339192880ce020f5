package org.heliostat.hil.ground;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.heliostat.protocol.TlsConfig;
import org.heliostat.protocol.TlsMaterial;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options for ground's certificates towards a broker; the same for station and launcher. */
@SuppressWarnings("NullAway.Init") // picocli fills the fields
public final class TlsOptions {
  @Option(
      names = "--tls-trust",
      paramLabel = "FILE",
      description =
          "With a broker ssl://...: certificates of which one must have signed the broker's (PEM, or"
              + " PKCS #12 by .p12, .pfx).")
  @Nullable Path trust;

  @Option(
      names = "--tls-certificate",
      paramLabel = "FILE",
      description = "Ground's own certificate (PEM, or PKCS #12 with the key in it).")
  @Nullable Path certificate;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE",
      description = "Its key, where the certificate is PEM: PKCS #8 in PEM, without a password.")
  @Nullable Path key;

  @Option(
      names = "--tls-password-file",
      paramLabel = "FILE",
      description = "A file with the password of the PKCS #12 files.")
  @Nullable Path passwordFile;

  /** What is wrong with the options among each other. */
  public Optional<String> problem() {
    return trust == null && (certificate != null || key != null || passwordFile != null)
        ? Optional.of("--tls-certificate, --tls-key and --tls-password-file go with --tls-trust")
        : Optional.empty();
  }

  /** The certificates that they name; nothing where they name none. */
  public Optional<TlsMaterial> material() {
    if (trust == null) {
      return Optional.empty();
    }
    TlsConfig.Builder config = TlsConfig.newBuilder().setTrust(trust.toString());
    if (certificate != null) {
      config.setCertificate(certificate.toString());
    }
    if (key != null) {
      config.setKey(key.toString());
    }
    if (passwordFile != null) {
      config.setPasswordFile(passwordFile.toString());
    }
    // ground's clock is one that is looked after
    InstantSource clock = InstantSource.system();
    return Optional.of(
        new TlsMaterial(
            config.build(), Path.of("").toAbsolutePath(), () -> Optional.of(clock.instant())));
  }

  /** The options as they are passed on, with absolute paths. */
  public List<String> arguments() {
    List<String> arguments = new ArrayList<>();
    add(arguments, "--tls-trust", trust);
    add(arguments, "--tls-certificate", certificate);
    add(arguments, "--tls-key", key);
    add(arguments, "--tls-password-file", passwordFile);
    return List.copyOf(arguments);
  }

  private static void add(List<String> arguments, String name, @Nullable Path file) {
    if (file != null) {
      arguments.add(name);
      arguments.add(file.toAbsolutePath().toString());
    }
  }
}
