/**
 * The flight process: boot, core commands, shutdown. Everything else lives in a room of its own
 * below.
 */
package org.heliostat.core;
