/** Numbered events: throttled, logged, recorded for ground. */
package org.heliostat.core.event;
