package org.heliostat.hil.launch;

import java.nio.file.Path;
import org.heliostat.protocol.OperatorRequest;
import org.heliostat.protocol.Options;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which flight an operator speaks to, and who he is. For picocli's {@code @Mixin}. */
final class OperatorOptions {
  /** As the schema of requests has it. */
  private static final int MOST_OPERATOR =
      (int)
          OperatorRequest.getDescriptor()
              .findFieldByNumber(OperatorRequest.OPERATOR_FIELD_NUMBER)
              .getOptions()
              .getExtension(Options.meta)
              .getMax();

  private static final int MOST_WAIT_SECONDS = 86_400;

  @Option(
      names = "--flight",
      paramLabel = "DIR",
      description = "Folder of the flight. Default: the newest one that is flying.")
  private @Nullable Path flight;

  @Option(
      names = "--operator",
      paramLabel = "NAME",
      description = "Who does it; stands in ground's audit log. Default: ${DEFAULT-VALUE}.")
  private String operator = System.getProperty("user.name", "operator");

  /** Refuses a name, and a wait in seconds, that the station would not take. */
  void check(double waitSeconds) throws SetupException {
    if (operator.length() > MOST_OPERATOR) {
      throw new SetupException(
          "--operator has " + operator.length() + " characters, " + MOST_OPERATOR + " are allowed");
    }
    // written so that NaN is never inside
    if (!(waitSeconds > 0 && waitSeconds <= MOST_WAIT_SECONDS)) {
      throw new SetupException(
          "--wait is " + waitSeconds + ", not above 0 and at most " + MOST_WAIT_SECONDS);
    }
  }

  String operator() {
    return operator;
  }

  /** The door of the flight's ground station. */
  Path socket() throws SetupException {
    return FlyingFlight.find(flight, "socket");
  }

  /** The private key that files to this flight are signed with. */
  Path signer() throws SetupException {
    return FlyingFlight.find(flight, "signer");
  }

  /** The number of the spacecraft whose ground station has this door. */
  int spacecraft(Path socket) throws SetupException {
    return FlyingFlight.spacecraft(flight, socket);
  }
}
