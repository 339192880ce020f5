package org.heliostat.hil.rig;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Locale;
import org.heliostat.hil.rig.WorldLayout.Header;

/**
 * What sends by itself: two navigation receivers (UBX NAV-PVT of u-blox M8, NMEA 0183) once a
 * second, and the platform on CAN (attitude and rates five times a second, health once). Times are
 * of the mission, with the true UTC. One thread.
 */
final class Senders {
  private static final double PERIOD_S = 0.2;
  private static final int TURNS_A_SECOND = 5;
  private static final int MOST_AT_ONCE = 10;
  private static final long GPS_EPOCH_S = 315_964_800;
  private static final long GPS_LEAP_S = 18;
  private static final int ATTITUDE = 0x120;
  private static final int RATES = 0x121;
  private static final int HEALTH = 0x122;
  private static final int COMMAND = 0x220;
  private static final int SATELLITES = 14;

  private final World world;
  private final MissionTime time;
  private final Orbit orbit;
  private final Faults faults;
  private final RigLog log;
  private long lastTurn = Long.MIN_VALUE;
  private long commands;
  private int state = 1;
  private int wheelRpm = 1200;
  private byte[] lastUbx = new byte[0];
  private byte[] lastNmea = new byte[0];
  private byte[] lastFrames = new byte[0];

  Senders(World world, Orbit orbit, Faults faults, RigLog log) {
    this.world = world;
    this.time = world.time();
    this.orbit = orbit;
    this.faults = faults;
    this.log = log;
    this.commands = world.get(Header.COMMANDS);
  }

  /** Sends what is due until this moment. */
  void send(double seconds) {
    obey(seconds);
    // a nanosecond early is not a turn early
    long turn = (long) Math.floor(seconds * TURNS_A_SECOND + 1e-9);
    if (lastTurn == Long.MIN_VALUE) {
      lastTurn = turn - 1;
    }
    // a fast mission has more turns than the rig has steps; the oldest are left out
    for (long i = Math.max(lastTurn + 1, turn - MOST_AT_ONCE + 1); i <= turn; i++) {
      turn(i);
    }
    lastTurn = turn;
  }

  private void turn(long turn) {
    double at = turn * PERIOD_S;
    boolean whole = Math.floorMod(turn, TURNS_A_SECOND) == 0;
    if (!faults.repeats(WorldLayout.STREAM_CAN)) {
      lastFrames = frames(at, whole);
    }
    if (!faults.silent(WorldLayout.STREAM_CAN)) {
      world.send(WorldLayout.STREAM_CAN, lastFrames);
    }
    if (!whole) {
      return;
    }
    if (!faults.repeats(WorldLayout.STREAM_GNSS)) {
      lastUbx = ubx(at);
    }
    if (!faults.repeats(WorldLayout.STREAM_GNSS2)) {
      lastNmea = nmea(at).getBytes(StandardCharsets.US_ASCII);
    }
    if (!faults.silent(WorldLayout.STREAM_GNSS)) {
      world.send(WorldLayout.STREAM_GNSS, lastUbx);
    }
    if (!faults.silent(WorldLayout.STREAM_GNSS2)) {
      world.send(WorldLayout.STREAM_GNSS2, lastNmea);
    }
  }

  private long utcNanos(double seconds) {
    return time.utcEpochNanos() + Math.round(seconds * 1e9);
  }

  private OffsetDateTime utc(double seconds) {
    long nanos = utcNanos(seconds);
    return Instant.ofEpochSecond(
            Math.floorDiv(nanos, 1_000_000_000L), Math.floorMod(nanos, 1_000_000_000L))
        .atOffset(ZoneOffset.UTC);
  }

  // ---- UBX ----

  private byte[] ubx(double seconds) {
    Orbit.Fix fix = orbit.fix(seconds);
    OffsetDateTime utc = utc(seconds);
    long gpsSeconds = utc.toEpochSecond() - GPS_EPOCH_S + GPS_LEAP_S;
    double ground = Math.hypot(fix.northMetresPerSecond(), fix.eastMetresPerSecond());
    double heading =
        Math.toDegrees(Math.atan2(fix.eastMetresPerSecond(), fix.northMetresPerSecond()));
    ByteBuffer out = ByteBuffer.allocate(100).order(ByteOrder.LITTLE_ENDIAN);
    out.put((byte) 0xb5).put((byte) 0x62).put((byte) 0x01).put((byte) 0x07).putShort((short) 92);
    out.putInt((int) (Math.floorMod(gpsSeconds, 604_800L) * 1000 + utc.getNano() / 1_000_000));
    out.putShort((short) utc.getYear());
    out.put((byte) utc.getMonthValue()).put((byte) utc.getDayOfMonth());
    out.put((byte) utc.getHour()).put((byte) utc.getMinute()).put((byte) utc.getSecond());
    out.put((byte) 0x07); // date, time, and to the second
    out.putInt(25); // ns
    out.putInt(utc.getNano());
    out.put((byte) 3).put((byte) 0x01).put((byte) 0xe0).put((byte) SATELLITES);
    out.putInt((int) Math.round(fix.longitudeDegrees() * 1e7));
    out.putInt((int) Math.round(fix.latitudeDegrees() * 1e7));
    out.putInt((int) Math.round(fix.altitudeMetres() * 1e3));
    out.putInt((int) Math.round(fix.altitudeMetres() * 1e3));
    out.putInt(3_000).putInt(5_000); // mm
    out.putInt((int) Math.round(fix.northMetresPerSecond() * 1e3));
    out.putInt((int) Math.round(fix.eastMetresPerSecond() * 1e3));
    out.putInt(0);
    out.putInt((int) Math.round(ground * 1e3));
    out.putInt((int) Math.round(heading * 1e5));
    out.putInt(50).putInt(20_000); // mm/s, 1e-5 degrees
    out.putShort((short) 120); // position DOP 1.2
    out.putShort((short) 0).putInt(0);
    out.putInt((int) Math.round(heading * 1e5));
    out.putShort((short) 0).putShort((short) 0);
    byte[] message = out.array();
    int a = 0;
    int b = 0;
    for (int i = 2; i < 98; i++) {
      a = (a + message[i]) & 0xff;
      b = (b + a) & 0xff;
    }
    message[98] = (byte) a;
    message[99] = (byte) b;
    return message;
  }

