/**
 * What keeps the spacecraft alive with nothing but the platform: sheds load when power sags, turns
 * rails off when their card is too hot, and brings the link back when ground has not been heard for
 * too long. It must not know the payload.
 */
package org.heliostat.core.survival;
