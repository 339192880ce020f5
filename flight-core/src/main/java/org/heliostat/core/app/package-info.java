/**
 * What an app is, the executive that runs apps and starts failed ones anew, and the keeper that
 * kicks the watchdog while all of them are alive. It must not know what any app does.
 */
package org.heliostat.core.app;
