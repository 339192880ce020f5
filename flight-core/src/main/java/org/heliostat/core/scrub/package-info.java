/**
 * Watches over what does not change: checks the checksums of the image's files and of stored tables
 * in the background, raises an alarm, and repairs from the golden copy. It must not know what the
 * files are for.
 */
package org.heliostat.core.scrub;
