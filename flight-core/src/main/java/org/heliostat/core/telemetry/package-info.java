/**
 * Housekeeping: one snapshot of the spacecraft a second, and the sets of it that go to ground, as
 * the table {@code housekeeping} has them. It must not know who contributes what.
 */
package org.heliostat.core.telemetry;
