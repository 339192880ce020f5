package org.heliostat.hil.rig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.heliostat.protocol.Scenario;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CameraPlayerTest {
  @TempDir private Path folder = Path.of("");
  private Path camera = Path.of("");
  private Path played = Path.of("");
  private final StringWriter out = new StringWriter();
  private final Scenario.Camera settings =
      Scenario.Camera.newBuilder()
          .setIntervalS(2)
          .setMemoryFrames(3)
          .putProperties("bands", "red, green")
          .build();

  @BeforeEach
  void makeFolders() throws IOException {
    camera = folder.resolve("camera");
    played = Files.createDirectories(folder.resolve("played"));
    Files.writeString(played.resolve("b.npz"), "frame b");
    Files.writeString(played.resolve("a.tif"), "frame a");
    Files.writeString(played.resolve("readme.txt"), "no frame");
  }

  private CameraPlayer player() throws IOException {
    return new CameraPlayer(
        camera,
        new FolderFrames(played, 0, settings.getPropertiesMap()),
        settings,
        new Orbit(Scenario.Orbit.getDefaultInstance()),
        new RigLog(out),
        Runnable::run);
  }

  private void request(int number, String count) throws IOException {
    Files.writeString(camera.resolve("requests/%08d.request".formatted(number)), count);
  }

  private List<String> frames() throws IOException {
    try (Stream<Path> files = Files.list(camera.resolve("frames"))) {
      return files.map(file -> String.valueOf(file.getFileName())).sorted().toList();
    }
  }

  private void release(String id) throws IOException {
    try (Stream<Path> files = Files.list(camera.resolve("frames"))) {
      for (Path file : files.filter(f -> String.valueOf(f.getFileName()).startsWith(id)).toList()) {
        Files.delete(file);
      }
    }
  }

  @Test
  void deliversAsManyFramesAsAskedForAtTheInterval() throws IOException {
    CameraPlayer player = player();
    player.play(0, 0);
    assertThat(frames()).isEmpty();
    request(1, "3\n");
    player.play(0, 10);
    assertThat(frames()).containsExactly("f000001.properties", "f000001.tif");
    player.play(0, 11.9);
    assertThat(frames()).hasSize(2);
    player.play(0, 12);
    assertThat(frames()).hasSize(4).contains("f000002.npz");
    player.play(0, 14);
    player.play(0, 16);
    player.play(0, 18);
    // the folder has two frames, so the third is the first again under an id of its own
    assertThat(frames()).hasSize(6).contains("f000003.tif");
    assertThat(camera.resolve("requests/done/00000001.request")).exists();
    assertThat(camera.resolve("requests/00000001.request")).doesNotExist();
  }

  @Test
  void describesTheFrameInItsSidecar() throws IOException {
    CameraPlayer player = player();
    request(1, "2");
    player.play(123_456_789L, 10);
    player.play(987_654_321L, 12);
    assertThat(sidecar("f000001"))
        .doesNotContainKey("bbox")
        .containsEntry("source", "a.tif")
        .containsEntry("acquired_nanos", "123456789")
        .containsEntry("bits_per_sample", "12")
        .containsEntry("bands", "red, green");
    // a GeoTIFF says itself where it lies; of other files only the camera knows
    assertThat(sidecar("f000002").getProperty("bbox").split(",")).hasSize(4);
    assertThat(camera.resolve("frames/f000001.tif")).hasContent("frame a");
    assertThat(played.resolve("a.tif")).hasContent("frame a");
  }

  @Test
  void aFrameThatTheDiskRefusesIsDeliveredLater() throws IOException {
    CameraPlayer player = player();
    request(1, "2");
    // in the way of the sidecar, as a full disk would be
    Path obstacle = Files.createDirectories(camera.resolve("scratch/f000001.sidecar"));
    player.play(0, 10);
    assertThat(frames()).isEmpty();
    assertThat(player.remaining()).isEqualTo(2);
    Files.delete(obstacle);
    player.play(0, 100);
    player.play(0, 200);
    assertThat(frames())
        .containsExactly("f000001.properties", "f000001.tif", "f000002.npz", "f000002.properties");
    assertThat(player.remaining()).isZero();
  }

  private Properties sidecar(String id) throws IOException {
    Properties sidecar = new Properties();
    try (Reader in = Files.newBufferedReader(camera.resolve("frames/" + id + ".properties"))) {
      sidecar.load(in);
    }
    return sidecar;
  }

  @Test
  void waitsWhileItsMemoryIsFull() throws IOException {
    CameraPlayer player = player();
    request(1, "5");
    for (int t = 0; t < 100; t += 2) {
      player.play(0, t);
    }
    assertThat(frames()).hasSize(6);
    release("f000001");
    player.play(0, 200);
    assertThat(frames()).hasSize(6).contains("f000004.npz");
    assertThat(player.remaining()).isEqualTo(1);
  }

  @Test
  void goesOnAfterARestartAndGivesNoIdTwice() throws IOException {
    CameraPlayer player = player();
    request(1, "2");
    request(2, "1");
    player.play(0, 0);
    release("f000001");
    Files.writeString(camera.resolve("frames/f000002.npz"), "half a frame");
    CameraPlayer again = player();
    assertThat(frames()).isEmpty();
    for (int t = 10; t < 20; t += 2) {
      again.play(0, t);
    }
    assertThat(frames())
        .containsExactly("f000002.npz", "f000002.properties", "f000003.properties", "f000003.tif");
    assertThat(again.remaining()).isZero();
  }

  @Test
  void aRequestThatWasTakenUpJustBeforeTheEndIsNotTakenUpTwice() throws IOException {
    player();
    Files.writeString(camera.resolve("camera.properties"), "next_id=3\nrequest=7\nremaining=0\n");
    request(7, "5");
    CameraPlayer player = player();
    player.play(0, 0);
    player.play(0, 2);
    assertThat(frames()).isEmpty();
    assertThat(camera.resolve("requests/done/00000007.request")).exists();
  }

  @Test
  void aRequestOfNonsenseIsDone() throws IOException {
    CameraPlayer player = player();
    request(1, "many");
    request(2, "1");
    player.play(0, 0);
    player.play(0, 1);
    assertThat(frames()).hasSize(2);
  }

  @Test
  void aFrameThatCannotBeMadeIsNotedAndTriedAgain() throws IOException {
    int[] calls = {0};
    FrameSource failing =
        new FrameSource() {
          @Override
          public int available() {
            return 1;
          }

          @Override
          public Frame next(int sequence, Path scratch) throws IOException {
            calls[0]++;
            if (calls[0] == 1) {
              throw new IOException("no light");
            }
            return new Frame(
                Files.writeString(scratch.resolve("made.npy"), "made"), "made.npy", Map.of());
          }
        };
    CameraPlayer player =
        new CameraPlayer(
            camera,
            failing,
            settings,
            new Orbit(Scenario.Orbit.getDefaultInstance()),
            new RigLog(out),
            Runnable::run);
    request(1, "1");
    player.play(0, 0);
    assertThat(out.toString()).contains("no light");
    player.play(0, 0.5);
    player.play(0, 1);
    player.play(0, 2);
    assertThat(frames()).containsExactly("f000001.npy", "f000001.properties");
    assertThat(camera.resolve("scratch")).isEmptyDirectory();
  }

  @Test
  void aFolderWithoutFramesIsRefused() throws IOException {
    Path empty = Files.createDirectories(folder.resolve("empty"));
    assertThatThrownBy(() -> new FolderFrames(empty, 0, Map.of()))
        .hasMessageContaining("holds no frame");
    assertThat(new FolderFrames(played, 1, Map.of()).available()).isEqualTo(1);
  }

  @Test
  void makesScenesWithTheirTruthApart() throws IOException {
    GeneratedFrames scenes = new GeneratedFrames(3, 2, 32, folder.resolve("truth"));
    FrameSource.Frame first = scenes.next(0, folder);
    byte[] bytes = Files.readAllBytes(first.file());
    assertThat(first.properties())
        .containsEntry("bands", "blue,green,red,nir,swir16,swir22")
        .containsEntry("nodata", "0");
    assertThat(folder.resolve("truth/scene-000000.png")).exists();
    assertThat(scenes.next(2, folder).file()).hasBinaryContent(bytes);
    assertThat(scenes.available()).isEqualTo(2);
  }
}
