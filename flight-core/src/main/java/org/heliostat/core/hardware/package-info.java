/** Opens the mission's devices, polls them, and holds what they read last. */
package org.heliostat.core.hardware;
