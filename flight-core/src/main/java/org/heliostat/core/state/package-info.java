/** What flight must know again after a restart. */
package org.heliostat.core.state;
