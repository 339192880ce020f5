/**
 * The rig: plays the hardware around the flight computer.
 *
 * <p>It moves the world (orbit, sunlight, battery, heat, camera) in mission time, injects the
 * scenario's faults, and writes what the parts would feel into the world file. Two drop-in native
 * libraries (in {@code src/main/native}) read that file inside the flight processes and answer as
 * the real parts do. The rig never talks to flight in any other way, and knows no flight class.
 */
@NullMarked
package org.heliostat.hil.rig;

import org.jspecify.annotations.NullMarked;
