package org.heliostat.hil.launch;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.Scenario;

/**
 * A flight whose inputs have been checked.
 *
 * @param id name of the flight
 * @param out where it leaves its files
 * @param mission the mission as the user gave it
 * @param scenarioFile what happens around the satellite
 * @param cards compute cards in use
 * @param frameCount frames to take
 * @param speed mission seconds in a second
 * @param holdSeconds host seconds that it flies on when its frames are down
 * @param broker host and port of a broker that is there already
 * @param groundTls options that give ground its certificates; none for a broker in clear
 */
record FlightPlan(
    Installation installation,
    String id,
    Path out,
    Mission mission,
    Path scenarioFile,
    Scenario scenario,
    Optional<Path> frames,
    Optional<ModelFiles> model,
    int cards,
    int frameCount,
    double speed,
    long seed,
    double holdSeconds,
    Optional<String> broker,
    List<String> groundTls) {

  /** A network and its manifest. */
  record ModelFiles(Path onnx, Path manifest) {}
}
