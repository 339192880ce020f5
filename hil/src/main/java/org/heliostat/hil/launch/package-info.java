/**
 * The one command line. A mission's launcher checks what it was given, starts ground station, rig
 * and flight as processes of their own, commands the flight as an operator would, and judges it by
 * what it left. It knows the flight image by its files and its schema only.
 */
@NullMarked
package org.heliostat.hil.launch;

import org.jspecify.annotations.NullMarked;
