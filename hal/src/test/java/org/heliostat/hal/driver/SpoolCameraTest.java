package org.heliostat.hal.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.heliostat.hal.Camera;
import org.heliostat.hal.CameraFrame;
import org.heliostat.hal.FakeLibc;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolCameraTest {
  @TempDir private Path folder = Path.of("");

  private Camera open() throws HardwareFault {
    return new FakeLibc()
        .board()
        .device(Camera.class, "camera", "spool", Map.of("folder", folder.toString()));
  }

  private void frame(String id, String sidecar) throws IOException {
    Path frames = Files.createDirectories(folder.resolve("frames"));
    Files.writeString(frames.resolve(id + ".tif"), "frame " + id);
    Files.writeString(frames.resolve(id + ".properties"), sidecar);
  }

  @Test
  void offersFramesInOrderEachOnce() throws Exception {
    Camera camera = open();
    assertThat(camera.next()).isEmpty();
    frame("f000002", "source=b.tif\n");
    frame("f000001", "source=a.tif\nbands=blue,grün\n");
    CameraFrame first = camera.next().orElseThrow();
    assertThat(first.id()).isEqualTo("f000001");
    assertThat(first.properties())
        .containsEntry("source", "a.tif")
        .containsEntry("bands", "blue,grün");
    assertThat(first.file()).hasContent("frame f000001");
    assertThat(camera.next().orElseThrow().id()).isEqualTo("f000002");
    assertThat(camera.next()).isEmpty();
  }

  @Test
  void aFrameWithoutSidecarIsNotComplete() throws Exception {
    Camera camera = open();
    Files.writeString(folder.resolve("frames/f000001.tif"), "half");
    Files.writeString(folder.resolve("frames/f000001.tmp"), "half");
    assertThat(camera.next()).isEmpty();
  }

  @Test
  void releaseDeletesAndWhatWasNotReleasedComesBackAfterARestart() throws Exception {
    frame("f000001", "source=a\n");
    frame("f000002", "source=b\n");
    Camera camera = open();
    CameraFrame first = camera.next().orElseThrow();
    assertThat(camera.next()).isPresent();
    camera.release(first);
    camera.release(first);
    assertThat(folder.resolve("frames")).isDirectoryNotContaining("glob:**f000001*");
    camera.close();
    assertThat(open().next().orElseThrow().id()).isEqualTo("f000002");
  }

  @Test
  void aReleaseThatWasCutOffIsFinished() throws Exception {
    frame("f000001", "source=a\n");
    frame("f000002", "source=b\n");
    Files.delete(folder.resolve("frames/f000001.tif"));
    assertThat(open().next().orElseThrow().id()).isEqualTo("f000002");
    assertThat(folder.resolve("frames/f000001.properties")).doesNotExist();
  }

  @Test
  void anUnreadableSidecarIsReportedOnceAndHoldsUpNothing() throws Exception {
    frame("f000001", "x".repeat(SpoolCamera.SIDECAR_BYTES + 1));
    frame("f000002", "source=\\u12\n");
    frame("f000004", "source=d\n");
    Path third = folder.resolve("frames/f000003.properties");
    Files.writeString(folder.resolve("frames/f000003.tif"), "frame");
    Files.write(third, new byte[] {'a', '=', (byte) 0xC3, '\n'});
    Camera camera = open();
    for (String id : new String[] {"f000001", "f000002", "f000003"}) {
      HardwareFault fault = catchThrowableOfType(HardwareFault.class, camera::next);
      assertThat(fault.kind()).isEqualTo(Kind.BAD_DATA);
      assertThat(fault).hasMessageContaining(id);
      assertThat(folder.resolve("rejected").resolve(id + ".tif")).exists();
    }
    assertThat(camera.next().orElseThrow().id()).isEqualTo("f000004");
  }

  @Test
  void asksForFramesWithNumbersThatOnlyGrow() throws Exception {
    Camera camera = open();
    camera.trigger(3);
    camera.trigger(5);
    Path requests = folder.resolve("requests");
    assertThat(requests.resolve("00000001.request")).hasContent("3");
    assertThat(requests.resolve("00000002.request")).hasContent("5");
    for (String number : new String[] {"00000001", "00000002"}) {
      Files.move(
          requests.resolve(number + ".request"), requests.resolve("done/" + number + ".request"));
    }
    open().trigger(1);
    assertThat(requests.resolve("00000003.request")).hasContent("1");
  }

  @Test
  void refusesCountsThatMakeNoSense() throws Exception {
    Camera camera = open();
    assertThatThrownBy(() -> camera.trigger(0)).isInstanceOf(HardwareFault.class);
    assertThatThrownBy(() -> camera.trigger(1_000_001)).isInstanceOf(HardwareFault.class);
  }

  @Test
  void releasesNothingBeyondItsFolder() throws Exception {
    Path other = Files.writeString(folder.resolve("other.tif"), "not of the camera");
    Camera camera = open();
    assertThatThrownBy(() -> camera.release(new CameraFrame("other", other, Map.of())))
        .hasMessageContaining("is not of this camera");
    assertThat(other).exists();
  }

  @Test
  void aFolderThatCannotBeMadeIsAbsent() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "");
    HardwareFault fault =
        catchThrowableOfType(
            HardwareFault.class,
            () ->
                new FakeLibc()
                    .board()
                    .device(Camera.class, "camera", "spool", Map.of("folder", file.toString())));
    assertThat(fault.kind()).isEqualTo(Kind.ABSENT);
  }

  @Test
  void aFolderThatGoesAwayIsAFault() throws Exception {
    Camera camera = open();
    Files.delete(folder.resolve("requests/done"));
    Files.delete(folder.resolve("requests"));
    Files.delete(folder.resolve("frames"));
    assertThat(catchThrowableOfType(HardwareFault.class, camera::next).kind())
        .isEqualTo(Kind.ABSENT);
    assertThat(catchThrowableOfType(HardwareFault.class, () -> camera.trigger(1)).kind())
        .isEqualTo(Kind.REFUSED);
  }

  @Test
  void whatIsNoFrameOrRequestIsLeftAlone() throws Exception {
    frame("f000001", "source=a\n");
    Path frames = folder.resolve("frames");
    Files.writeString(frames.resolve("a frame.properties"), "source=b\n");
    Files.writeString(frames.resolve("f000002.properties"), "source=c\n");
    Files.writeString(frames.resolve("f000002.tmp"), "half");
    Files.createDirectories(folder.resolve("requests"));
    Files.writeString(folder.resolve("requests/later.request"), "1");
    Camera camera = open();
    assertThat(camera.name()).isEqualTo("camera");
    assertThat(camera.next().orElseThrow().id()).isEqualTo("f000001");
    assertThat(camera.next()).isEmpty();
    assertThat(frames.resolve("a frame.properties")).exists();
    camera.trigger(1);
    assertThat(folder.resolve("requests/00000001.request")).exists();
  }

  @Test
  void aRewindOffersWhatWasNotReleasedOnceMore() throws Exception {
    frame("f000001", "source=a\n");
    Camera camera = open();
    CameraFrame first = camera.next().orElseThrow();
    assertThat(camera.next()).isEmpty();
    camera.rewind();
    assertThat(camera.next()).contains(first);
  }

  @Test
  void framesThatCannotBeDeletedOrHaveNoProperNameAreRefused() throws Exception {
    frame("f000001", "source=a\n");
    Camera camera = open();
    CameraFrame first = camera.next().orElseThrow();
    CameraFrame named = new CameraFrame("../f000001", first.file(), first.properties());
    assertThatThrownBy(() -> camera.release(named)).hasMessageContaining("is not of this camera");
    Files.delete(first.file());
    Files.createDirectories(first.file().resolve("more"));
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, () -> camera.release(first));
    assertThat(fault.kind()).isEqualTo(Kind.REFUSED);
    assertThat(fault).hasMessageContaining("cannot be deleted");
    assertThat(folder.resolve("frames/f000001.properties")).exists();
  }

  @Test
  void aFolderIsCheckedWithoutBeingMade() throws Exception {
    SpoolDriver driver = new SpoolDriver();
    Path none = folder.resolve("none");
    driver.check("camera", Map.of("folder", none.toString()));
    assertThat(none).doesNotExist();
    assertThatThrownBy(() -> driver.check("camera", Map.of("folder", "a\0b")))
        .isInstanceOf(HardwareFault.class)
        .hasMessageContaining("is no path");
  }
}
