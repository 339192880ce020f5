package org.heliostat.hal;

/**
 * Who a card is.
 *
 * @param model product name
 * @param serial serial number of the board; empty where the part has none
 * @param uuid globally unique name, immutable for the life of the part
 */
public record CardIdentity(String model, String serial, String uuid) {}
