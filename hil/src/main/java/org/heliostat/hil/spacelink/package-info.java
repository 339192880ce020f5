/**
 * The radio link between satellite and ground, as a TCP proxy in front of the broker.
 *
 * <p><b>What it does.</b> {@link org.heliostat.hil.spacelink.SpaceLink} listens on a loopback port
 * and carries bytes to and from the broker with the rate and the delay of a {@link
 * org.heliostat.hil.spacelink.LinkModel}, and only while the link is up.
 *
 * <table>
 * <caption>Promises</caption>
 * <tr><th>promise</th><th>why</th><th>shown by</th></tr>
 * <tr><td>bytes arrive in order and unchanged, as long as the connection lives</td><td>loss on this link is a cut, as TCP shows
 *   it</td><td>{@code SpaceLinkTest.bytesPassBothWaysUnchanged}</td></tr>
 * <tr><td>when the link goes down, every connection is reset, in the middle of a message too; nothing sent before arrives
 *   after</td><td>a set satellite is silent at once</td><td>{@code SpaceLinkTest.linkDownCutsInMidMessage}</td></tr>
 * <tr><td>while it is down, new connections are reset at once</td><td>a client must not hang</td>
 *   <td>{@code SpaceLinkTest.connectionWhileDownIsRefused}</td></tr>
 * <tr><td>a byte arrives no earlier than its turn on the line and the delay allow</td><td>timing figures must not be
 *   flattered</td><td>{@code LineTest}, {@code SpaceLinkTest.delayedBytesWaitForTheirTime}</td></tr>
 * <tr><td>memory is bounded: a full line stops reading</td><td>the sender must feel the rate</td>
 *   <td>{@code SpaceLinkTest.fullLineStopsReading}</td></tr>
 * <tr><td>{@code close} leaves no thread and no socket</td><td>a flight cleans up after itself</td>
 *   <td>{@code SpaceLinkTest.closeLeavesNoThread}</td></tr>
 * </table>
 *
 * <p><b>What it must not know.</b> MQTT, orbits, missions, simulated time: who asks for a link says
 * in host time what it is like and whether it is up.
 *
 * <p><b>Decided against.</b> Dropped or corrupted bytes inside a connection: TCP would repeat them,
 * so what is left for an application is lateness or a cut. Selectors: a satellite has one
 * connection, and four threads for it are easier to read.
 */
@NullMarked
package org.heliostat.hil.spacelink;

import org.jspecify.annotations.NullMarked;
