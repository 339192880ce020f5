/**
 * Fault detection, isolation and recovery: one table from symptom over confirmation to response. It
 * acts by commands alone, and must not know how a device is switched or an app is started.
 */
package org.heliostat.core.protection;
