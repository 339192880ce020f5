package org.heliostat.payload.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.heliostat.protocol.TextFiles.BadTextFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFolderTest {
  @TempDir private Path folder;

  private void refused(String manifest, String words) throws IOException {
    Files.writeString(folder.resolve("manifest.textproto"), manifest);
    assertThatThrownBy(() -> ModelFolder.read(folder))
        .isInstanceOf(BadTextFile.class)
        .hasMessageContaining(words);
  }

  private static String manifest(String tile) {
    return """
        id: "m" task: CLOUD_SCREEN
        input { name: "in" bands: "blue" }
        tile { %s }
        output { name: "out" }
        """
        .formatted(tile);
  }

  @Test
  void readsTheModelThatIsShipped() throws Exception {
    ModelFolder model = ModelFolder.read(Path.of("src/main/models/cloud-screen-v1"));
    assertThat(model.manifest().getId()).isEqualTo("cloud-screen-v1");
    assertThat(Files.size(model.onnx())).isLessThan(2_000_000);
  }

  @Test
  void refusesTilesThatCannotBe() throws Exception {
    Files.write(folder.resolve("model.onnx"), new byte[1]);
    refused(manifest("size: 64 overlap: 32"), "overlap");
    refused(manifest("size: 60 multiple: 8"), "multiple");
    Files.writeString(folder.resolve("manifest.textproto"), manifest("size: 64 overlap: 31"));
    assertThat(ModelFolder.read(folder).manifest().getTile().getOverlap()).isEqualTo(31);
  }

  @Test
  void namesWhatIsMissing() throws Exception {
    refused(manifest("size: 64"), "model.onnx: there is no such file");
    refused("id: \"m\"", "task is missing");
    refused("nonsense: 3", "manifest.textproto:1");
  }
}
