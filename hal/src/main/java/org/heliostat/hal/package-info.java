/**
 * What the hardware is: typed devices, their readings and their faults.
 *
 * <p>{@link org.heliostat.hal.Board} is the one door: it holds the clock, and opens devices through
 * drivers that are found by name. A read ends in a fresh value or in a {@link
 * org.heliostat.hal.HardwareFault}, never in a stale number. The package knows nothing of the
 * mission, of messages or of who asks; parameters are plain text.
 */
@NullMarked
package org.heliostat.hal;

import org.jspecify.annotations.NullMarked;
