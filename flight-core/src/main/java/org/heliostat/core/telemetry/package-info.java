/** The housekeeping packet. */
package org.heliostat.core.telemetry;
