package org.heliostat.payload.model;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.heliostat.protocol.ModelManifest;
import org.heliostat.protocol.TextFiles;
import org.heliostat.protocol.TextFiles.BadTextFile;

/**
 * A model as it lies on board: a folder with {@code model.onnx} and {@code manifest.textproto}.
 * Immutable.
 *
 * @param onnx the graph
 * @param manifest what it wants and gives, checked
 */
public record ModelFolder(Path onnx, ModelManifest manifest) {
  /** Reads and checks a model folder. */
  public static ModelFolder read(Path folder) throws BadTextFile {
    Path manifestFile = folder.resolve("manifest.textproto");
    ModelManifest manifest =
        TextFiles.read(manifestFile, ModelManifest.getDefaultInstance()).message();
    Path onnx = folder.resolve("model.onnx");
    if (!Files.isRegularFile(onnx)) {
      throw new BadTextFile(List.of(onnx + ": there is no such file"));
    }
    if (manifest.getTile().getOverlap() * 2L >= manifest.getTile().getSize()) {
      throw new BadTextFile(
          List.of(manifestFile + ": tile.overlap is not less than half of tile.size"));
    }
    if (manifest.getTile().getSize() % manifest.getTile().getMultiple() != 0) {
      throw new BadTextFile(List.of(manifestFile + ": tile.size is no multiple of tile.multiple"));
    }
    return new ModelFolder(onnx, manifest);
  }
}
