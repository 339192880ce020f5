/**
 * The link under a line that does its worst: proxy, products, flights, and what is made of them.
 */
package org.heliostat.tests.link;
