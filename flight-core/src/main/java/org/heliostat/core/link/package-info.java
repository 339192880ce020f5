/** The link to ground: commands and receipts in, records and housekeeping out. */
package org.heliostat.core.link;
