package org.heliostat.hil.launch;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.heliostat.hil.ground.GreyPng;
import org.heliostat.hil.report.JsonFiles;

/**
 * How well the masks on ground agree with what the rig's scenes truly held. It says little about
 * real pictures.
 *
 * @param frames frames that have a truth
 * @param iou pixels that are cloud in both, of those that are in either; 1 where neither has any
 * @param accuracy pixels that agree, of all
 */
record TruthScore(int frames, double iou, double accuracy) {
  /** The score over all frames, or nothing when none has a truth. */
  static Optional<TruthScore> of(Evidence evidence, Path truth) throws IOException {
    long both = 0;
    long either = 0;
    long equal = 0;
    long pixels = 0;
    int frames = 0;
    for (JsonObject frame : evidence.frames()) {
      String source = JsonFiles.text(frame, "source");
      int dot = source.lastIndexOf('.');
      Path file = truth.resolve((dot < 0 ? source : source.substring(0, dot)) + ".png");
      String mask = JsonFiles.text(frame, "cloud_mask");
      if (mask.isEmpty() || !truth.equals(file.getParent()) || !Files.isRegularFile(file)) {
        continue;
      }
      int width = (int) JsonFiles.whole(frame, "width");
      int height = (int) JsonFiles.whole(frame, "height");
      byte[] found =
          GreyPng.decode(Files.readAllBytes(evidence.out().resolve(mask)), width, height);
      byte[] real = GreyPng.decode(Files.readAllBytes(file), width, height);
      for (int at = 0; at < found.length; at++) {
        boolean a = found[at] != 0;
        boolean b = real[at] != 0;
        both += a && b ? 1 : 0;
        either += a || b ? 1 : 0;
        equal += a == b ? 1 : 0;
      }
      pixels += found.length;
      frames++;
    }
    return frames == 0
        ? Optional.empty()
        : Optional.of(
            new TruthScore(
                frames, either == 0 ? 1 : (double) both / either, (double) equal / pixels));
  }
}
