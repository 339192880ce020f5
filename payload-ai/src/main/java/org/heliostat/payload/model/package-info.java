/** Models as they lie on board. */
package org.heliostat.payload.model;
