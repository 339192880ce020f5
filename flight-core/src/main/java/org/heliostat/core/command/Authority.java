package org.heliostat.core.command;

import org.heliostat.protocol.Role;

/**
 * By what a command from ground was authenticated.
 *
 * @param role whose key it was sealed with
 * @param notAfterNanos UTC in ns since 1970 after which it must not be run; 0 for none
 */
public record Authority(Role role, long notAfterNanos) {}
