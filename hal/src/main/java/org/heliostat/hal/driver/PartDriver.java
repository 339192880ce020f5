package org.heliostat.hal.driver;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.heliostat.hal.Board;
import org.heliostat.hal.Device;
import org.heliostat.hal.DeviceDriver;
import org.heliostat.hal.HardwareFault;

/**
 * A driver that makes settings of its parameters first, and a device of the settings.
 *
 * @param <S> the settings
 */
abstract class PartDriver<S> implements DeviceDriver {
  private final String name;
  private final Class<? extends Device> kind;
  private final Set<String> keys;

  PartDriver(String name, Class<? extends Device> kind, Set<String> keys) {
    this.name = name;
    this.kind = kind;
    this.keys = keys;
  }

  /** Reads the parameters; refuses what makes no sense and touches nothing. */
  abstract S settings(Parameters given) throws HardwareFault;

  abstract Device device(String deviceName, S settings, Board board) throws HardwareFault;

  /** The keys of a part on an I2C bus together with its own. */
  static Set<String> onI2c(String... own) {
    Set<String> all = new HashSet<>(I2cPlace.KEYS);
    all.addAll(Set.of(own));
    return Set.copyOf(all);
  }

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final Class<? extends Device> kind() {
    return kind;
  }

  @Override
  public final void check(String deviceName, Map<String, String> parameters) throws HardwareFault {
    settings(new Parameters(deviceName, parameters, keys));
  }

  @Override
  public final Device open(String deviceName, Map<String, String> parameters, Board board)
      throws HardwareFault {
    return device(deviceName, settings(new Parameters(deviceName, parameters, keys)), board);
  }
}
