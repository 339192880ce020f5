/**
 * Limits, after NASA cFS Limit Checker: watchpoints over the newest housekeeping, and actionpoints
 * that start a sequence or change the mode when watchpoints have failed. It must not know where the
 * values come from.
 */
package org.heliostat.core.limit;
