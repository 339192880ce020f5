/** From the instrument's file to a planar file that a worker maps: GeoTIFF, npy, npz. */
package org.heliostat.payload.frame;
