package org.heliostat.hil.ground;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.heliostat.hil.rig.FlightOptions;
import org.heliostat.hil.rig.MissionTime;
import org.heliostat.protocol.BrokerUrl;
import org.heliostat.protocol.Scenario;
import org.heliostat.protocol.TextFiles;
import org.heliostat.protocol.TextFiles.BadTextFile;
import org.heliostat.protocol.TlsMaterial;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The ground station as a process of its own. It ends on SIGTERM, or when the process that it is
 * told to watch is gone. Exit codes: 0 or 143 ended as told, 1 broke, 2 wrong use.
 */
@Command(
    name = "ground",
    mixinStandardHelpOptions = true,
    description = "Receives, stores and confirms what the satellite sends, and commands it.")
@SuppressWarnings("NullAway.Init") // picocli fills the fields
public final class GroundMain implements Callable<Integer> {
  private static final long LOOK_MILLIS = 50;
  private static final long PARENT_NANOS = 500_000_000L;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Where what arrived is kept.")
  private Path out;

  @Option(
      names = "--run",
      required = true,
      paramLabel = "DIR",
      description = "Folder for the operators' socket, on a short path.")
  private Path run;

  @Option(
      names = "--keys",
      required = true,
      paramLabel = "DIR",
      description = "Folder with the station's keys, and the secret that they are sealed with.")
  private Path keys;

  @Option(
      names = "--broker",
      paramLabel = "URL",
      description =
          "Broker, for example tcp://host:1883, or ssl://host:8883 with --tls-trust. Default: one"
              + " inside this process.")
  private @Nullable String brokerUrl;

  @CommandLine.Mixin private TlsOptions tls;

  @Option(
      names = "--broker-port-file",
      paramLabel = "FILE",
      description = "Where to write HOST:PORT of the broker inside this process.")
  private @Nullable Path brokerFile;

  @Option(
      names = "--spacecraft-id",
      defaultValue = "1",
      description = "Number of the spacecraft. Default: ${DEFAULT-VALUE}.")
  private int spacecraft;

  @Option(
      names = "--scenario",
      paramLabel = "FILE",
      description = "Scenario, for the outages of the broker.")
  private @Nullable Path scenarioFile;

  @CommandLine.Mixin private FlightOptions flight;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  private final CountDownLatch stop = new CountDownLatch(1);
  private final CountDownLatch stopped = new CountDownLatch(1);

  private boolean parentGone;
  private long nextLookAtParent = System.nanoTime();

  private GroundMain() {}

  /** Runs the station until it is told to end. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new GroundMain()).execute(arguments));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    MissionTime time = flight.time(spec.commandLine());
    Scenario scenario = scenario();
    GroundKeys stationKeys = GroundKeys.open(keys, new SecureRandom()::nextBytes);
    Runtime.getRuntime().addShutdownHook(new Thread(this::stopAndWait, "ground-stop"));
    try (EmbeddedBroker broker = new EmbeddedBroker(run.resolve("broker"))) {
      String url = brokerUrl;
      Optional<TlsMaterial> certificates = certificates();
      if (url == null) {
        broker.start();
        url = "tcp://127.0.0.1:" + broker.port();
        watch(scenario, time, broker);
      }
      try (GroundStation station =
          new GroundStation(
              out,
              new GroundStation.Broker(url, certificates),
              spacecraft,
              stationKeys,
              time,
              System::nanoTime)) {
        work(station, broker.port());
      }
    } finally {
      stopped.countDown();
    }
    return 0;
  }

  private void work(GroundStation station, int brokerPort)
      throws IOException, InterruptedException {
    OperatorSocket operators =
        new OperatorSocket(
            run.resolve("ground.sock"),
            station.desk(),
            station.rotation(),
            station.uploads(),
            System::nanoTime);
    try {
      announce(brokerPort);
      station.run(this::isOver);
    } finally {
      operators.close();
    }
  }

  /** Says that everything is ready, and where the broker is. */
  private void announce(int port) throws IOException {
    Optional<Path> file = Optional.ofNullable(brokerFile);
    if (file.isPresent()) {
      DurableFile.replace(file.get(), "127.0.0.1:" + port + "\n");
    }
  }

  /** Plays the broker's outages beside the station's own thread. */
  private void watch(Scenario scenario, MissionTime time, EmbeddedBroker broker) {
    BrokerOutages outages = new BrokerOutages(scenario, time, broker);
    Thread thread =
        new Thread(
            () -> {
              try {
                while (!stop.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                  outages.play(System.nanoTime());
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "ground-outages");
    thread.setDaemon(true);
    thread.start();
  }

  private boolean isOver() {
    long now = System.nanoTime();
    if (now - nextLookAtParent >= 0) {
      nextLookAtParent = now + PARENT_NANOS;
      parentGone = flight.parentIsGone();
    }
    return parentGone || stop.getCount() == 0;
  }

  private void stopAndWait() {
    stop.countDown();
    try {
      if (!stopped.await(5, TimeUnit.SECONDS)) {
        GroundLog.say("did not end in 5 s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** TLS as the options have it, or why it cannot be so. */
  private Optional<TlsMaterial> certificates() {
    Optional<TlsMaterial> material = tls.material();
    Optional<String> wrong =
        tls.problem()
            .or(
                () ->
                    brokerUrl == null
                        ? material.map(given -> "--tls-trust: the own broker has no TLS")
                        : BrokerUrl.problem(brokerUrl, material.isPresent()))
            .or(() -> material.flatMap(TlsMaterial::problem).map(why -> "TLS: " + why));
    if (wrong.isPresent()) {
      throw new CommandLine.ParameterException(spec.commandLine(), wrong.get());
    }
    return material;
  }

  private Scenario scenario() {
    if (scenarioFile == null) {
      return Scenario.getDefaultInstance();
    }
    try {
      return TextFiles.read(scenarioFile, Scenario.getDefaultInstance()).message();
    } catch (BadTextFile e) {
      throw new CommandLine.ParameterException(spec.commandLine(), String.valueOf(e.getMessage()));
    }
  }
}
