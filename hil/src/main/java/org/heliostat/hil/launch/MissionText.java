package org.heliostat.hil.launch;

import com.google.protobuf.TextFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.heliostat.protocol.DeviceConfig;
import org.heliostat.protocol.Mission;

/** Fits a mission to the flight that it flies on: what only the launcher can know. Stateless. */
final class MissionText {
  private MissionText() {}

  /**
   * The mission as it flies.
   *
   * @param camera folder that the rig's camera plays into
   * @param model folder of another model than the mission's
   */
  static Mission fitted(Mission mission, int cards, Path camera, Optional<Path> model) {
    Mission.Builder fitted = mission.toBuilder().setActiveCards(cards);
    for (DeviceConfig.Builder device : fitted.getDevicesBuilderList()) {
      if (device.getName().equals(mission.getCamera().getDevice())) {
        device.putParameters("folder", camera.toString());
      }
    }
    model.ifPresent(folder -> fitted.getPayloadBuilder().setModel(folder.toString()));
    return fitted.build();
  }

  /** Writes a mission in the text format that flight reads. */
  static void write(Mission mission, Path file) throws IOException {
    Files.writeString(
        file,
        "# made by the launcher from the mission file that it was given\n"
            + TextFormat.printer().printToString(mission));
  }

  /** Lays out a model folder. */
  static Path modelFolder(FlightPlan.ModelFiles files, Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.copy(files.onnx(), folder.resolve("model.onnx"));
    Files.copy(files.manifest(), folder.resolve("manifest.textproto"));
    return folder;
  }
}
