/**
 * Power loss: a disk with a volatile cache, the emulated guest that lives on it, and the judge of
 * what is there after each cut. It knows nothing of what runs in the guest but the lines that it
 * says.
 */
package org.heliostat.hil.power;
