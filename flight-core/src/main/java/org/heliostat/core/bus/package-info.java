/**
 * Passes immutable messages between apps over bounded queues: a topic a type, a queue a subscriber.
 * A publisher never waits unless it asks to; what a subscriber is too slow for is counted. It must
 * not know what the messages mean, nor how losses are reported.
 */
package org.heliostat.core.bus;
