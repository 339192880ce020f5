/**
 * Tables: what operators change about a flying spacecraft without a new image. A table is loaded to
 * a staging copy, checked, stored, and taken by its owner at a safe point; whatever happens to the
 * disk, the one in use is a whole one. It must not know what stands in any of them.
 */
package org.heliostat.core.table;
