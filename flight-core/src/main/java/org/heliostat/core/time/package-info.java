/** The kinds of time on board. */
package org.heliostat.core.time;
