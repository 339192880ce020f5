package org.heliostat.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Frames of beacons: what is lost costs itself, and what is read is what was sent. */
class BeaconCodecTest {
  private static final int PERIOD = 5;

  private final BeaconEncoder encoder = new BeaconEncoder(PERIOD);
  private final BeaconDecoder decoder = new BeaconDecoder();

  private static Beacon beacon(int sequence) {
    return Beacon.newBuilder()
        .setSet("main")
        .setSequence(sequence)
        .setMissionTime(sequence * 10_000L)
        .addMonitors(BeaconMonitor.newBuilder().setName("battery").setVolts(-7).setAmperes(300))
        .addCards(BeaconCard.newBuilder().setName("card0").setCelsius(40 + sequence % 3))
        .build();
  }

  /** Any beacon at all, of a few shapes, by a seed. */
  private static Beacon random(Random random) {
    Beacon.Builder beacon = Beacon.newBuilder();
    if (random.nextInt(10) > 0) {
      beacon.setSet("main").setSequence(random.nextLong());
    }
    if (random.nextBoolean()) {
      beacon
          .setMissionTime(random.nextLong())
          .setUtcOffset(random.nextBoolean() ? Long.MIN_VALUE : Long.MAX_VALUE)
          .setBoots(random.nextInt())
          .setMode(Mode.forNumber(random.nextInt(5)))
          .setGolden(random.nextBoolean())
          .setBusVolts(random.nextInt(50) - 25);
    }
    int monitors = random.nextInt(10) == 0 ? 1 : 2;
    for (int i = 0; i < monitors; i++) {
      BeaconMonitor.Builder monitor = BeaconMonitor.newBuilder().setName("m" + i);
      if (random.nextInt(4) > 0) {
        monitor.setVolts(random.nextInt()).setAmperes(random.nextInt(3));
      }
      beacon.addMonitors(monitor);
    }
    if (random.nextInt(10) == 0) {
      beacon.addFaulty(BeaconFault.newBuilder().setDevice("m0").setFault(DeviceFault.NACK));
    }
    return beacon.build();
  }

  @Property(seed = "17", tries = 300)
  void whateverIsLostOrLateWhatIsReadIsWhatWasSent(
      @ForAll long seed, @ForAll @IntRange(max = 90) int lossPercent) {
    Random random = new Random(seed);
    BeaconEncoder sender = new BeaconEncoder(PERIOD);
    BeaconDecoder ground = new BeaconDecoder();
    Map<BeaconFrame, Beacon> late = new HashMap<>();
    boolean keyed = false;
    int age = 0;
    for (int i = 0; i < 60; i++) {
      Beacon sent = random(random);
      BeaconFrame frame = sender.encode(sent);
      boolean key = frame.hasKeyFrame();
      age = key ? 0 : age + 1;
      assertThat(age).isLessThan(PERIOD);
      boolean lost = random.nextInt(100) < lossPercent;
      keyed = key ? !lost : keyed;
      if (lost) {
        late.put(frame, sent);
        continue;
      }
      // behind a key frame that came, all read; behind one that was lost, none does
      assertThat(ground.decode(frame)).isEqualTo(keyed ? Optional.of(sent) : Optional.empty());
    }
    // reordered: never anything but what was sent
    late.forEach(
        (frame, sent) -> ground.decode(frame).ifPresent(read -> assertThat(read).isEqualTo(sent)));
  }

