/** The link through a real broker, Debian's mosquitto. */
package org.heliostat.tests.broker;
