/** Passes immutable messages between apps over bounded queues. A publisher never waits. */
package org.heliostat.core.bus;
