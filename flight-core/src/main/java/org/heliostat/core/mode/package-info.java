/** The spacecraft's modes and the table of their transitions. */
package org.heliostat.core.mode;
