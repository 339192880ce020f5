package org.heliostat.hil.scene;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SceneFilesTest {
  private final Scene scene = new SceneGenerator(5).scene(2, 48, 32);

  @TempDir private Path folder = Path.of(".");

  @Test
  void npyHoldsTheSamples() throws Exception {
    Path file = folder.resolve("scene.npy");
    SceneFiles.writeNpy(scene, file);
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    String header = header(bytes);
    assertThat(header)
        .isEqualTo("{'descr': '<u2', 'fortran_order': False, 'shape': (6, 32, 48), }");
    assertThat(bytes.position() % 64).isZero();
    assertThat(bytes.remaining()).isEqualTo(6 * 32 * 48 * 2);
    for (SceneBand band : SceneBand.values()) {
      for (int at = 0; at < 32 * 48; at++) {
        assertThat(bytes.getShort()).isEqualTo(scene.band(band).get(at));
      }
    }
  }

  @Test
  void truthNpyHoldsTheCodes() throws Exception {
    Path file = folder.resolve("truth.npy");
    SceneFiles.writeTruthNpy(scene, file);
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(header(bytes))
        .isEqualTo("{'descr': '|u1', 'fortran_order': False, 'shape': (32, 48), }");
    assertThat(bytes.slice()).isEqualTo(scene.truth());
  }

  @Test
  void opacityNpyHoldsTheOpacity() throws Exception {
    Path file = folder.resolve("opacity.npy");
    SceneFiles.writeOpacityNpy(scene, file);
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    header(bytes);
    assertThat(bytes.slice()).isEqualTo(scene.cloudOpacity());
  }

  @Test
  void truthPngReadsBack() throws Exception {
    Path file = folder.resolve("cloud.png");
    SceneFiles.truthPng(scene, file);
    BufferedImage image = ImageIO.read(file.toFile());
    assertThat(image.getWidth()).isEqualTo(48);
    assertThat(image.getHeight()).isEqualTo(32);
    for (int y = 0; y < 32; y++) {
      for (int x = 0; x < 48; x++) {
        int wanted = scene.truthAt(x, y) == SceneClass.CLOUD ? 255 : 0;
        assertThat(image.getRaster().getSample(x, y, 0)).isEqualTo(wanted);
      }
    }
  }

  @Test
  void quicklookIsColour() throws Exception {
    Path file = folder.resolve("look.png");
    SceneFiles.quicklookPng(scene, file);
    assertThat(ImageIO.read(file.toFile()).getRaster().getNumBands()).isEqualTo(3);
  }

  private static String header(ByteBuffer bytes) {
    byte[] magic = new byte[8];
    bytes.get(magic);
    assertThat(magic).isEqualTo(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
    byte[] text = new byte[bytes.getShort()];
    bytes.get(text);
    return new String(text, StandardCharsets.US_ASCII).strip();
  }
}
