/** The compute cards: a worker process for each, kept alive and fed while its card is cool. */
package org.heliostat.payload.card;
