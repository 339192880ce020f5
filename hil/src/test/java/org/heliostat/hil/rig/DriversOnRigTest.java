package org.heliostat.hil.rig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.mockito.Mockito.mock;

import com.google.protobuf.TextFormat;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.heliostat.hil.rig.WorldLayout.Card;
import org.heliostat.protocol.Scenario;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every driver of the HAL on the rig's board, with the parameters that hil/README.md gives, while
 * the rig moves the world.
 */
class DriversOnRigTest {
  private static final long SPEED_PPM = 20_000_000;
  private static final String SWITCH =
      "driver|switch0|pmbus-switch|bus=/dev/i2c-3;address=0x10;part=adm1272;sense_ohms=0.0025;"
          + "limit_amperes=6;pec=true|";
  private static final String CARD = "driver|card0|nvml|index=0|";
  private static final String PUMP =
      "driver|pump0|emc2305|bus=/dev/i2c-2;address=0x2c;channel=0;poles=2;duty=1;stall_rpm=1500|";
  private static final String HEATER =
      "driver|heater1|pca9685|bus=/dev/i2c-2;address=0x60;channel=1;hertz=200;duty=0|";

  @TempDir private Path folder = Path.of("");
  private final StringWriter log = new StringWriter();
  private World world = TestWorld.none();
  private Rig rig;
  private FlightProcess flight;

  @BeforeEach
  void start() throws IOException {
    Scenario scenario = Scenario.getDefaultInstance();
    Physics physics = new Physics(scenario, 2);
    world =
        World.open(
            folder.resolve("world"),
            new MissionTime(
                System.nanoTime(), 1_000_000_000_000L, 1_800_000_000_000_000_000L, SPEED_PPM),
            2,
            fresh -> {
              BoardMap.populate(fresh, scenario, 2);
              Rig.write(fresh, scenario, physics);
            });
    rig =
        new Rig(
            scenario,
            world,
            physics,
            new LinuxProcesses(Path.of("/proc")),
            mock(CameraPlayer.class),
            new RigLog(log));
    flight = FlightProcess.start(folder);
  }

  @AfterEach
  void end() {
    flight.close();
  }

  /** Lets so much mission time pass on both sides. */
  private void pass(double seconds) throws IOException {
    for (double left = seconds; left > 0; left -= 0.5) {
      rig.step(System.nanoTime());
      flight.ask("sleep " + Math.round(Math.min(left, 0.5) * 1e9));
    }
    rig.step(System.nanoTime());
  }

  private String ask(String command) throws IOException {
    return flight.ask(command);
  }

  private double number(String command, String field) throws IOException {
    String answer = ask(command + "read");
    Matcher found = Pattern.compile(field + "=(-?[0-9.E]+)").matcher(answer);
    assertThat(found.find()).as(answer).isTrue();
    return Double.parseDouble(found.group(1));
  }

  private void inject(String fault) throws IOException {
    Scenario.Fault.Builder builder = Scenario.Fault.newBuilder();
    TextFormat.merge(fault, builder);
    assertThat(rig.inject(builder.build())).isEmpty();
  }

  @Test
  void everyPartIsReadByItsDriver() throws IOException {
    pass(2);
    String i2c2 = "bus=/dev/i2c-2;address=";
    assertThat(
            number(
                "driver|solar|ina228|" + i2c2 + "0x40;shunt_ohms=0.005;max_amperes=20|",
                "powerWatts"))
        .isCloseTo(280, within(2.0));
    assertThat(
            number(
                "driver|battery|ina226|" + i2c2 + "0x44;shunt_ohms=0.005;max_amperes=16|",
                "currentAmperes"))
        .isCloseTo(220 / 28.0, within(0.3));
    assertThat(
            number(
                "driver|dose|ads1115-radfet|"
                    + i2c2
                    + "0x48;channel=0;zero_volts=1.0;volts_per_gray=0.002;exponent=1;full_scale_volts=4.096|",
                "doseGrays?"))
        .isCloseTo(10, within(0.4));
    assertThat(number("driver|radiator|tmp117|" + i2c2 + "0x49|", "celsius"))
        .isCloseTo(15, within(0.3));
    assertThat(number(PUMP, "revolutionsPerMinute")).isCloseTo(4800, within(50.0));
    assertThat(number(HEATER, "duty")).isZero();
    assertThat(number(SWITCH, "inputVolts")).isCloseTo(12, within(0.1));
    assertThat(ask(SWITCH + "read"))
        .contains("commandedOn=true")
        .contains("powerGood=true")
        .contains("latchedOff=false")
        .contains("faults=[]");
    assertThat(ask("driver|aux|pmbus-switch|bus=/dev/i2c-3;address=0x50;part=linear;pec=true|read"))
        .contains("powerGood=true")
        .contains("faults=[]");
    assertThat(number("driver|zone0|thermal-zone|zone=0|", "celsius")).isCloseTo(39, within(0.5));
    assertThat(ask("driver|edac|edac|controller=0|read")).contains("=0");
    assertThat(ask("driver|hwmon|hwmon-card|hwmon=rig_card0|read"))
        .startsWith("CardReading[temperatureCelsius=2");
    assertThat(ask(CARD + "read")).contains("throttle").doesNotContain("UNKNOWN");
    assertThat(ask("driver|watchdog|watchdog|path=/dev/watchdog0;timeout_seconds=10|boot"))
        .isEqualTo("POWER_ON");
    assertThat(ask("driver|watchdog|watchdog||kick")).isEqualTo("done");
  }

