/**
 * Stored commands by relative or absolute time, after NASA cFS Stored Command: tables {@code
 * sequence.NAME}, started by command, and so by limits and fault protection too. It must not know
 * what the commands do.
 */
package org.heliostat.core.sequence;
