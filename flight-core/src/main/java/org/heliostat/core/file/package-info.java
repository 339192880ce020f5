/**
 * Small files replaced atomically, with a checksum and the one before as backup, and the threads on
 * which the disk is touched, so that one that hangs holds up nobody. It must not know what is
 * stored.
 */
package org.heliostat.core.file;