  @Test
  void whatSendsByItselfIsHeard() throws IOException {
    String ubx = "driver|gnss|gnss|path=/dev/ttyS1;protocol=ubx;baud=115200|read";
    String nmea = "driver|gnss2|gnss|path=/dev/ttyS2;protocol=nmea;baud=9600|read";
    String can =
        "driver|platform|can|interface=can0;stale_seconds=5;frame.attitude=rx 0x120;"
            + "signal.attitude.q3=48 16 le signed 3.0518509475997192e-5 0;frame.rates=rx 0x121;"
            + "signal.rates.y=16 16 le signed 1e-4 0;frame.health=rx 0x122;"
            + "signal.health.rpm=16 16 le unsigned 1 0|read";
    ask(ubx);
    ask(nmea);
    ask(can);
    pass(3);
    assertThat(ask(ubx)).startsWith("NavigationReading[").contains("altitude");
    assertThat(ask(nmea)).startsWith("NavigationReading[");
    assertThat(ask(can)).contains("rpm").contains("1200.0").contains("-0.0011");
  }

  @Test
  void aLatchedOffRailIsSeenAndCycled() throws IOException {
    pass(1);
    assertThat(ask(SWITCH + "read")).contains("latchedOff=false");
    inject("device: \"card0\" kind: LATCH_UP value: 8");
    pass(1);
    assertThat(ask(SWITCH + "read")).contains("latchedOff=true").contains("OVER_CURRENT");
    assertThat(ask(CARD + "read")).startsWith("fault ");
    assertThat(ask(SWITCH + "off")).isEqualTo("done");
    pass(0.5);
    assertThat(ask(SWITCH + "on")).isEqualTo("done");
    assertThat(ask(SWITCH + "clear")).isEqualTo("done");
    pass(1);
    assertThat(ask(SWITCH + "read")).contains("latchedOff=false").contains("faults=[]");
    assertThat(ask(CARD + "read")).startsWith("CardReading[");
    assertThat(log.toString()).contains("latched_off").contains("rail_off").contains("rail_on");
  }

  @Test
  void commandsMoveTheWorld() throws IOException {
    pass(1);
    assertThat(ask(PUMP + "pump|0.5")).isEqualTo("done");
    assertThat(ask(HEATER + "heat|0.25")).isEqualTo("done");
    assertThat(ask(CARD + "limit|30")).isEqualTo("done");
    pass(12);
    assertThat(number(PUMP, "revolutionsPerMinute")).isCloseTo(2400, within(60.0));
    assertThat(world.get(0, Card.LIMIT_MILLIWATTS)).isEqualTo(30_000);
    assertThat(log.toString()).contains("\"heaters\":[0.000,0.250]").contains("\"bus_w\":65.00");
    inject("device: \"pump0\" kind: PUMP_STALL");
    inject("device: \"heater1\" kind: CHIP_RESET");
    pass(3);
    assertThat(ask(PUMP + "read")).contains("stalled=true");
    assertThat(number(HEATER, "duty")).isCloseTo(0.25, within(0.001));
    assertThat(ask(HEATER + "resets")).isEqualTo("1");
  }

  @Test
  void wrongCheckCodesAndSilentPartsAreFaults() throws IOException {
    pass(1);
    ask(SWITCH + "read");
    inject("device: \"switch0\" kind: WRONG_PEC for_s: 5");
    pass(1);
    assertThat(ask(SWITCH + "read")).startsWith("fault BAD_DATA");
    pass(5);
    assertThat(ask(SWITCH + "read")).startsWith("RailReading[");
    inject("device: \"switch0\" kind: NO_ACKNOWLEDGE");
    pass(0.5);
    assertThat(ask(SWITCH + "read")).startsWith("fault NACK");
  }

  @Test
  void aCardThatHangsIsReset() throws IOException {
    pass(1);
    assertThat(ask(CARD + "read")).startsWith("CardReading[");
    inject("device: \"card0\" kind: CARD_FALLS_OFF");
    pass(1);
    assertThat(ask(CARD + "read")).startsWith("fault ");
    assertThat(ask(SWITCH + "read")).startsWith("RailReading[");
    assertThat(ask(SWITCH + "off")).isEqualTo("done");
    pass(0.5);
    assertThat(ask(SWITCH + "on")).isEqualTo("done");
    pass(0.5);
    assertThat(ask(CARD + "read")).startsWith("CardReading[");
    assertThat(ask(CARD + "reset")).isEqualTo("done");
    pass(0.5);
    assertThat(log.toString()).contains("card_reset");
  }

  @Test
  void theSpectrumShowsThePumps() throws IOException {
    pass(1);
    String vibration =
        "driver|vibration|adxl345|bus=/dev/i2c-2;address=0x53;rate_hz=800;range_g=16;"
            + "bands=5-50,50-150,150-390|read";
    String answer = ask(vibration);
    assertThat(answer).startsWith("VibrationReading[");
  }
}
