/**
 * Files on their way up: begun by a command whose signature, version and size are judged before a
 * byte is stored, taken in parts into a staging file outside the jail, and moved to their place in
 * one go when their SHA-256 is verified. What was begun goes on after a restart. It must not know
 * how parts travel, nor what is in a file.
 */
package org.heliostat.core.upload;
