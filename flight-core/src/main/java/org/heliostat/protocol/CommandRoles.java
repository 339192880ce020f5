package org.heliostat.protocol;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.heliostat.protocol.Telecommand.CommandCase;

/** Which key opens which command, as the schema says. Stateless. */
public final class CommandRoles {
  private static final Map<CommandCase, FieldMeta> METAS = metas();

  private CommandRoles() {}

  private static Map<CommandCase, FieldMeta> metas() {
    Map<CommandCase, FieldMeta> metas = new EnumMap<>(CommandCase.class);
    for (CommandCase command : CommandCase.values()) {
      if (command != CommandCase.COMMAND_NOT_SET) {
        metas.put(
            command,
            Telecommand.getDescriptor()
                .findFieldByNumber(command.getNumber())
                .getOptions()
                .getExtension(Options.meta));
      }
    }
    return metas;
  }

  /**
   * The role whose key a command is sealed with; that of the armed one for ArmCommand. Empty for
   * FireCommand, which needs that of what was armed, and where there is no command.
   */
  public static Optional<Role> of(Telecommand command) {
    CommandCase kind = command.getCommandCase();
    return switch (kind) {
      case ARM_COMMAND -> of(command.getArmCommand().getCommand());
      case FIRE_COMMAND, COMMAND_NOT_SET -> Optional.empty();
      default -> {
        FieldMeta meta = meta(kind);
        yield Optional.of(meta.hasRole() ? meta.getRole() : Role.ROLE_OPERATOR);
      }
    };
  }

  /**
   * Whether the emergency key opens a command, too: those that bring a spacecraft to SAFE, and
   * ground back in control. Of FireCommand what was armed decides.
   */
  public static boolean inEmergency(Telecommand command) {
    CommandCase kind = command.getCommandCase();
    return switch (kind) {
      case ARM_COMMAND -> inEmergency(command.getArmCommand().getCommand());
      case SET_MODE -> command.getSetMode().getMode() == Mode.SAFE;
      case SET_TRANSMITTER -> !command.getSetTransmitter().getSilent();
      case COMMAND_NOT_SET -> false;
      default -> meta(kind).getEmergency();
    };
  }

  /**
   * Whether the emergency key opens a command only while the spacecraft is in SAFE: what gives
   * somebody more than this key, he must not get while the spacecraft works.
   */
  public static boolean inEmergencyOnlyInSafe(Telecommand command) {
    return meta(command.getCommandCase()).getEmergencyInSafe();
  }

  /**
   * Whether the key of a role opens a command that is no FireCommand. Noop is opened by every key:
   * it is how one is tried.
   */
  public static boolean opens(Role role, Telecommand command) {
    return command.getCommandCase() == CommandCase.NOOP
        || of(command).filter(role::equals).isPresent()
        || (role == Role.ROLE_EMERGENCY && inEmergency(command));
  }

  private static FieldMeta meta(CommandCase kind) {
    return METAS.getOrDefault(kind, FieldMeta.getDefaultInstance());
  }
}
