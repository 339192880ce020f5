/**
 * What is printed to a terminal. Promises: nothing that came over the link, or that a file is
 * named, moves it or hides a line. It knows no other package.
 */
@NullMarked
package org.heliostat.hil.terminal;

import org.jspecify.annotations.NullMarked;
