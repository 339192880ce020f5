/** Small files replaced atomically, with a checksum and the one before as backup. */
package org.heliostat.core.file;
