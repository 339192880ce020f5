package org.heliostat.core.link;

import java.io.IOException;
import java.util.Arrays;
import org.heliostat.core.command.CommandHandler;
import org.heliostat.core.command.Execution;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.protocol.LinkKey;
import org.heliostat.protocol.LoadKey;
import org.heliostat.protocol.Refusal;
import org.heliostat.protocol.Role;
import org.heliostat.protocol.Telecommand;

/** Takes a key that is to take the place of its role's. On the thread of the link. */
final class LoadKeyCommand implements CommandHandler {
  private final KeyStore keys;
  private final Events events;

  LoadKeyCommand(KeyStore keys, Events events) {
    this.keys = keys;
    this.events = events;
  }

  @Override
  public void execute(Telecommand command, Execution execution) {
    LoadKey load = command.getLoadKey();
    int id = load.getKeyId();
    if (LinkKey.role(id).isEmpty()) {
      execution.fail(Refusal.BAD_ARGUMENT, "no key has the number " + id);
      return;
    }
    if (keys.status().getGoodList().contains(id)) {
      execution.fail(Refusal.BAD_ARGUMENT, "key " + id + " is good already");
      return;
    }
    byte[] secret = load.getSecret().toByteArray();
    try {
      keys.load(id, secret);
      events.report(
          execution.role() == Role.ROLE_EMERGENCY
              ? CoreEvent.KEY_LOADED_IN_EMERGENCY
              : CoreEvent.KEY_LOADED,
          LinkKey.role(id).orElseThrow(),
          id);
      execution.complete();
    } catch (IOException e) {
      execution.fail(Refusal.NOT_STORED, "the key cannot be stored: " + e);
    } finally {
      Arrays.fill(secret, (byte) 0);
    }
  }
}
