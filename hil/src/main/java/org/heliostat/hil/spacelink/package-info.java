/**
 * The radio link between satellite and ground, as a TCP proxy in front of the broker.
 *
 * <p>{@link org.heliostat.hil.spacelink.SpaceLink} listens on a loopback port and carries bytes to
 * and from the broker with the rate and the delay of a {@link
 * org.heliostat.hil.spacelink.LinkModel}, and only while the link is up. What it promises stands in
 * the module's README. It must not know MQTT, orbits, missions or simulated time: who asks for a
 * link says in host time what it is like and whether it is up.
 */
@NullMarked
package org.heliostat.hil.spacelink;

import org.jspecify.annotations.NullMarked;
