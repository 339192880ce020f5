/**
 * Opens the mission's devices, polls them, holds what they read last, says which of them (and the
 * disk) are not well, and carries out the commands to them. A value that is not believed is given
 * to nobody, and nobody is blamed for another's fault. It must not know what the devices serve.
 */
package org.heliostat.core.hardware;
