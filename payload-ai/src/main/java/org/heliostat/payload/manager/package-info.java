/** The payload manager: from the camera to a durable product. */
package org.heliostat.payload.manager;