  // ---- NMEA ----

  private String nmea(double seconds) {
    Orbit.Fix fix = orbit.fix(seconds);
    OffsetDateTime utc = utc(seconds);
    String clock =
        String.format(
            Locale.ROOT,
            "%02d%02d%02d.%02d",
            utc.getHour(),
            utc.getMinute(),
            utc.getSecond(),
            utc.getNano() / 10_000_000);
    String date =
        String.format(
            Locale.ROOT,
            "%02d%02d%02d",
            utc.getDayOfMonth(),
            utc.getMonthValue(),
            utc.getYear() % 100);
    String place =
        angle(fix.latitudeDegrees(), 2, "N", "S")
            + ","
            + angle(fix.longitudeDegrees(), 3, "E", "W");
    double ground = Math.hypot(fix.northMetresPerSecond(), fix.eastMetresPerSecond());
    double heading =
        Math.toDegrees(Math.atan2(fix.eastMetresPerSecond(), fix.northMetresPerSecond()));
    heading += heading < 0 ? 360 : 0;
    return sentence(
            String.format(
                Locale.ROOT,
                "GNGGA,%s,%s,1,%02d,1.0,%.1f,M,0.0,M,,",
                clock,
                place,
                Math.min(12, SATELLITES),
                fix.altitudeMetres()))
        + sentence(
            String.format(
                Locale.ROOT,
                "GNRMC,%s,A,%s,%.2f,%.2f,%s,,,A",
                clock,
                place,
                ground * 3600 / 1852,
                heading,
                date))
        + sentence("GNGSA,A,3,01,04,07,09,11,14,17,19,22,26,28,31,1.2,1.0,0.8");
  }

  private static String angle(double degrees, int digits, String positive, String negative) {
    double size = Math.abs(degrees);
    long tenThousandths = Math.round(size * 60 * 10_000);
    return String.format(
        Locale.ROOT,
        "%0" + digits + "d%07.4f,%s",
        tenThousandths / 600_000,
        tenThousandths % 600_000 / 10_000.0,
        degrees < 0 ? negative : positive);
  }

  private static String sentence(String body) {
    int sum = 0;
    for (int i = 0; i < body.length(); i++) {
      sum ^= body.charAt(i);
    }
    return String.format(Locale.ROOT, "$%s*%02X\r\n", body, sum);
  }

  // ---- CAN ----

  private byte[] frames(double seconds, boolean withHealth) {
    ByteBuffer out = ByteBuffer.allocate(16 * (withHealth ? 3 : 2)).order(ByteOrder.nativeOrder());
    double[] q = orbit.attitude(seconds);
    frame(
        out,
        ATTITUDE,
        8,
        word(q[0] * 32767),
        word(q[1] * 32767),
        word(q[2] * 32767),
        word(q[3] * 32767));
    frame(out, RATES, 6, word(0), word(-orbit.rate() * 1e4), word(0));
    if (withHealth) {
      frame(out, HEALTH, 4, (short) (0x0f00 | (state & 0xff)), (short) wheelRpm);
    }
    return out.array();
  }

  private static short word(double value) {
    return (short) Math.round(value);
  }

  /** A struct can_frame; the words of its data low byte first. */
  private static void frame(ByteBuffer out, int id, int length, short... words) {
    int start = out.position();
    out.putInt(id).put((byte) length).put((byte) 0).put((byte) 0).put((byte) 0);
    for (short word : words) {
      out.put((byte) word).put((byte) (word >> 8));
    }
    out.position(start + 16);
  }

  /** Commands of the flight to the platform: 1 sets its state, 2 the speed of its wheels. */
  private void obey(double seconds) {
    long sent = world.get(Header.COMMANDS);
    for (commands = Math.max(commands, sent - 16); commands < sent; commands++) {
      int place = (int) (commands % 16);
      long data = world.get(Header.COMMAND_DATA, place);
      long id = world.get(Header.COMMAND_ID, place);
      if (id == 0) {
        return; // not complete yet
      }
      int opcode = (int) (data & 0xff);
      int argument = (short) (data >> 8);
      if (id == COMMAND) {
        log.line(
            "{\"platform_command\":"
                + opcode
                + ",\"argument\":"
                + argument
                + ",\"t\":"
                + RigLog.number(seconds)
                + "}");
        if (opcode == 1) {
          state = argument & 0xff;
        } else if (opcode == 2) {
          wheelRpm = Math.max(0, argument);
        }
      }
    }
  }
}
