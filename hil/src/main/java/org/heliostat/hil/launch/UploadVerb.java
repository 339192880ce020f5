package org.heliostat.hil.launch;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.heliostat.hil.terminal.TerminalText;
import org.heliostat.protocol.BeginUpload;
import org.heliostat.protocol.FileSignature;
import org.heliostat.protocol.IoReason;
import org.heliostat.protocol.SchemaCheck;
import org.heliostat.protocol.SignerKeys;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ./fly upload}: brings a file to a flying mission. */
@Command(
    name = "upload",
    description = {
      "Signs a file and brings it into the folder of files of a flying mission.",
      "Cut off anywhere, the next try goes on where this one stopped.",
      "Exit code: 0 the satellite has said that the file is in place, 1 it is not, 2 wrong use."
    })
@SuppressWarnings("NullAway.Init") // picocli fills the fields
final class UploadVerb implements Callable<Integer> {
  private static final int BUFFER_BYTES = 1 << 16;

  @Parameters(index = "0", paramLabel = "FILE", description = "The file.")
  private Path file;

  @Option(
      names = "--to",
      required = true,
      paramLabel = "PATH",
      description = "Where it is to come, in the folder of files.")
  private String to;

  @Option(
      names = "--version",
      required = true,
      paramLabel = "N",
      description =
          "Its version; one below that of the file that came to this path last is refused until"
              + " ROLL_BACK_FILE allows it.")
  private long version;

  @Option(
      names = "--signer",
      paramLabel = "KEY",
      description = "Private Ed25519 key of the signer, PEM. Default: that of the flight.")
  private @Nullable Path signer;

  @Option(
      names = "--signature",
      paramLabel = "FILE",
      description = "A signature of 64 bytes that was made elsewhere, instead of --signer.")
  private @Nullable Path signature;

  @Mixin private final OperatorOptions options = new OperatorOptions();

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      description = "How long to go on, contacts or not. Default: ${DEFAULT-VALUE}.")
  private double waitSeconds = 3600;

  // --version is the file's here
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help message and exit.")
  @SuppressWarnings("UnusedVariable") // picocli acts on it
  private boolean help;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws SetupException, InterruptedException {
    options.check(waitSeconds);
    if (version < 1 || version > 0xFFFF_FFFFL) {
      throw new SetupException("--version is " + version + ", not 1 to " + 0xFFFF_FFFFL);
    }
    if (signer != null && signature != null) {
      throw new SetupException("--signer and --signature do not go together");
    }
    Path socket = options.socket();
    try (SeekableByteChannel content = open();
        UploadStation station = new UploadStation(socket, options.operator())) {
      BeginUpload signed = signed(content, socket);
      Uploader.End end =
          new Uploader(station, System::nanoTime, TimeUnit.NANOSECONDS::sleep, this::say)
              .run(signed, content, waitSeconds);
      if (end.done()) {
        say("\"" + to + "\" is in place, version " + version);
        return 0;
      }
      PrintWriter err = spec.commandLine().getErr();
      err.println("\"" + TerminalText.line(to) + "\": " + TerminalText.line(end.why()));
      return 1;
    } catch (IOException e) {
      throw new SetupException(file + ": " + IoReason.of(e));
    }
  }

  private void say(String line) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(TerminalText.line(line));
    out.flush();
  }

  private SeekableByteChannel open() throws SetupException {
    try {
      if (!Files.isRegularFile(file)) {
        throw new SetupException(file + " is no file");
      }
      return Files.newByteChannel(file);
    } catch (IOException e) {
      throw new SetupException(file + " cannot be read: " + IoReason.of(e));
    }
  }

  private BeginUpload signed(SeekableByteChannel content, Path socket)
      throws SetupException, IOException {
    BeginUpload.Builder made =
        BeginUpload.newBuilder()
            .setPath(to)
            .setSize(content.size())
            .setSha256(digest(content))
            .setVersion((int) version);
    made.setSignature(
        signature == null ? sign(made.build(), options.spacecraft(socket)) : given(signature));
    List<SchemaCheck.Problem> problems = SchemaCheck.problems(made.build());
    if (!problems.isEmpty()) {
      throw new SetupException(file + ": " + problems.get(0));
    }
    return made.build();
  }

  private static ByteString digest(SeekableByteChannel content) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
      content.position(0);
      while (content.read(buffer.clear()) >= 0) {
        digest.update(buffer.flip());
      }
      return ByteString.copyFrom(digest.digest());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private ByteString sign(BeginUpload made, int spacecraft) throws SetupException {
    Path key = signer == null ? options.signer() : signer;
    try {
      return FileSignature.sign(SignerKeys.privateKey(key), spacecraft, made);
    } catch (IOException | GeneralSecurityException e) {
      throw new SetupException("the key in " + key + " does not sign: " + e.getMessage());
    }
  }

  private static ByteString given(Path file) throws SetupException {
    try {
      if (Files.size(file) != FileSignature.BYTES) {
        throw new SetupException(file + " does not hold a signature of 64 bytes");
      }
      return ByteString.copyFrom(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new SetupException(file + " cannot be read: " + IoReason.of(e));
    }
  }
}
