/** System tests: whole flights of real processes, started as a user starts them. */
package org.heliostat.tests.flight;
