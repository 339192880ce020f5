package org.heliostat.hil.rig;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/**
 * What every process of one flight is told alike: where its time starts and how fast it runs, and
 * whose end is its own. For picocli's {@code @Mixin}.
 */
public final class FlightOptions {
  @Option(
      names = "--speed",
      defaultValue = "1",
      description = "Mission seconds in a second, 0.001 to 1000. Default: ${DEFAULT-VALUE}.")
  private double speed;

  @Option(
      names = "--host-epoch-ns",
      description = "Host CLOCK_MONOTONIC at the start of the flight. Default: now.")
  private @Nullable Long hostEpochNanos;

  @Option(
      names = "--mission-epoch-ns",
      defaultValue = "1000000000000",
      description = "Mission time at the start of the flight. Default: ${DEFAULT-VALUE}.")
  private long missionEpochNanos;

  @Option(
      names = "--utc-epoch-ns",
      description = "UTC at the start of the flight, since 1970. Default: now.")
  private @Nullable Long utcEpochNanos;

  @Option(names = "--parent", paramLabel = "PID", description = "End when this process is gone.")
  private @Nullable Long parent;

  /** The time of the flight; epochs that were not given are this moment. */
  public MissionTime time(CommandLine commandLine) {
    try {
      return new MissionTime(
          hostEpochNanos == null ? System.nanoTime() : hostEpochNanos,
          missionEpochNanos,
          utcEpochNanos == null ? System.currentTimeMillis() * 1_000_000L : utcEpochNanos,
          Math.round(speed * 1e6));
    } catch (IllegalArgumentException e) {
      throw new CommandLine.ParameterException(commandLine, "--speed: " + e.getMessage(), e);
    }
  }

  /** Mission seconds in a second of host time. */
  public double speed() {
    return speed;
  }

  /** Whether the process whose end is the flight's end is gone. */
  public boolean parentIsGone() {
    return parent != null && ProcessHandle.of(parent).filter(ProcessHandle::isAlive).isEmpty();
  }
}
