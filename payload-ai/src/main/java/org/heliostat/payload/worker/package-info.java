/**
 * The worker process of a compute card, and the channel to it. It knows nothing of missions, modes
 * or products.
 */
package org.heliostat.payload.worker;
