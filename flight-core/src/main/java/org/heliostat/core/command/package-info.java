/** Runs telecommands once and reports their stages. It must not know the link they came over. */
package org.heliostat.core.command;
