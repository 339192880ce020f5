package org.heliostat.hal.driver;

import com.sun.jna.Pointer;
import org.heliostat.hal.os.NvidiaLibrary;

/**
 * Plays NVML with one card that can all, and of which every third wait hears of a critical event,
 * without making a single object.
 */
final class PlainNvml implements NvidiaLibrary {
  private static final Pointer HANDLE = new Pointer(0x1234);

  private int waits;

  @Override
  public int nvmlInit_v2() {
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlShutdown() {
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlSystemGetDriverVersion(Pointer version, int length) {
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlDeviceGetCount_v2(Pointer count) {
    count.setInt(0, 1);
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlDeviceGetHandleByIndex_v2(int index, Pointer device) {
    device.setPointer(0, HANDLE);
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlDeviceGetHandleByUUID(Pointer uuid, Pointer device) {
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlDeviceGetName(Pointer device, Pointer name, int length) {
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlDeviceGetSerial(Pointer device, Pointer serial, int length) {
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlDeviceGetUUID(Pointer device, Pointer uuid, int length) {
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlDeviceGetPciInfo_v3(Pointer device, Pointer pci) {
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlDeviceGetTemperature(Pointer device, int sensor, Pointer celsius) {
    celsius.setInt(0, 61);
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlDeviceGetTemperatureThreshold(Pointer device, int threshold, Pointer celsius) {
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlDeviceGetPowerUsage(Pointer device, Pointer milliwatts) {
    milliwatts.setInt(0, 42_500);
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlDeviceGetEnforcedPowerLimit(Pointer device, Pointer milliwatts) {
    milliwatts.setInt(0, 60_000);
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlDeviceGetPowerManagementLimitConstraints(
      Pointer device, Pointer lowest, Pointer highest) {
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlDeviceSetPowerManagementLimit(Pointer device, int milliwatts) {
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlDeviceGetClockInfo(Pointer device, int clock, Pointer megahertz) {
    megahertz.setInt(0, 1_410);
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlDeviceGetUtilizationRates(Pointer device, Pointer utilization) {
    utilization.setInt(0, 87);
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlDeviceGetMemoryInfo(Pointer device, Pointer memory) {
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlDeviceGetMemoryInfo_v2(Pointer device, Pointer memory) {
    memory.setLong(8, 8_000_000_000L);
    memory.setLong(32, 5_000_000_000L);
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlDeviceGetTotalEccErrors(Pointer device, int error, int counter, Pointer count) {
    count.setLong(0, 0);
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlDeviceGetRetiredPages(
      Pointer device, int cause, Pointer count, Pointer addresses) {
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlDeviceGetRetiredPagesPendingStatus(Pointer device, Pointer pending) {
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlDeviceGetRemappedRows(
      Pointer device, Pointer corrected, Pointer uncorrected, Pointer pending, Pointer failed) {
    corrected.setInt(0, 1);
    uncorrected.setInt(0, 0);
    pending.setInt(0, 0);
    failed.setInt(0, 0);
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlDeviceGetCurrentClocksThrottleReasons(Pointer device, Pointer reasons) {
    reasons.setLong(0, 4);
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlDeviceGetComputeRunningProcesses_v3(Pointer device, Pointer count, Pointer infos) {
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlDeviceSetCpuAffinity(Pointer device) {
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlEventSetCreate(Pointer set) {
    set.setPointer(0, HANDLE);
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlDeviceRegisterEvents(Pointer device, long types, Pointer set) {
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlEventSetWait_v2(Pointer set, Pointer data, int timeoutMillis) {
    if (++waits % 3 != 0) {
      return NvmlCard.TIMEOUT;
    }
    data.setLong(8, NvmlCard.XID_EVENT);
    data.setLong(16, 31);
    return NvmlCard.SUCCESS;
  }

  @Override
  public int nvmlEventSetFree(Pointer set) {
    return NvmlCard.SUCCESS;
  }

  @Override
  public Pointer nvmlErrorString(int result) {
    return HANDLE;
  }

  @Override
  public int nvmlDeviceGetMarginTemperature(Pointer device, Pointer margin) {
    margin.setInt(4, 22);
    return NvmlCard.SUCCESS;
  }
}
