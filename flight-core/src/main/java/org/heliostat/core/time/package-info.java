/**
 * The kinds of time on board, and UTC by correlation of mission time with GNSS and ground. It must
 * not trust the wall clock.
 */
package org.heliostat.core.time;
