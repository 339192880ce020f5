package org.heliostat.hil.launch;

import com.google.gson.JsonObject;
import java.util.List;
import java.util.Optional;
import org.heliostat.hil.ground.RecordList;
import org.heliostat.protocol.FlightState;

/**
 * What a flight that was killed again and again has left.
 *
 * @param boots the boots of its process, in order
 * @param audit lines of ground's audit log
 * @param reports lines of ground's list of command stages
 * @param answers lines of ground's list of answers (tables, fields)
 * @param dumps lines of ground's list of event dumps
 * @param events lines of ground's list of events
 * @param frames lines of ground's catalogue
 * @param records number and checksum of each record that ground has, in the order of arrival
 * @param delivered frames that the camera has delivered; their ids are f000001 and so on
 * @param requests requests that the camera was given, each by one command
 * @param state what the spacecraft knows of itself at the end
 * @param troubles what went wrong in the course of the flight, seen as it flew
 */
record KillEvidence(
    List<FlightBoots.Boot> boots,
    List<JsonObject> audit,
    List<JsonObject> reports,
    List<JsonObject> answers,
    List<JsonObject> dumps,
    List<JsonObject> events,
    List<JsonObject> frames,
    List<RecordList.Row> records,
    long delivered,
    int requests,
    Optional<FlightState> state,
    List<KillJudge.Violation> troubles) {}
