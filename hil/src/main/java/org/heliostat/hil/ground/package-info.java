/**
 * The simulated ground station: broker, receiver, catalogue and command desk.
 *
 * <p>Promises: what it gives a receipt for is on its disk; nothing is catalogued twice; a command
 * has its number on disk before it is sent. It must not know any flight class beyond the shared
 * protocol and the product codecs.
 */
@NullMarked
package org.heliostat.hil.ground;

import org.jspecify.annotations.NullMarked;
