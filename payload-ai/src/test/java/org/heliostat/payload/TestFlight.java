package org.heliostat.payload;

import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.heliostat.core.app.Services;
import org.heliostat.core.command.Commands;
import org.heliostat.core.event.EventDefinition;
import org.heliostat.core.event.Events;
import org.heliostat.core.fixture.TestServices;
import org.heliostat.core.hardware.Hardware;
import org.heliostat.core.mode.Modes;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.state.StateStore;
import org.heliostat.core.time.BoardClock;
import org.heliostat.hal.CardReading;
import org.heliostat.payload.model.ModelFolder;
import org.heliostat.protocol.CameraConfig;
import org.heliostat.protocol.CardConfig;
import org.heliostat.protocol.DeviceConfig;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.ModelInput;
import org.heliostat.protocol.ModelManifest;
import org.heliostat.protocol.ModelOutput;
import org.heliostat.protocol.PayloadConfig;

/** A flight around the payload: the state store is real, the other services are mocks. */
public final class TestFlight {
  /** One thing that was reported. */
  public record Reported(EventDefinition event, List<?> arguments) {}

  public final Events events = mock(Events.class);
  public final Hardware hardware = mock(Hardware.class);
  public final Recorder recorder = mock(Recorder.class);
  public final Commands commands = mock(Commands.class);
  public final Modes modes = mock(Modes.class);
  public final StateStore state;
  public final Services services;
  public final List<Reported> reported = new CopyOnWriteArrayList<>();
  public final AtomicReference<Optional<CardReading>> reading =
      new AtomicReference<>(Optional.of(new CardReading(40, 20, 70, 0.5, 0, 0)));

  /** A flight with one card whose worker behaves as told; {@code run} is short, for its socket. */
  public TestFlight(Path folder, Path run, int cards, String behaviour) throws IOException {
    state = StateStore.open(folder.resolve("state.bin"));
    Mission.Builder mission =
        Mission.newBuilder()
            .setName("test")
            .setSpacecraftId(1)
            .setCamera(CameraConfig.newBuilder().setDevice("camera").addBands("blue"))
            .setPayload(
                PayloadConfig.newBuilder()
                    .setModel("m")
                    .setMaxAttempts(3)
                    .setMaxFramesInFlight(2)
                    .setFrameDeadlineSeconds(1)
                    .setHeartbeatDeadlineSeconds(30)
                    .setStartDeadlineSeconds(behaviour.equals("never-connects") ? 0.2 : 60));
    for (int i = 0; i < cards; i++) {
      mission
          .addDevices(DeviceConfig.newBuilder().setName("dev" + i).setDriver("none"))
          .addCards(
              CardConfig.newBuilder()
                  .setName("card" + i)
                  .setDevice("dev" + i)
                  .setWorker(script(folder, behaviour).toString()));
    }
    BoardClock clock = mock(BoardClock.class);
    when(hardware.opened()).thenReturn(true);
    when(hardware.hasCard(anyString())).thenReturn(true);
    when(hardware.powered(any())).thenReturn(true);
    when(hardware.card(anyString())).thenAnswer(call -> reading.get());
    when(hardware.power(anyString())).thenReturn(Optional.empty());
    when(hardware.temperature(anyString())).thenReturn(Optional.empty());
    doAnswer(
            call -> {
              EventDefinition event = call.getArgument(0);
              Object[] all = call.getArguments();
              reported.add(
                  new Reported(event, java.util.Arrays.asList(all).subList(1, all.length)));
              return null;
            })
        .when(events)
        .report(any(), any(Object[].class));
    services =
        new TestServices()
            .mission(mission)
            .folder(folder)
            .run(run)
            .with(BoardClock.class, clock)
            .with(Events.class, events)
            .with(StateStore.class, state)
            .with(Recorder.class, recorder)
            .with(Commands.class, commands)
            .with(Modes.class, modes)
            .with(Hardware.class, hardware)
            .build();
  }

  /** A model that the test worker takes for loaded. */
  public static ModelFolder model() {
    return new ModelFolder(
        Path.of("model.onnx"),
        ModelManifest.newBuilder()
            .setId("m1")
            .setInput(ModelInput.newBuilder().setName("in").addBands("blue"))
            .setOutput(ModelOutput.newBuilder().setName("out").setThreshold(0.5))
            .build());
  }

  /** How often an event was reported. */
  public long count(EventDefinition event) {
    return reported.stream().filter(one -> one.event() == event).count();
  }

  private static Path script(Path folder, String behaviour) throws IOException {
    Path script = folder.resolve("worker.sh");
    Files.writeString(
        script,
        "#!/bin/sh\nexec '%s' -Xshare:auto -XX:TieredStopAtLevel=1 -cp '%s' %s %s \"$@\"\n"
            .formatted(
                Path.of(System.getProperty("java.home"), "bin", "java"),
                System.getProperty("java.class.path"),
                "org.heliostat.payload.card.TestWorker",
                behaviour));
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    return script;
  }
}
