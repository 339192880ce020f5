/** Where probabilities become products: masks, fractions, thumbnails. */
package org.heliostat.payload.product;
