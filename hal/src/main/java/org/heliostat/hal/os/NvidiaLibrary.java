package org.heliostat.hal.os;

import com.sun.jna.Pointer;

/**
 * What the HAL needs of NVIDIA's management library (NVML), call for call as in {@code nvml.h};
 * each returns {@code nvmlReturn_t}. A call that an older library lacks returns {@code
 * NVML_ERROR_FUNCTION_NOT_FOUND} (13).
 */
public interface NvidiaLibrary {
  int nvmlInit_v2();

  int nvmlShutdown();

  int nvmlSystemGetDriverVersion(Pointer version, int length);

  int nvmlDeviceGetCount_v2(Pointer count);

  int nvmlDeviceGetHandleByIndex_v2(int index, Pointer device);

  int nvmlDeviceGetHandleByUUID(Pointer uuid, Pointer device);

  int nvmlDeviceGetName(Pointer device, Pointer name, int length);

  int nvmlDeviceGetSerial(Pointer device, Pointer serial, int length);

  int nvmlDeviceGetUUID(Pointer device, Pointer uuid, int length);

  int nvmlDeviceGetPciInfo_v3(Pointer device, Pointer pci);

  int nvmlDeviceGetTemperature(Pointer device, int sensor, Pointer celsius);

  int nvmlDeviceGetTemperatureThreshold(Pointer device, int threshold, Pointer celsius);

  int nvmlDeviceGetPowerUsage(Pointer device, Pointer milliwatts);

  int nvmlDeviceGetEnforcedPowerLimit(Pointer device, Pointer milliwatts);

  int nvmlDeviceGetPowerManagementLimitConstraints(Pointer device, Pointer lowest, Pointer highest);

  int nvmlDeviceSetPowerManagementLimit(Pointer device, int milliwatts);

  int nvmlDeviceGetClockInfo(Pointer device, int clock, Pointer megahertz);

  int nvmlDeviceGetUtilizationRates(Pointer device, Pointer utilization);

  int nvmlDeviceGetMemoryInfo(Pointer device, Pointer memory);

  int nvmlDeviceGetMemoryInfo_v2(Pointer device, Pointer memory);

  int nvmlDeviceGetTotalEccErrors(Pointer device, int error, int counter, Pointer count);

  int nvmlDeviceGetRetiredPages(Pointer device, int cause, Pointer count, Pointer addresses);

  int nvmlDeviceGetRetiredPagesPendingStatus(Pointer device, Pointer pending);

  int nvmlDeviceGetRemappedRows(
      Pointer device, Pointer corrected, Pointer uncorrected, Pointer pending, Pointer failed);

  int nvmlDeviceGetCurrentClocksThrottleReasons(Pointer device, Pointer reasons);

  int nvmlDeviceGetComputeRunningProcesses_v3(Pointer device, Pointer count, Pointer infos);

  int nvmlDeviceSetCpuAffinity(Pointer device);

  int nvmlEventSetCreate(Pointer set);

  int nvmlDeviceRegisterEvents(Pointer device, long types, Pointer set);

  int nvmlEventSetWait_v2(Pointer set, Pointer data, int timeoutMillis);

  int nvmlEventSetFree(Pointer set);

  Pointer nvmlErrorString(int result);

  int nvmlDeviceGetMarginTemperature(Pointer device, Pointer margin);
}
