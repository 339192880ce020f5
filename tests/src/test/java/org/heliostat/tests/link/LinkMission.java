package org.heliostat.tests.link;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.heliostat.core.recorder.Recorder.Priority;
import org.heliostat.protocol.AppClass;
import org.heliostat.protocol.AppConfig;
import org.heliostat.protocol.AreaOfInterest;
import org.heliostat.protocol.DownlinkTable;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.Pass;
import org.heliostat.protocol.PassTable;
import org.heliostat.protocol.Scenario;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.TextFiles;
import org.heliostat.protocol.TextFiles.BadTextFile;

/**
 * The default mission without its payload, with an app that records products, an area of interest,
 * and passes. What a product is worth stays what it was when it was new. Stateless.
 */
public final class LinkMission {
  /** Degrees; products lie within the area or 20 degrees west of it. */
  static final double AREA_WEST = 20;

  static final double AREA_FACTOR = 6;
  static final double PRODUCT_WORTH = 1000;
  static final double ROUTINE_WORTH = 300;
  static final double BULK_WORTH = 50;

  /** Mission time at the start of a flight, as the launcher has it. */
  static final long MISSION_EPOCH_NANOS = 1_000_000_000_000L;

  /** Between two packets of telemetry in which the link says what it did. */
  private static final double SERVICES_SECONDS = 5;

  private LinkMission() {}

  /**
   * A pass.
   *
   * @param beginSeconds mission seconds since the start of the flight
   * @param rate bytes a second that the table says; 0 for nothing said
   */
  public record Window(double beginSeconds, double seconds, double rate) {
    public double endSeconds() {
      return beginSeconds + seconds;
    }
  }

  /** The default mission as it is in the image. */
  public static Mission standard(Path home) throws IOException {
    try {
      return TextFiles.read(
              home.resolve("payload-ai/src/main/missions/default.textproto"),
              Mission.getDefaultInstance())
          .message();
    } catch (BadTextFile e) {
      throw new IOException(e);
    }
  }

  /** With products instead of the payload, in these passes; none stands for always. */
  public static Mission of(Path home, List<Window> passes, int windowKibibytes) throws IOException {
    Mission.Builder mission = standard(home).toBuilder();
    List<AppConfig> apps = new ArrayList<>(mission.getAppsList());
    boolean unused = apps.removeIf(app -> app.getName().equals("payload"));
    mission.clearApps().addAllApps(apps);
    mission.addApps(
        AppConfig.newBuilder()
            .setName("products")
            .setAppClass(AppClass.MISSION)
            .setClassName(ProductsApp.class.getName())
            .addNeeds("link"));
    mission
        .getLinkBuilder()
        .setWindow(1000)
        .setWindowKibibytes(windowKibibytes)
        .setResendSeconds(2);
    mission.getHousekeepingBuilder().setDevicePeriodSeconds(SERVICES_SECONDS);
    mission.addTables(Table.newBuilder().setName("downlink").setDownlink(worths()));
    if (!passes.isEmpty()) {
      mission.addTables(passes(passes));
    }
    return mission.build();
  }

  private static DownlinkTable worths() {
    return DownlinkTable.newBuilder()
        .setProductWorth(PRODUCT_WORTH)
        .setRoutineWorth(ROUTINE_WORTH)
        .setBulkWorth(BULK_WORTH)
        .setProductHalfLifeSeconds(0)
        .setRoutineHalfLifeSeconds(0)
        .setBulkHalfLifeSeconds(0)
        .addAreas(
            AreaOfInterest.newBuilder()
                .setName("interest")
                .setWest(AREA_WEST)
                .setEast(AREA_WEST + 10)
                .setSouth(-80)
                .setNorth(80)
                .setFactor(AREA_FACTOR))
        .build();
  }

  /** The table {@code passes} with these. */
  public static Table passes(List<Window> passes) {
    PassTable.Builder table = PassTable.newBuilder();
    for (Window pass : passes) {
      table.addPasses(
          Pass.newBuilder()
              .setBeginMissionNanos(missionNanos(pass.beginSeconds()))
              .setDurationSeconds(pass.seconds())
              .setRateBytesPerSecond(pass.rate()));
    }
    return Table.newBuilder().setName("passes").setPasses(table).build();
  }

  /** Mission time of a moment of the flight. */
  public static long missionNanos(double flightSeconds) {
    return MISSION_EPOCH_NANOS + (long) (flightSeconds * 1e9);
  }

  /** Ground is in view in these passes, or always; the line itself costs nothing. */
  public static Scenario scenario(List<Window> passes) {
    Scenario.Builder scenario = Scenario.newBuilder().setName("link");
    for (Window pass : passes) {
      scenario.addContacts(
          Scenario.Window.newBuilder().setOpenS(pass.beginSeconds()).setCloseS(pass.endSeconds()));
    }
    scenario.getLinkBuilder().setRateBytesPerS(0).setDelayMs(0);
    scenario.getCameraBuilder().setIntervalS(100_000);
    return scenario.build();
  }

  /** What a product brings for each byte, as the queue has it where nothing of it was sent. */
  static double worthPerByte(PlannedProduct product, int bytes) {
    double worth =
        switch (product.priority()) {
          case REPORT, ALERT, PRODUCT -> PRODUCT_WORTH;
          case ROUTINE -> ROUTINE_WORTH;
          case BULK -> BULK_WORTH;
        };
    return worth * (product.interesting() ? AREA_FACTOR : 1) / (bytes + PACKET_BYTES);
  }

  /** As the queue counts a packet. */
  private static final int PACKET_BYTES = 96;

  /** Where the priority is one that goes by worth. */
  static final List<Priority> PRIORITIES =
      List.of(Priority.PRODUCT, Priority.ROUTINE, Priority.BULK);
}
