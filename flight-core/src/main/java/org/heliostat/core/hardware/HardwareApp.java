package org.heliostat.core.hardware;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.heliostat.core.app.App;
import org.heliostat.core.app.AppFactory;
import org.heliostat.core.app.Services;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.mission.MissionFile;
import org.heliostat.hal.Camera;
import org.heliostat.hal.ComputeCard;
import org.heliostat.hal.Device;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.PowerMonitor;
import org.heliostat.hal.TemperatureSensor;
import org.heliostat.protocol.DeviceConfig;

/** Opens the devices of the mission file and polls them once a second of mission time. */
public final class HardwareApp implements App {
  private static final long PERIOD_NANOS = 1_000_000_000L;

  private final Services services;
  private final List<Device> devices = new ArrayList<>();
  private final Set<String> failing = new HashSet<>();
  private long next;

  /** Offers the app as {@code hardware}. */
  public static final class Factory implements AppFactory {
    @Override
    public String name() {
      return "hardware";
    }

    @Override
    public App start(Services services) {
      return new HardwareApp(services);
    }
  }

  HardwareApp(Services services) {
    this.services = services;
    Map<String, ComputeCard> cards = new HashMap<>();
    Map<String, Camera> cameras = new HashMap<>();
    for (DeviceConfig config : MissionFile.activeDevices(services.mission())) {
      try {
        Device device =
            services
                .board()
                .device(
                    Device.class, config.getName(), config.getDriver(), config.getParametersMap());
        devices.add(device);
        if (device instanceof ComputeCard card) {
          cards.put(config.getName(), card);
        } else if (device instanceof Camera camera) {
          cameras.put(config.getName(), camera);
        }
      } catch (HardwareFault e) {
        services
            .events()
            .report(CoreEvent.DEVICE_ABSENT, config.getName(), String.valueOf(e.getMessage()));
      }
    }
    services.hardware().opened(cards, cameras);
    next = services.clock().missionNanos();
  }

  @Override
  public void step() throws InterruptedException {
    for (Device device : devices) {
      poll(device);
    }
    long jump = services.clock().checkJump();
    if (jump != 0) {
      services.events().report(CoreEvent.TIME_JUMP, jump / 1e9);
    }
    // beats that were missed (accelerated time) are skipped, not made up for
    long now = services.clock().missionNanos();
    next = Math.max(next + PERIOD_NANOS, now);
    services.board().sleepUntilNanos(next);
  }

  private void poll(Device device) {
    try {
      if (device instanceof ComputeCard card) {
        services.hardware().put(device.name(), card.read());
      } else if (device instanceof PowerMonitor monitor) {
        services.hardware().put(device.name(), monitor.read());
      } else if (device instanceof TemperatureSensor sensor) {
        services.hardware().put(device.name(), sensor.read());
      } else {
        return;
      }
      if (failing.remove(device.name())) {
        services.events().report(CoreEvent.DEVICE_RECOVERED, device.name());
      }
    } catch (HardwareFault e) {
      services.hardware().remove(device.name());
      if (failing.add(device.name())) {
        services
            .events()
            .report(CoreEvent.DEVICE_FAULT, device.name(), String.valueOf(e.getMessage()));
      }
    }
  }

  @Override
  public void close() {
    for (Device device : devices) {
      device.close();
    }
  }
}
