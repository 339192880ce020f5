package org.heliostat.hil.launch;

import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.heliostat.protocol.FlightState;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.Scenario;

/**
 * What a flight has left, for the checks to look at.
 *
 * @param out folder of the flight
 * @param scenario what was to happen around the satellite
 * @param wanted frames that were asked for
 * @param frames lines of the ground's list of frames
 * @param events lines of the ground's list of events
 * @param telemetry lines of the ground's list of housekeeping packets
 * @param rig lines of the rig's log
 * @param ground what the ground station has counted
 * @param commandsFailed the launcher's own commands that were not completed, with the reason
 * @param flightEnds how the flight process ended each time, the commanded one last
 * @param orderly whether it ended when it was asked to
 * @param builtDigest digest that the build wrote
 * @param imageDigest digest of the image as it lies there
 * @param left processes and folders that are still there
 */
record Evidence(
    Path out,
    Mission mission,
    Scenario scenario,
    int wanted,
    Optional<FlightState> state,
    List<JsonObject> frames,
    List<JsonObject> events,
    List<JsonObject> telemetry,
    List<JsonObject> rig,
    JsonObject ground,
    int commandsSent,
    List<String> commandsFailed,
    List<Integer> flightEnds,
    boolean orderly,
    String builtDigest,
    String imageDigest,
    List<String> devices,
    List<String> left) {}
