/** What runs in the emulated guest whose power is cut. */
package org.heliostat.tests.power;
