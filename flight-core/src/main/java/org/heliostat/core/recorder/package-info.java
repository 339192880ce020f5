/**
 * The durable store of all that waits for ground: numbered records in append-only segments, given
 * up cheapest first when room is short, kept for a while after ground has them. What was
 * acknowledged survives a kill or power loss at any byte. It must not know what a record means, nor
 * how it gets to ground.
 */
package org.heliostat.core.recorder;
