/**
 * What is left of a flight for people: one HTML page with plots, pictures and tables. It reads the
 * files that rig and ground station have written and knows neither of them.
 */
@NullMarked
package org.heliostat.hil.report;

import org.jspecify.annotations.NullMarked;