  @Test
  void aKeyFrameComesAtFirstEachPeriodAfterARestartAndWhereTheShapeChanges() {
    List<Boolean> keys = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      keys.add(encoder.encode(beacon(i)).hasKeyFrame());
    }
    assertThat(keys).containsExactly(true, false, false, false, false, true, false);
    encoder.restart();
    assertThat(encoder.encode(beacon(8)).hasKeyFrame()).isTrue();
    Beacon faulty =
        beacon(9).toBuilder().addFaulty(BeaconFault.newBuilder().setDevice("battery")).build();
    assertThat(encoder.encode(faulty).hasKeyFrame()).isTrue();
    assertThat(encoder.encode(faulty).hasChanges()).isTrue();
    Beacon renamed = faulty.toBuilder().setFaulty(0, BeaconFault.newBuilder()).build();
    assertThat(encoder.encode(renamed).hasKeyFrame()).isTrue();
  }

  @Test
  void aChangeCostsWhatHasChangedAlone() {
    BeaconFrame unused = encoder.encode(beacon(0));
    BeaconFrame frame = encoder.encode(beacon(1));
    // how many, three bytes of bits, sequence, time, heat of a card
    assertThat(frame.getChanges().size()).isLessThanOrEqualTo(1 + 6 + 1 + 3);
  }

  @Test
  void whatWasAbsentComesAndGoes() {
    Beacon bare = beacon(1).toBuilder().clearMissionTime().build();
    Beacon full = beacon(2);
    for (List<Beacon> order : List.of(List.of(bare, full, bare), List.of(full, bare, full))) {
      encoder.restart();
      for (Beacon one : order) {
        assertThat(decoder.decode(encoder.encode(one))).contains(one);
      }
    }
  }

  @Test
  void changesOfAKeyFrameThatIsNotKnownAreNotGuessed() {
    BeaconFrame key = encoder.encode(beacon(0));
    BeaconFrame changes = encoder.encode(beacon(1));
    assertThat(decoder.decode(changes)).isEmpty();
    assertThat(decoder.decode(key)).contains(beacon(0));
    assertThat(decoder.decode(changes)).contains(beacon(1));
    // of the key frames the newest are kept
    for (int i = 1; i <= BeaconDecoder.MOST_KEYS; i++) {
      encoder.restart();
      assertThat(decoder.decode(encoder.encode(beacon(100 * i)))).isPresent();
    }
    assertThat(decoder.decode(changes)).isEmpty();
  }

  private static BeaconFrame changes(int key, int... bytes) {
    byte[] content = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      content[i] = (byte) bytes[i];
    }
    return BeaconFrame.newBuilder().setKey(key).setChanges(ByteString.copyFrom(content)).build();
  }

  private static BeaconFrame key(ByteString content) {
    return BeaconFrame.newBuilder().setKeyFrame(content).build();
  }

  @Test
  void badFramesGiveNothingAndCostNothing() {
    BeaconFrame good = encoder.encode(beacon(0));
    assertThat(decoder.decode(good)).isPresent();
    int key = BeaconEncoder.checksum(good.getKeyFrame());
    List<BeaconFrame> bad =
        List.of(
            BeaconFrame.getDefaultInstance(),
            changes(key),
            // more values than there are bytes, than are allowed, than an int holds
            changes(key, 9, 1),
            changes(key, 0xFF, 0xFF, 0xFF, 0x7F),
            changes(key, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F),
            // a bit behind the last value
            changes(key, 3, 8, 1),
            // a value that is cut off, one of more than 64 bits, ones too many
            changes(key, 1, 1),
            changes(key, 1, 1, 0x88),
            changes(key, 1, 1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0x2F),
            changes(key, 1, 1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1),
            changes(key, 1, 1, 2, 2),
            changes(key, 1, 1, 0x22),
            // a truth of 2, below the lowest number
            changes(key, 7, 0x40, 5),
            changes(key, 5, 0x10, 2),
            BeaconFrame.newBuilder().setKeyFrame(ByteString.copyFrom(new byte[] {-1})).build(),
            // no message in it, nothing in it, something behind it
            key(Deflated.pack(new byte[] {-1})),
            key(ByteString.EMPTY),
            key(Deflated.pack(beacon(1).toByteArray()).concat(ByteString.copyFrom(new byte[1]))),
            // little that holds much
            key(Deflated.pack(new byte[BeaconDecoder.MOST_BYTES + 1])));
    for (BeaconFrame one : bad) {
      assertThat(decoder.decode(one)).as(one.toString()).isEmpty();
    }
    assertThat(decoder.decode(encoder.encode(beacon(1)))).contains(beacon(1));
  }

  @Property(seed = "23", tries = 500)
  void anyBytesAreABeaconOrNothing(@ForAll @Size(max = 60) List<Byte> bytes) {
    BeaconEncoder sender = new BeaconEncoder(PERIOD);
    BeaconDecoder ground = new BeaconDecoder();
    BeaconFrame key = sender.encode(beacon(0));
    assertThat(ground.decode(key)).isPresent();
    int[] content = bytes.stream().mapToInt(Byte::intValue).toArray();
    BeaconFrame frame = changes(BeaconEncoder.checksum(key.getKeyFrame()), content);
    Optional<Beacon> unused = ground.decode(frame);
    assertThat(ground.decode(sender.encode(beacon(1)))).contains(beacon(1));
  }

  /** A release that knows more values reads the frames of one that does not, and the other way. */
  @Test
  void aListOfAnotherLengthIsThatOfAnotherRelease() {
    BeaconFrame good = encoder.encode(beacon(0));
    assertThat(decoder.decode(good)).isPresent();
    int key = BeaconEncoder.checksum(good.getKeyFrame());
    // the first value, sequence, by one more; the others as they were
    Beacon next = beacon(0).toBuilder().setSequence(1).build();
    assertThat(decoder.decode(changes(key, 1, 1, 3))).contains(next);
    // 200 values: the count takes two bytes
    int[] content = new int[29];
    content[0] = 0xC8;
    content[1] = 1;
    content[2] = 1;
    content[26] = 0x80;
    content[27] = 0x93;
    content[28] = 1;
    assertThat(decoder.decode(changes(key, content))).contains(next);
  }
}
