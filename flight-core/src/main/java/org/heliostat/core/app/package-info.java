/**
 * What an app is, and the executive that runs apps and starts failed ones anew. It must not know
 * what any app does.
 */
package org.heliostat.core.app;
