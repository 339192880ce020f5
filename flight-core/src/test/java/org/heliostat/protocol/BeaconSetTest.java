package org.heliostat.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** The standard set: what it holds, and what it costs. */
class BeaconSetTest {
  private static final long EPOCH = 1_000_000_000_000L;
  private static final long UTC = 1_800_000_000_123_456_789L;

  /** An orbit of the default mission with two cards: eclipse, work in bursts, sensors' noise. */
  private static Housekeeping snapshot(int cycle, double seconds, Random noise) {
    boolean sun = seconds % 5_640 < 3_600;
    double work = seconds % 120 < 70 ? 1 : 0;
    double volts = (sun ? 28.4 : 26.8) + 0.02 * noise.nextGaussian();
    Housekeeping.Builder packet =
        Housekeeping.newBuilder()
            .setMissionNanos(EPOCH + (long) (seconds * 1e9) + noise.nextInt(3_000_000))
            .setUtcNanos(UTC + (long) (seconds * 1e9) + noise.nextInt(3_000_000))
            .setBoots(3)
            .setMode(Mode.PAYLOAD)
            .setBusVolts((float) volts)
            .setBusWatts((float) (40 + 60 * work + noise.nextGaussian()))
            .setBoardCelsius(
                (float) (31 + 4 * Math.sin(seconds / 900) + 0.1 * noise.nextGaussian()))
            .setFramesTaken(cycle / 6)
            .setFramesInferred(cycle / 6)
            .setFramesDeclined(0)
            .setFramesFailed(0)
            .setBacklogRecords(noise.nextInt(6))
            .setBacklogBytes(noise.nextInt(60_000))
            .setRawBytes(2_359_296L * (cycle / 6))
            .setSentBytes(9_000_000L + cycle * 700L)
            .setWorkerRestarts(0)
            .setCommandsRejected(0)
            .setCommandsAccepted(4)
            .setCommandsCompleted(3)
            .setCommandsFailed(0)
            .setBusDrops(0)
            .setDevices(27)
            .setDevicesFresh(27)
            .setEvents(40 + cycle / 10)
            .setBadPackets(0)
            .setPacketsDropped(0)
            .setGolden(false)
            .setTime(TimeStatus.newBuilder().setQuality(TimeQuality.BY_GNSS))
            .setRecorder(
                RecorderStatus.newBuilder()
                    .setStoredBytes(50_000_000L + cycle * 3_000L)
                    .addPriorities(PriorityStatus.newBuilder().setEvicted(0).setExpired(0)));
    for (String name : new String[] {"bus", "battery", "solar", "rail0", "rail1"}) {
      packet.addValues(
          DeviceValue.newBuilder()
              .setDevice(name)
              .setPower(
                  PowerValue.newBuilder()
                      .setVolts((float) (volts + 0.02 * noise.nextGaussian()))
                      .setAmperes((float) (1 + work + 0.01 * noise.nextGaussian()))));
    }
    for (int card = 0; card < 2; card++) {
      double celsius = 45 + 15 * work + 0.3 * noise.nextGaussian();
      packet
          .addCards(
              CardStatus.newBuilder()
                  .setName("card" + card)
                  .setState(work > 0 ? CardState.BUSY : CardState.IDLE)
                  .setCelsius((float) celsius)
                  .setWatts((float) (12 + 28 * work + 0.3 * noise.nextGaussian()))
                  .setUtilisation((float) (work * (0.9 + 0.02 * noise.nextGaussian())))
                  .setRestarts(0)
                  .setRailWatts((float) (13 + 28 * work + 0.3 * noise.nextGaussian()))
                  .setBaseplateCelsius((float) (celsius - 9 + 0.2 * noise.nextGaussian())))
          .addValues(
              DeviceValue.newBuilder()
                  .setDevice("switch" + card)
                  .setRail(
                      RailValue.newBuilder()
                          .setOn(true)
                          .setPowerGood(true)
                          .setLatchedOff(false)
                          .setOutputVolts((float) volts)
                          .setAmperes((float) (0.5 + work + 0.01 * noise.nextGaussian()))
                          .setCelsius((float) (38 + 3 * work + 0.2 * noise.nextGaussian()))));
    }
    for (String name : new String[] {"board", "radiator", "zone0", "plate0", "plate1"}) {
      packet.addValues(
          DeviceValue.newBuilder()
              .setDevice(name)
              .setCelsius((float) (20 + 6 * Math.sin(seconds / 900) + 0.1 * noise.nextGaussian())));
    }
    return packet.build();
  }

