/**
 * What happens between power-on and running apps: counts boots that never reached operation, picks
 * the golden configuration when there were too many, and keeps the reset log. It must not know what
 * any app does.
 */
package org.heliostat.core.boot;
