/**
 * The native calls that the HAL makes, one class a library, and the SMBus transfers built on them.
 *
 * <p>Each binding loads exactly the library that its system property names and checks that every
 * call really lies in that file. The interfaces exist so that tests can play the operating system;
 * nothing above the HAL uses this package.
 */
@NullMarked
package org.heliostat.hal.os;

import org.jspecify.annotations.NullMarked;
