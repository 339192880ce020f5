package org.heliostat.protocol;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Makes beacons of frames, in whatever order they come and whatever is lost. What a frame says is
 * what was sent, or nothing: changes are read against the key frame alone that they were made
 * against, of which the newest {@value #MOST_KEYS} are kept. Never throws on bad input. One thread.
 */
public final class BeaconDecoder {
  static final int MOST_KEYS = 4;
  static final int MOST_BYTES = 16_384;
  private static final int MOST_SLOTS = 8 * 1024;

  private final Map<Integer, Beacon> keys = new LinkedHashMap<>();

  /** The beacon of a frame; nothing where its key frame is not known or it does not read. */
  public Optional<Beacon> decode(BeaconFrame frame) {
    try {
      switch (frame.getBodyCase()) {
        case KEY_FRAME -> {
          return Optional.of(key(frame.getKeyFrame()));
        }
        case CHANGES -> {
          Beacon key = keys.get(frame.getKey());
          return key == null ? Optional.empty() : Optional.of(changed(key, frame.getChanges()));
        }
        case BODY_NOT_SET -> {
          return Optional.empty();
        }
      }
    } catch (IOException | BeaconSlots.BadSlot e) {
      // it does not read
    }
    return Optional.empty();
  }

  private Beacon key(ByteString content) throws IOException {
    // bounded by its size alone: what a later release says that this one does not know is no reason
    // to know nothing
    Beacon beacon = Beacon.parseFrom(Deflated.unpack(content, MOST_BYTES));
    int checksum = BeaconEncoder.checksum(content);
    Beacon unused = keys.remove(checksum);
    keys.put(checksum, beacon);
    if (keys.size() > MOST_KEYS) {
      Beacon unusedToo = keys.remove(keys.keySet().iterator().next());
    }
    return beacon;
  }

  private static Beacon changed(Beacon key, ByteString content)
      throws IOException, BeaconSlots.BadSlot {
    if (content.size() > MOST_BYTES) {
      throw new InvalidProtocolBufferException("too large");
    }
    CodedInputStream in = content.newCodedInput();
    int slots = in.readRawVarint32();
    if (slots < 0 || slots > MOST_SLOTS) {
      throw new InvalidProtocolBufferException("too many values");
    }
    BitSet changed = BitSet.valueOf(in.readRawBytes((slots + 7) / 8));
    if (changed.length() > slots) {
      throw new InvalidProtocolBufferException("values behind the last one");
    }
    Optional<Long>[] values =
        values(
            new Nibbles.Reader(in.readRawBytes(content.size() - in.getTotalBytesRead())), changed);
    int[] at = {0};
    Beacon.Builder beacon = key.toBuilder();
    BeaconSlots.write(
        beacon,
        (field, value) -> {
          int slot = at[0]++;
          if (!changed.get(slot)) {
            return value;
          }
          return values[slot].map(more -> value.orElse(0L) + more);
        });
    return beacon.build();
  }

  /** What each changed value is more than before; nothing for one that is absent now. */
  private static Optional<Long>[] values(Nibbles.Reader in, BitSet changed) throws IOException {
    @SuppressWarnings({"unchecked", "rawtypes"}) // arrays of generics cannot be made otherwise
    Optional<Long>[] values = new Optional[changed.length()];
    for (int i = changed.nextSetBit(0); i >= 0; i = changed.nextSetBit(i + 1)) {
      long code =
          in.read()
              .orElseThrow(() -> new InvalidProtocolBufferException("no value, or a long one"));
      long zigzag = code - 1;
      values[i] = code == 0 ? Optional.empty() : Optional.of((zigzag >>> 1) ^ -(zigzag & 1));
    }
    if (!in.isAtEnd()) {
      throw new InvalidProtocolBufferException("something behind the last value");
    }
    return values;
  }
}
