package org.heliostat.hal.os;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.util.Set;
import java.util.TreeSet;
import org.heliostat.hal.HardwareFault;

/**
 * NVML bound by direct mapping. The native methods here are exactly what a drop-in must export;
 * those of {@link Newer} may be missing from the library of an older driver.
 */
public final class NativeNvml implements NvidiaLibrary {
  /** System property that names the library. */
  public static final String PROPERTY = "heliostat.nvml";

  private static final String USUAL = "libnvidia-ml.so.1";
  private static final int FUNCTION_NOT_FOUND = 13;

  private static boolean bound;
  private static boolean newer;

  private NativeNvml() {}

  /** Binds the library once for the process. */
  public static synchronized NativeNvml load() throws HardwareFault {
    if (!bound) {
      NativeLibrary library = NamedLibrary.load(PROPERTY, USUAL, Calls.class);
      Native.register(Calls.class, library);
      newer = NamedLibrary.holds(library, Newer.class);
      if (newer) {
        Native.register(Newer.class, library);
      }
      bound = true;
    }
    return new NativeNvml();
  }

  /** The C names that the HAL calls: what a drop-in exports, no more and no less. */
  public static Set<String> symbols() {
    Set<String> all = new TreeSet<>(NamedLibrary.symbols(Calls.class));
    all.addAll(NamedLibrary.symbols(Newer.class));
    return all;
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
  public int nvmlSystemGetDriverVersion(Pointer version, int length) {
    return Calls.nvmlSystemGetDriverVersion(version, length);
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
  public int nvmlDeviceGetPciInfo_v3(Pointer device, Pointer pci) {
    return Calls.nvmlDeviceGetPciInfo_v3(device, pci);
  }

  @Override
  public int nvmlDeviceGetTemperature(Pointer device, int sensor, Pointer celsius) {
    return Calls.nvmlDeviceGetTemperature(device, sensor, celsius);
  }

  @Override
  public int nvmlDeviceGetTemperatureThreshold(Pointer device, int threshold, Pointer celsius) {
    return Calls.nvmlDeviceGetTemperatureThreshold(device, threshold, celsius);
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
  public int nvmlDeviceGetPowerManagementLimitConstraints(
      Pointer device, Pointer lowest, Pointer highest) {
    return Calls.nvmlDeviceGetPowerManagementLimitConstraints(device, lowest, highest);
  }

  @Override
  public int nvmlDeviceSetPowerManagementLimit(Pointer device, int milliwatts) {
    return Calls.nvmlDeviceSetPowerManagementLimit(device, milliwatts);
  }

  @Override
  public int nvmlDeviceGetClockInfo(Pointer device, int clock, Pointer megahertz) {
    return Calls.nvmlDeviceGetClockInfo(device, clock, megahertz);
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
  public int nvmlDeviceGetMemoryInfo_v2(Pointer device, Pointer memory) {
    return Calls.nvmlDeviceGetMemoryInfo_v2(device, memory);
  }

  @Override
  public int nvmlDeviceGetTotalEccErrors(Pointer device, int error, int counter, Pointer count) {
    return Calls.nvmlDeviceGetTotalEccErrors(device, error, counter, count);
  }

  @Override
  public int nvmlDeviceGetRetiredPages(
      Pointer device, int cause, Pointer count, Pointer addresses) {
    return Calls.nvmlDeviceGetRetiredPages(device, cause, count, addresses);
  }

  @Override
  public int nvmlDeviceGetRetiredPagesPendingStatus(Pointer device, Pointer pending) {
    return Calls.nvmlDeviceGetRetiredPagesPendingStatus(device, pending);
  }

  @Override
  public int nvmlDeviceGetRemappedRows(
      Pointer device, Pointer corrected, Pointer uncorrected, Pointer pending, Pointer failed) {
    return Calls.nvmlDeviceGetRemappedRows(device, corrected, uncorrected, pending, failed);
  }

  @Override
  public int nvmlDeviceGetCurrentClocksThrottleReasons(Pointer device, Pointer reasons) {
    return Calls.nvmlDeviceGetCurrentClocksThrottleReasons(device, reasons);
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
  public int nvmlEventSetCreate(Pointer set) {
    return Calls.nvmlEventSetCreate(set);
  }

  @Override
  public int nvmlDeviceRegisterEvents(Pointer device, long types, Pointer set) {
    return Calls.nvmlDeviceRegisterEvents(device, types, set);
  }

  @Override
  public int nvmlEventSetWait_v2(Pointer set, Pointer data, int timeoutMillis) {
    return Calls.nvmlEventSetWait_v2(set, data, timeoutMillis);
  }

  @Override
  public int nvmlEventSetFree(Pointer set) {
    return Calls.nvmlEventSetFree(set);
  }

  @Override
  public Pointer nvmlErrorString(int result) {
    return Calls.nvmlErrorString(result);
  }

  @Override
  public int nvmlDeviceGetMarginTemperature(Pointer device, Pointer margin) {
    return newer ? Newer.nvmlDeviceGetMarginTemperature(device, margin) : FUNCTION_NOT_FOUND;
  }

  private static final class Calls {
    static native int nvmlInit_v2();

    static native int nvmlShutdown();

    static native int nvmlSystemGetDriverVersion(Pointer version, int length);

    static native int nvmlDeviceGetCount_v2(Pointer count);

    static native int nvmlDeviceGetHandleByIndex_v2(int index, Pointer device);

    static native int nvmlDeviceGetHandleByUUID(Pointer uuid, Pointer device);

    static native int nvmlDeviceGetName(Pointer device, Pointer name, int length);

    static native int nvmlDeviceGetSerial(Pointer device, Pointer serial, int length);

    static native int nvmlDeviceGetUUID(Pointer device, Pointer uuid, int length);

    static native int nvmlDeviceGetPciInfo_v3(Pointer device, Pointer pci);

    static native int nvmlDeviceGetTemperature(Pointer device, int sensor, Pointer celsius);

    static native int nvmlDeviceGetTemperatureThreshold(
        Pointer device, int threshold, Pointer celsius);

    static native int nvmlDeviceGetPowerUsage(Pointer device, Pointer milliwatts);

    static native int nvmlDeviceGetEnforcedPowerLimit(Pointer device, Pointer milliwatts);

    static native int nvmlDeviceGetPowerManagementLimitConstraints(
        Pointer device, Pointer lowest, Pointer highest);

    static native int nvmlDeviceSetPowerManagementLimit(Pointer device, int milliwatts);

    static native int nvmlDeviceGetClockInfo(Pointer device, int clock, Pointer megahertz);

    static native int nvmlDeviceGetUtilizationRates(Pointer device, Pointer utilization);

    static native int nvmlDeviceGetMemoryInfo(Pointer device, Pointer memory);

    static native int nvmlDeviceGetMemoryInfo_v2(Pointer device, Pointer memory);

    static native int nvmlDeviceGetTotalEccErrors(
        Pointer device, int error, int counter, Pointer count);

    static native int nvmlDeviceGetRetiredPages(
        Pointer device, int cause, Pointer count, Pointer addresses);

    static native int nvmlDeviceGetRetiredPagesPendingStatus(Pointer device, Pointer pending);

    static native int nvmlDeviceGetRemappedRows(
        Pointer device, Pointer corrected, Pointer uncorrected, Pointer pending, Pointer failed);

    static native int nvmlDeviceGetCurrentClocksThrottleReasons(Pointer device, Pointer reasons);

    static native int nvmlDeviceGetComputeRunningProcesses_v3(
        Pointer device, Pointer count, Pointer infos);

    static native int nvmlDeviceSetCpuAffinity(Pointer device);

    static native int nvmlEventSetCreate(Pointer set);

    static native int nvmlDeviceRegisterEvents(Pointer device, long types, Pointer set);

    static native int nvmlEventSetWait_v2(Pointer set, Pointer data, int timeoutMillis);

    static native int nvmlEventSetFree(Pointer set);

    static native Pointer nvmlErrorString(int result);
  }

  /** Calls of newer drivers. */
  private static final class Newer {
    static native int nvmlDeviceGetMarginTemperature(Pointer device, Pointer margin);
  }
}
