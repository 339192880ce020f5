/**
 * The drivers that come with the HAL: one class a part, each following the part's data sheet.
 *
 * <p>A driver knows its part, the board's buses and clock, and its own parameters; it keeps no
 * policy (limits, rates, modes).
 */
@NullMarked
package org.heliostat.hal.driver;

import org.jspecify.annotations.NullMarked;
