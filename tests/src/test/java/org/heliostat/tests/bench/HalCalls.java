package org.heliostat.tests.bench;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.heliostat.hal.Board;
import org.heliostat.hal.ComputeCard;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.PowerMonitor;
import org.heliostat.hal.TemperatureSensor;
import org.heliostat.hal.os.NativeLibc;
import org.heliostat.hal.os.NativeNvml;
import org.heliostat.hal.os.NvidiaLibrary;
import org.heliostat.hal.os.SystemLibrary;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** One call of the HAL beside the bare native calls that it is made of, over the rig's drop-ins. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up first
public class HalCalls {
  private SystemLibrary libc;
  private NvidiaLibrary nvml;
  private Memory time;
  private Pointer handle;
  private PowerMonitor power;
  private TemperatureSensor temperature;
  private ComputeCard card;

  /** Opens a device of each kind. */
  @Setup
  public void open() throws HardwareFault {
    libc = NativeLibc.load();
    nvml = NativeNvml.load();
    time = new Memory(32);
    Board board = Board.open();
    power =
        board.device(
            PowerMonitor.class,
            "power",
            "ina226",
            Map.of(
                "bus", "/dev/i2c-1",
                "address", "0x40",
                "shunt_ohms", "0.005",
                "max_amperes", "16"));
    temperature =
        board.device(
            TemperatureSensor.class,
            "temperature",
            "lm75",
            Map.of("bus", "/dev/i2c-1", "address", "0x48"));
    card = board.device(ComputeCard.class, "card", "nvml", Map.of("index", "0"));
    card.poll();
    if (nvml.nvmlDeviceGetHandleByIndex_v2(0, time) != 0) {
      throw new IllegalStateException("the rig has no card");
    }
    handle = time.getPointer(0);
  }

  /** A call of libc by direct mapping. */
  @Benchmark
  public int bareClock() {
    return libc.clock_gettime(1, time);
  }

  /** A call of NVML by direct mapping. */
  @Benchmark
  public int bareNvml() {
    return nvml.nvmlDeviceGetPowerUsage(handle, time);
  }

  /** One sample of an INA226: five or six transfers on its bus. */
  @Benchmark
  public void powerMonitor() throws HardwareFault {
    power.poll();
  }

  /** One sample of an LM75: one transfer. */
  @Benchmark
  public void thermometer() throws HardwareFault {
    temperature.poll();
  }

  /** One sample of an NVML card, health and all. */
  @Benchmark
  public void card() throws HardwareFault {
    card.poll();
  }
}
