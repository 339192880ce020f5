package org.heliostat.hal.os;

import com.sun.jna.Pointer;

/**
 * What the HAL needs of NVIDIA's management library (NVML), call for call as in {@code nvml.h};
 * each returns {@code nvmlReturn_t}.
 */
public interface NvidiaLibrary {
  int nvmlInit_v2();

  int nvmlShutdown();

  int nvmlDeviceGetCount_v2(Pointer count);

  int nvmlDeviceGetHandleByIndex_v2(int index, Pointer device);

  int nvmlDeviceGetHandleByUUID(Pointer uuid, Pointer device);

  int nvmlDeviceGetName(Pointer device, Pointer name, int length);

  int nvmlDeviceGetSerial(Pointer device, Pointer serial, int length);

  int nvmlDeviceGetUUID(Pointer device, Pointer uuid, int length);

  int nvmlDeviceGetTemperature(Pointer device, int sensor, Pointer celsius);

  int nvmlDeviceGetPowerUsage(Pointer device, Pointer milliwatts);

  int nvmlDeviceGetEnforcedPowerLimit(Pointer device, Pointer milliwatts);

  int nvmlDeviceGetUtilizationRates(Pointer device, Pointer utilization);

  int nvmlDeviceGetMemoryInfo(Pointer device, Pointer memory);

  int nvmlDeviceGetComputeRunningProcesses_v3(Pointer device, Pointer count, Pointer infos);

  int nvmlDeviceSetCpuAffinity(Pointer device);

  Pointer nvmlErrorString(int result);
}
