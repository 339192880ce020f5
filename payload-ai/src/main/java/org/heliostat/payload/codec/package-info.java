/** Codecs of the products. Ground uses them too, so nothing here knows the satellite. */
package org.heliostat.payload.codec;
