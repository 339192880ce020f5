package org.heliostat.hil.spacelink;

/**
 * What a link has done since it was made.
 *
 * @param bytesUp bytes handed to the broker: from the satellite to ground
 * @param bytesDown bytes handed to the satellite: from ground
 * @param connections connections carried
 * @param cuts connections reset because the link went down
 * @param refused connections reset on arrival because the link was down
 * @param brokerFailures connections given up because the broker did not answer in time or reset
 *     them
 */
public record LinkCounters(
    long bytesUp, long bytesDown, long connections, long cuts, long refused, long brokerFailures) {}
