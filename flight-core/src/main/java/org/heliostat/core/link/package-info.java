/**
 * The link to ground: commands and receipts in, records and housekeeping out.
 *
 * <p>Promises: a record is freed on a receipt of this run alone; a part goes again only where
 * ground lacks it; no plan of passes keeps ground out for good. It must not know what a record
 * holds, but for where a product lies.
 */
package org.heliostat.core.link;
