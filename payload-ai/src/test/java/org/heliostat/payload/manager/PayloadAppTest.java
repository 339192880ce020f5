package org.heliostat.payload.manager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.ArgumentMatchers.contains;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.atLeast;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.heliostat.core.command.CommandHandler;
import org.heliostat.core.command.Execution;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.recorder.RecorderFault;
import org.heliostat.hal.Camera;
import org.heliostat.hal.CameraFrame;
import org.heliostat.hal.HardwareFault;
import org.heliostat.payload.TestFlight;
import org.heliostat.payload.TestFrames;
import org.heliostat.payload.frame.FrameStore;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.Mode;
import org.heliostat.protocol.Outcome;
import org.heliostat.protocol.Product;
import org.heliostat.protocol.TakeFrames;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mockito.ArgumentCaptor;

/** The manager, with real cards and a real state store; camera and recorder are mocks. */
@Timeout(60)
class PayloadAppTest {
  private static final long DEADLINE_NANOS = 30_000_000_000L;

  @TempDir private Path folder;
  private Path run;
  private TestFlight flight;
  private Camera camera;
  private PayloadApp app;
  private final List<CameraFrame> waiting = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    // a Unix socket's path is short, so not in a folder that a test framework names
    run = Files.createTempDirectory("a");
    camera = mock(Camera.class);
    when(camera.name()).thenReturn("camera");
    when(camera.next())
        .thenAnswer(call -> waiting.isEmpty() ? Optional.empty() : Optional.of(waiting.remove(0)));
    flight = new TestFlight(folder, run, 1, "works");
    when(flight.hardware.camera(anyString())).thenReturn(Optional.of(camera));
    when(flight.modes.mode()).thenReturn(Mode.PAYLOAD);
    app =
        new PayloadApp(
            flight.services,
            TestFlight.model(),
            new FrameStore(folder.resolve("frames"), flight.services.mission().getCamera()));
  }

  @AfterEach
  void end() throws IOException {
    app.close();
    assertThat(run).isEmptyDirectory();
    Files.delete(run);
  }

  private CameraFrame good(String id) throws IOException {
    return offered(
        id,
        TestFrames.npy(1, "<f4", false, "1, 2, 2", TestFrames.samples("<f4", 0.1, 0.2, 0.3, 0.4)));
  }

  private CameraFrame offered(String id, byte[] bytes) throws IOException {
    Path file = folder.resolve(id + ".npy");
    Files.write(file, bytes);
    return new CameraFrame(id, file, Map.of());
  }

  private interface Condition {
    boolean holds();
  }

  private void stepUntil(Condition condition) throws InterruptedException {
    long start = System.nanoTime();
    while (!condition.holds()) {
      assertThat(System.nanoTime() - start).isLessThan(DEADLINE_NANOS);
      app.step();
    }
  }

  private int taken() {
    return flight.state.get().getFramesTaken();
  }

  private List<Product> products() throws RecorderFault {
    ArgumentCaptor<Downlink> packets = ArgumentCaptor.forClass(Downlink.class);
    verify(flight.recorder, atLeast(0)).append(eq(Recorder.Priority.PRODUCT), packets.capture());
    return packets.getAllValues().stream().map(Downlink::getProduct).toList();
  }

  private Execution command(int count) {
    ArgumentCaptor<CommandHandler> handler = ArgumentCaptor.forClass(CommandHandler.class);
    verify(flight.commands).handle(eq("payload"), eq(CommandCase.TAKE_FRAMES), handler.capture());
    Execution execution = mock(Execution.class);
    handler
        .getValue()
        .execute(
            Telecommand.newBuilder().setTakeFrames(TakeFrames.newBuilder().setCount(count)).build(),
            execution);
    return execution;
  }

  @Test
  void aFrameBecomesAProductAndIsReleasedOnlyThen() throws Exception {
    CameraFrame frame = good("f1");
    waiting.add(frame);
    stepUntil(() -> taken() == 1);
    assertThat(products()).hasSize(1);
    assertThat(products().get(0).getOutcome()).isEqualTo(Outcome.INFERRED);
    assertThat(products().get(0).getCloudFraction()).isEqualTo(1);
    assertThat(flight.state.get().getFramesInferred()).isEqualTo(1);
    assertThat(flight.state.get().getRawBytes()).isEqualTo(6);
    assertThat(flight.state.get().getUnreleasedFramesList()).isEmpty();
    verify(camera).release(frame);
    assertThat(folder.resolve("frames")).isEmptyDirectory();
  }

  @Test
  void framesAreTakenInModePayloadOnly() throws Exception {
    when(flight.modes.mode()).thenReturn(Mode.NOMINAL);
    waiting.add(good("f1"));
    for (int i = 0; i < 5; i++) {
      app.step();
    }
    verify(camera, never()).next();
    Execution execution = command(1);
    verify(execution).fail(contains("the mode is NOMINAL"));
    when(flight.modes.mode()).thenReturn(Mode.PAYLOAD);
    stepUntil(() -> taken() == 1);
  }

  @Test
  void aDamagedFrameIsDeclinedWithTheReason() throws Exception {
    CameraFrame frame = offered("f1", new byte[] {1, 2, 3});
    waiting.add(frame);
    stepUntil(() -> taken() == 1);
    assertThat(products().get(0).getOutcome()).isEqualTo(Outcome.DECLINED);
    assertThat(products().get(0).getReason()).contains("not a GeoTIFF");
    assertThat(flight.state.get().getFramesDeclined()).isEqualTo(1);
    assertThat(flight.count(PayloadEvent.FRAME_DECLINED)).isEqualTo(1);
    verify(camera).release(frame);
  }

  @Test
  void aFrameOfNanIsDeclined() throws Exception {
    double nan = Double.NaN;
    waiting.add(
        offered(
            "f1",
            TestFrames.npy(
                1, "<f4", false, "1, 2, 2", TestFrames.samples("<f4", nan, nan, nan, nan))));
    stepUntil(() -> taken() == 1);
    assertThat(products().get(0).getReason()).contains("0.00 % of the pixels have data");
  }

  @Test
  void aProductThatTheRecorderRefusesIsTriedAgainAndItsFrameKept() throws Exception {
    CameraFrame frame = good("f1");
    when(flight.recorder.append(any(), any()))
        .thenThrow(RecorderFault.class)
        .thenThrow(RecorderFault.class)
        .thenReturn(1L);
    waiting.add(frame);
    stepUntil(() -> flight.count(PayloadEvent.STORE_FAULT) == 1);
    verify(camera, never()).release(any());
    assertThat(taken()).isZero();
    stepUntil(() -> taken() == 1);
    assertThat(products()).hasSize(3);
    assertThat(products().get(2)).isEqualTo(products().get(0));
    assertThat(flight.count(PayloadEvent.STORE_FAULT)).isEqualTo(1);
    verify(camera).release(frame);
  }

  @Test
  void aStateThatCannotBeStoredRecordsAndCountsTheProductOnce() throws Exception {
    CameraFrame frame = good("f1");
    waiting.add(frame);
    Path blocked = folder.resolve("state.bin.new");
    Files.createDirectories(blocked.resolve("x"));
    stepUntil(() -> flight.count(PayloadEvent.STORE_FAULT) == 1);
    app.step();
    verify(camera, never()).release(any());
    Files.delete(blocked.resolve("x"));
    Files.delete(blocked);
    stepUntil(() -> flight.state.get().getUnreleasedFramesCount() == 0);
    assertThat(products()).hasSize(1);
    assertThat(taken()).isEqualTo(1);
    verify(camera, times(1)).release(frame);
  }

  @Test
  void aFrameThatWasDurableBeforeARestartIsReleasedAndNotDoneAgain() throws Exception {
    flight.state.update(next -> next.addUnreleasedFrames("f1"));
    CameraFrame done = good("f1");
    waiting.add(done);
    waiting.add(good("f2"));
    stepUntil(() -> taken() == 1);
    assertThat(products()).extracting(Product::getFrameId).containsExactly("f2");
    verify(camera).release(done);
    assertThat(flight.state.get().getUnreleasedFramesList()).isEmpty();
  }

  @Test
  void noMoreFramesAreHeldThanTheMissionAllows() throws Exception {
    when(flight.recorder.append(any(), any())).thenThrow(RecorderFault.class);
    for (int i = 1; i <= 5; i++) {
      waiting.add(good("f" + i));
    }
    stepUntil(() -> flight.count(PayloadEvent.STORE_FAULT) == 1);
    for (int i = 0; i < 4; i++) {
      app.step();
    }
    assertThat(waiting).hasSize(3);
  }

  @Test
  void aCommandCompletesWhenItsLastFrameIsDurable() throws Exception {
    Execution execution = command(2);
    app.step();
    verify(camera).trigger(2);
    waiting.add(good("f1"));
    stepUntil(() -> taken() == 1);
    verify(execution, never()).complete();
    waiting.add(good("f2"));
    stepUntil(() -> taken() == 2);
    verify(execution).complete();
  }

  @Test
  void aCameraThatRefusesFailsTheCommand() throws Exception {
    org.mockito.Mockito.doThrow(
            new HardwareFault(HardwareFault.Kind.REFUSED, "camera", "out of film"))
        .when(camera)
        .trigger(3);
    Execution execution = command(3);
    app.step();
    verify(execution).fail(contains("out of film"));
  }

  @Test
  void aFailingCameraIsReportedOnceAndDoesNotStopTheApp() throws Exception {
    org.mockito.Mockito.doThrow(new HardwareFault(HardwareFault.Kind.ABSENT, "camera", "gone"))
        .doThrow(new HardwareFault(HardwareFault.Kind.ABSENT, "camera", "gone"))
        .doReturn(Optional.of(good("f1")))
        .doReturn(Optional.empty())
        .when(camera)
        .next();
    stepUntil(() -> taken() == 1);
    assertThat(flight.count(PayloadEvent.CAMERA_FAULT)).isEqualTo(1);
  }

  @Test
  void commandsThatWaitWhenTheAppEndsAreAnswered() {
    Execution execution = command(1);
    app.close();
    verify(execution).fail(contains("ended"));
  }
}
