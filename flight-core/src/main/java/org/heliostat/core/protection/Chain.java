package org.heliostat.core.protection;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.heliostat.core.command.Issued;
import org.heliostat.protocol.ProtectionResponse;

/** The responses of one rule about one thing, on their way. One thread. */
final class Chain {
  final RuleState rule;
  final String device;
  final String thing;
  final List<ProtectionResponse> rest;
  Optional<ProtectionResponse> current = Optional.empty();
  Optional<Issued> issued = Optional.empty();
  boolean deviceHelped;

  Chain(RuleState rule, String device, String thing) {
    this.rule = rule;
    this.device = device;
    this.thing = thing;
    this.rest = new ArrayList<>(rule.rule().getResponsesList());
  }

  void giveUp() {
    rest.clear();
  }

  String origin() {
    return "protection " + rule.rule().getName();
  }

  String about() {
    return device.isEmpty() ? thing : device;
  }
}
