/** Reads and checks the mission file. */
package org.heliostat.core.mission;
