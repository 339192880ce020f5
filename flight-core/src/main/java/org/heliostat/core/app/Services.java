package org.heliostat.core.app;

import java.nio.file.Path;
import org.heliostat.core.bus.Bus;
import org.heliostat.core.command.Commands;
import org.heliostat.core.event.Events;
import org.heliostat.core.hardware.Hardware;
import org.heliostat.core.mode.Modes;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.state.StateStore;
import org.heliostat.core.table.Tables;
import org.heliostat.core.telemetry.Telemetry;
import org.heliostat.core.time.BoardClock;
import org.heliostat.hal.Board;
import org.heliostat.hal.Host;
import org.heliostat.protocol.Mission;

/**
 * What the core gives every app.
 *
 * @param mission the checked mission file
 * @param image folder of the flight image
 * @param data folder that survives restarts
 * @param run folder of this run's sockets and temporary files
 * @param keys folder with the secret of the board and the keys of the launch
 * @param brokerUrl where the link finds ground's broker
 */
public record Services(
    Mission mission,
    Path image,
    Path data,
    Path run,
    Path keys,
    String brokerUrl,
    Board board,
    Host host,
    BoardClock clock,
    Bus bus,
    Events events,
    StateStore state,
    Recorder recorder,
    Commands commands,
    Modes modes,
    Hardware hardware,
    Telemetry telemetry,
    Tables tables,
    Apps apps) {}
