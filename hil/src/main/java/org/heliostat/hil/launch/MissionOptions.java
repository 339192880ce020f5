package org.heliostat.hil.launch;

import java.nio.file.Path;
import org.heliostat.hil.ground.TlsOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of a mission. */
@SuppressWarnings("NullAway.Init") // picocli fills the fields
final class MissionOptions {
  static final double DEFAULT_SPEED = 30;
  static final int DEFAULT_FRAMES = 24;

  @Option(
      names = "--mission",
      paramLabel = "FILE",
      description = "Mission file, protobuf text format. Default: missions/default of the image.")
  @Nullable Path mission;

  @Option(
      names = "--frames",
      paramLabel = "DIR",
      description =
          "Frames to fly (GeoTIFF, npy, npz). Default: scenes that the rig makes, with truth.")
  @Nullable Path frames;

  @Option(
      names = "--model",
      paramLabel = "FILE.onnx",
      description = "Network to fly, with --manifest. Default: the mission's.")
  @Nullable Path model;

  @Option(
      names = "--manifest",
      paramLabel = "FILE.textproto",
      description = "What the network wants and gives, with --model.")
  @Nullable Path manifest;

  @Option(
      names = "--scenario",
      paramLabel = "FILE",
      description =
          "What happens around the satellite. Default: hil/src/main/scenarios/default.textproto.")
  @Nullable Path scenario;

  @Option(
      names = "--cards",
      paramLabel = "N",
      description = "Compute cards in use. Default: as the mission says.")
  @Nullable Integer cards;

  @Option(
      names = "--frame-count",
      paramLabel = "N",
      description =
          "Frames to take. Default: the scenario's, the files of --frames, or "
              + DEFAULT_FRAMES
              + " scenes.")
  @Nullable Integer frameCount;

  @Option(
      names = "--speed",
      paramLabel = "X",
      description =
          "Simulated seconds a second, 0.1 to 1000. Default: the scenario's, or "
              + DEFAULT_SPEED
              + ".")
  @Nullable Double speed;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Seed of the scenes. Default: ${DEFAULT-VALUE}.")
  long seed = 1;

  @Option(
      names = "--hold",
      paramLabel = "SECONDS",
      description =
          "How long it flies on, in real time, when its frames are down: open for ./fly command and"
              + " ./fly rig inject. Default: 0.")
  double holdSeconds;

  @Option(
      names = "--broker",
      paramLabel = "URL",
      description =
          "MQTT 5 broker to use, tcp://host:port, or ssl://host:port with --tls-trust and a mission"
              + " file with link.tls. Default: one in the ground station's process.")
  @Nullable String broker;

  @Mixin TlsOptions tls = new TlsOptions();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where the flight leaves its files. Default: target/flights/<id>.")
  @Nullable Path out;
}