  @Test
  void anOrbitCostsLittleAndComesAsItWasSent() {
    BeaconEncoder encoder = new BeaconEncoder(BeaconEncoder.STANDARD_PERIOD);
    BeaconDecoder decoder = new BeaconDecoder();
    Random noise = new Random(4);
    long bytes = 0;
    int cycles = 564;
    for (int cycle = 0; cycle < cycles; cycle++) {
      Beacon beacon = BeaconSet.of(snapshot(cycle, 10 * cycle, noise), "main", cycle);
      BeaconFrame frame = encoder.encode(beacon);
      bytes += Downlink.newBuilder().setBeacon(frame).build().getSerializedSize();
      assertThat(decoder.decode(frame)).contains(beacon);
    }
    // a seal of 28 B and 15 B of MQTT come to it, and 120 B are promised
    assertThat((double) bytes / cycles).isLessThan(72);
  }

  @Test
  void whatGroundMakesOfItIsWhatWasThereToTheScale() {
    Housekeeping before =
        snapshot(7, 70, new Random(1)).toBuilder()
            .addFaulty(
                DeviceStatus.newBuilder()
                    .setDevice("plate1")
                    .setFault(DeviceFault.FROZEN)
                    .setSinceNanos(EPOCH + 5_000_000L))
            .build();
    Beacon beacon = BeaconSet.of(before, "main", 12);
    Housekeeping after = BeaconSet.housekeeping(beacon);
    assertThat(after.getSet()).isEqualTo("main");
    assertThat(after.getSequence()).isEqualTo(12);
    assertThat(after.getMissionNanos())
        .isBetween(before.getMissionNanos() - 10_000_000, before.getMissionNanos());
    assertThat(after.getUtcNanos())
        .isBetween(before.getUtcNanos() - 20_000_000, before.getUtcNanos());
    assertThat(after.getBusVolts()).isCloseTo(before.getBusVolts(), within(0.0051f));
    assertThat(after.getBusWatts()).isCloseTo(before.getBusWatts(), within(0.051f));
    assertThat(after.getBoardCelsius()).isCloseTo(before.getBoardCelsius(), within(0.051f));
    assertThat(after.getCardsCount()).isEqualTo(2);
    CardStatus card = after.getCards(1);
    assertThat(card.getName()).isEqualTo("card1");
    assertThat(card.getState()).isEqualTo(before.getCards(1).getState());
    assertThat(card.getCelsius()).isCloseTo(before.getCards(1).getCelsius(), within(0.26f));
    assertThat(card.getRailWatts()).isCloseTo(before.getCards(1).getRailWatts(), within(0.11f));
    assertThat(after.getFaultyList()).isEqualTo(before.getFaultyList());
    // counters are exact
    assertThat(after.getSentBytes()).isEqualTo(before.getSentBytes());
    assertThat(after.getBacklogRecords()).isEqualTo(before.getBacklogRecords());
    assertThat(after.getBacklogBytes()).isEqualTo(before.getBacklogBytes());
    assertThat(after.hasFramesFailed()).isTrue();
    assertThat(after.getBeacon()).isEqualTo(beacon);
    assertThat(beacon.getMonitorsList())
        .extracting(BeaconMonitor::getName)
        .containsExactly("battery", "solar", "rail0", "rail1");
    assertThat(beacon.getThermometersList())
        .extracting(BeaconThermometer::getName)
        .containsExactly("radiator", "zone0", "plate0", "plate1");
    assertThat(beacon.getRails(0).getPowerGood()).isTrue();
    assertThat(beacon.getTimeQuality()).isEqualTo(TimeQuality.BY_GNSS);
  }

  @Test
  void whatCouldNotBeReadIsAbsentOnGroundToo() {
    Housekeeping nothing =
        Housekeeping.newBuilder()
            .setBusVolts(Float.NaN)
            .setBusWatts(Float.POSITIVE_INFINITY)
            .setBoardCelsius(1e30f)
            .addCards(CardStatus.newBuilder().setName("card0"))
            .build();
    Housekeeping after = BeaconSet.housekeeping(BeaconSet.of(nothing, "main", 1));
    assertThat(after.hasBusVolts()).isFalse();
    assertThat(after.hasBusWatts()).isFalse();
    assertThat(after.hasBoardCelsius()).isFalse();
    assertThat(after.getCards(0)).isEqualTo(nothing.getCards(0));
    assertThat(after.hasFramesTaken()).isFalse();
  }
}
