package org.heliostat.hal.driver;

import org.heliostat.hal.NavigationReading.Fix;

/**
 * UBX frames and NAV-PVT (u-blox 8 / u-blox M8 Receiver description, UBX-13003221, sections 32.2 to
 * 32.4 and 32.17.15).
 *
 * <p>Frames of other messages are passed over by their length, at most {@value #MOST_BYTES} bytes.
 */
final class UbxParser implements NavigationParser {
  static final int NAV = 0x01;
  static final int PVT = 0x07;
  static final int PVT_BYTES = 92;
  static final int MOST_BYTES = 1024;

  private static final int SYNC_1 = 0xB5;
  private static final int SYNC_2 = 0x62;
  private static final int FIX_OK = 0x01;
  private static final int VALID_DATE_AND_TIME = 0x03;

  private enum State {
    SYNC_1,
    SYNC_2,
    CLASS,
    ID,
    LENGTH_1,
    LENGTH_2,
    PAYLOAD,
    CHECK_A,
    CHECK_B
  }

  private final Solution solution;
  private final byte[] payload = new byte[PVT_BYTES];
  private State state = State.SYNC_1;
  private int messageClass;
  private int id;
  private int length;
  private int at;
  private int checkA;
  private int checkB;

  UbxParser(Solution solution) {
    this.solution = solution;
  }

  @Override
  public boolean accept(byte one) {
    int value = one & 0xff;
    switch (state) {
      case SYNC_1 -> state = value == SYNC_1 ? State.SYNC_2 : State.SYNC_1;
      case SYNC_2 ->
          state = value == SYNC_2 ? State.CLASS : value == SYNC_1 ? State.SYNC_2 : State.SYNC_1;
      case CLASS -> {
        checkA = 0;
        checkB = 0;
        sum(value);
        messageClass = value;
        state = State.ID;
      }
      case ID -> {
        sum(value);
        id = value;
        state = State.LENGTH_1;
      }
      case LENGTH_1 -> {
        sum(value);
        length = value;
        state = State.LENGTH_2;
      }
      case LENGTH_2 -> {
        sum(value);
        length |= value << 8;
        at = 0;
        state = length > MOST_BYTES ? State.SYNC_1 : length == 0 ? State.CHECK_A : State.PAYLOAD;
      }
      case PAYLOAD -> {
        sum(value);
        if (at < PVT_BYTES) {
          payload[at] = one;
        }
        if (++at == length) {
          state = State.CHECK_A;
        }
      }
      case CHECK_A -> state = value == checkA ? State.CHECK_B : State.SYNC_1;
      case CHECK_B -> {
        state = State.SYNC_1;
        if (value == checkB && messageClass == NAV && id == PVT && length == PVT_BYTES) {
          decode();
          return true;
        }
      }
    }
    return false;
  }

  /** The 8-bit Fletcher algorithm of RFC 1145. */
  private void sum(int value) {
    checkA = (checkA + value) & 0xff;
    checkB = (checkB + checkA) & 0xff;
  }

  private void decode() {
    solution.clear();
    if ((u1(11) & VALID_DATE_AND_TIME) == VALID_DATE_AND_TIME) {
      solution.utcNanos =
          Solution.utcNanos(u1(4) | u1(5) << 8, u1(6), u1(7), u1(8), u1(9), u1(10), i4(16));
    }
    solution.satellites = u1(23);
    boolean good = (u1(21) & FIX_OK) != 0;
    solution.fix =
        switch (u1(20)) {
          case 2 -> good ? Fix.TWO_DIMENSIONAL : Fix.NONE;
          case 3, 4 -> good ? Fix.THREE_DIMENSIONAL : Fix.NONE;
          case 5 -> Fix.TIME;
          default -> Fix.NONE;
        };
    if (solution.fix != Fix.TWO_DIMENSIONAL && solution.fix != Fix.THREE_DIMENSIONAL) {
      return;
    }
    int longitude = i4(24);
    int latitude = i4(28);
    if (Math.abs((long) longitude) > 1_800_000_000L || Math.abs((long) latitude) > 900_000_000L) {
      solution.fix = Fix.NONE;
      return;
    }
    solution.longitudeDegrees = longitude * 1e-7;
    solution.latitudeDegrees = latitude * 1e-7;
    if (solution.fix == Fix.THREE_DIMENSIONAL) {
      solution.altitudeMetres = i4(32) * 1e-3;
    }
    solution.accuracyMetres = (i4(40) & 0xffff_ffffL) * 1e-3;
    solution.northMetresPerSecond = i4(48) * 1e-3;
    solution.eastMetresPerSecond = i4(52) * 1e-3;
    solution.downMetresPerSecond = i4(56) * 1e-3;
  }

  private int u1(int offset) {
    return payload[offset] & 0xff;
  }

  private int i4(int offset) {
    return u1(offset) | u1(offset + 1) << 8 | u1(offset + 2) << 16 | u1(offset + 3) << 24;
  }
}
