package org.heliostat.hal.os;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.util.Set;
import org.heliostat.hal.HardwareFault;

/** NVML bound by direct mapping. The native methods here are exactly what a drop-in must export. */
public final class NativeNvml implements NvidiaLibrary {
  /** System property that names the library. */
  public static final String PROPERTY = "heliostat.nvml";

  private static final String USUAL = "libnvidia-ml.so.1";

  private static boolean bound;

  private NativeNvml() {}

  /** Binds the library once for the process. */
  public static synchronized NativeNvml load() throws HardwareFault {
    if (!bound) {
      NativeLibrary library = NamedLibrary.load(PROPERTY, USUAL, Calls.class);
      Native.register(Calls.class, library);
      bound = true;
    }
    return new NativeNvml();
  }

  /** The C names that the HAL calls: what a drop-in exports, no more and no less. */
  public static Set<String> symbols() {
    return NamedLibrary.symbols(Calls.class);
  }

  @Override
  public int nvmlInit_v2() {
    return Calls.nvmlInit_v2();
  }

  @Override
  public int nvmlShutdown() {
    return Calls.nvmlShutdown();
  }

  @Override
  public int nvmlDeviceGetCount_v2(Pointer count) {
    return Calls.nvmlDeviceGetCount_v2(count);
  }

  @Override
  public int nvmlDeviceGetHandleByIndex_v2(int index, Pointer device) {
    return Calls.nvmlDeviceGetHandleByIndex_v2(index, device);
  }

  @Override
  public int nvmlDeviceGetHandleByUUID(Pointer uuid, Pointer device) {
    return Calls.nvmlDeviceGetHandleByUUID(uuid, device);
  }

  @Override
  public int nvmlDeviceGetName(Pointer device, Pointer name, int length) {
    return Calls.nvmlDeviceGetName(device, name, length);
  }

  @Override
  public int nvmlDeviceGetSerial(Pointer device, Pointer serial, int length) {
    return Calls.nvmlDeviceGetSerial(device, serial, length);
  }

  @Override
  public int nvmlDeviceGetUUID(Pointer device, Pointer uuid, int length) {
    return Calls.nvmlDeviceGetUUID(device, uuid, length);
  }

  @Override
  public int nvmlDeviceGetTemperature(Pointer device, int sensor, Pointer celsius) {
    return Calls.nvmlDeviceGetTemperature(device, sensor, celsius);
  }

  @Override
  public int nvmlDeviceGetPowerUsage(Pointer device, Pointer milliwatts) {
    return Calls.nvmlDeviceGetPowerUsage(device, milliwatts);
  }

  @Override
  public int nvmlDeviceGetEnforcedPowerLimit(Pointer device, Pointer milliwatts) {
    return Calls.nvmlDeviceGetEnforcedPowerLimit(device, milliwatts);
  }

  @Override
  public int nvmlDeviceGetUtilizationRates(Pointer device, Pointer utilization) {
    return Calls.nvmlDeviceGetUtilizationRates(device, utilization);
  }

  @Override
  public int nvmlDeviceGetMemoryInfo(Pointer device, Pointer memory) {
    return Calls.nvmlDeviceGetMemoryInfo(device, memory);
  }

  @Override
  public int nvmlDeviceGetComputeRunningProcesses_v3(Pointer device, Pointer count, Pointer infos) {
    return Calls.nvmlDeviceGetComputeRunningProcesses_v3(device, count, infos);
  }

  @Override
  public int nvmlDeviceSetCpuAffinity(Pointer device) {
    return Calls.nvmlDeviceSetCpuAffinity(device);
  }

  @Override
  public Pointer nvmlErrorString(int result) {
    return Calls.nvmlErrorString(result);
  }

  private static final class Calls {
    static native int nvmlInit_v2();

    static native int nvmlShutdown();

    static native int nvmlDeviceGetCount_v2(Pointer count);

    static native int nvmlDeviceGetHandleByIndex_v2(int index, Pointer device);

    static native int nvmlDeviceGetHandleByUUID(Pointer uuid, Pointer device);

    static native int nvmlDeviceGetName(Pointer device, Pointer name, int length);

    static native int nvmlDeviceGetSerial(Pointer device, Pointer serial, int length);

    static native int nvmlDeviceGetUUID(Pointer device, Pointer uuid, int length);

    static native int nvmlDeviceGetTemperature(Pointer device, int sensor, Pointer celsius);

    static native int nvmlDeviceGetPowerUsage(Pointer device, Pointer milliwatts);

    static native int nvmlDeviceGetEnforcedPowerLimit(Pointer device, Pointer milliwatts);

    static native int nvmlDeviceGetUtilizationRates(Pointer device, Pointer utilization);

    static native int nvmlDeviceGetMemoryInfo(Pointer device, Pointer memory);

    static native int nvmlDeviceGetComputeRunningProcesses_v3(
        Pointer device, Pointer count, Pointer infos);

    static native int nvmlDeviceSetCpuAffinity(Pointer device);

    static native Pointer nvmlErrorString(int result);
  }
}
