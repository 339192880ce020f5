/**
 * What both ends of the link share and nothing else: the generated messages, their checks by the
 * schema's own field options, the seal around every packet, and the one class that knows Paho. It
 * must not know how either end works.
 */
package org.heliostat.protocol;
