package org.heliostat.hil.ground;

import org.heliostat.protocol.OperatorRequest;

/**
 * Who asks the station for something.
 *
 * @param name as he gives it
 * @param user of this host whose process asks, as the kernel says; empty where it does not
 */
record Operator(String name, String user) {
  static Operator of(OperatorRequest request) {
    return new Operator(request.getOperator(), request.getUser());
  }
}
