package org.heliostat.protocol;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Makes frames of beacons: a key frame at first, after {@link #restart}, where names or the lengths
 * of lists have changed, and when so many frames have followed the last one; else what has changed
 * since the key frame. One thread.
 */
public final class BeaconEncoder {
  /** Frames from one key frame to the next where nobody says anything else. */
  public static final int STANDARD_PERIOD = 20;

  private final int period;
  private Optional<Beacon> key = Optional.empty();
  private int keyChecksum;
  private int age;

  /** An encoder whose first frame is a key frame, as is each that is {@code period} behind one. */
  public BeaconEncoder(int period) {
    this.period = period;
  }

  /** Has the next frame be a key frame: the last one may not have come through. */
  public void restart() {
    key = Optional.empty();
  }

  /** The next frame. */
  public BeaconFrame encode(Beacon beacon) {
    if (key.isPresent() && ++age < period && BeaconSlots.sameShape(key.get(), beacon)) {
      Optional<ByteString> changes = changes(key.get(), beacon);
      if (changes.isPresent() && changes.get().size() < beacon.getSerializedSize()) {
        return BeaconFrame.newBuilder().setKey(keyChecksum).setChanges(changes.get()).build();
      }
    }
    ByteString whole = Deflated.pack(beacon.toByteArray());
    key = Optional.of(beacon);
    keyChecksum = checksum(whole);
    age = 0;
    return BeaconFrame.newBuilder().setKeyFrame(whole).build();
  }

  static int checksum(ByteString keyFrame) {
    CRC32C crc = new CRC32C();
    crc.update(keyFrame.asReadOnlyByteBuffer());
    return (int) crc.getValue();
  }

  private static Optional<ByteString> changes(Beacon key, Beacon now) {
    List<Optional<Long>> before = new ArrayList<>();
    List<Optional<Long>> after = new ArrayList<>();
    BeaconSlots.read(key, (field, value) -> before.add(value));
    BeaconSlots.read(now, (field, value) -> after.add(value));
    BitSet changed = new BitSet();
    Nibbles.Writer values = new Nibbles.Writer();
    for (int i = 0; i < after.size(); i++) {
      if (after.get(i).equals(before.get(i))) {
        continue;
      }
      changed.set(i);
      if (after.get(i).isEmpty()) {
        values.write(0);
        continue;
      }
      long more = after.get(i).get() - before.get(i).orElse(0L);
      if (more == Long.MIN_VALUE) {
        // the one number that has no place beside "absent"
        return Optional.empty();
      }
      values.write(((more << 1) ^ (more >> 63)) + 1);
    }
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    varint(frame, changed.length());
    frame.writeBytes(changed.toByteArray());
    frame.writeBytes(values.end());
    return Optional.of(ByteString.copyFrom(frame.toByteArray()));
  }

  private static void varint(ByteArrayOutputStream to, int value) {
    int left = value;
    while ((left & ~0x7F) != 0) {
      to.write((left & 0x7F) | 0x80);
      left >>>= 7;
    }
    to.write(left);
  }
}
