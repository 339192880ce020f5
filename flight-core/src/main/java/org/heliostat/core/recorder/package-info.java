/** The durable store of all that waits for ground. */
package org.heliostat.core.recorder;
