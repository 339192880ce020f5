package org.heliostat.core.hardware;

import org.heliostat.protocol.DeviceFault;

/**
 * What is wrong with a device.
 *
 * @param fault its type
 * @param text what was seen, for people
 */
record Finding(DeviceFault fault, String text) {}
