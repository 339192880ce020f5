/**
 * Files: small ones that are replaced atomically, with a checksum and the one before as backup; the
 * threads on which the disk is touched, so that one that hangs holds up nobody, and changes that
 * come late from it undo nothing; the jail and the commands to files in it; recordings of the JVM.
 * It must not know what is stored.
 */
package org.heliostat.core.file;
