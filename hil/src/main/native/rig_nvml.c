/*
 * Stands in for libnvidia-ml.so.1 in the flight processes of a rig: the calls of nvml.h that the HAL uses, fed from the world file.
 *
 * nvmlDeviceSetCpuAffinity, with which a worker claims its card, records the process as a holder of the card.
 */
#define _GNU_SOURCE
#include "world_map.h"

#include <stdio.h>

typedef int nvmlReturn_t;
typedef struct nvmlDevice_st *nvmlDevice_t;

enum {
  NVML_SUCCESS = 0,
  NVML_ERROR_UNINITIALIZED = 1,
  NVML_ERROR_INVALID_ARGUMENT = 2,
  NVML_ERROR_NOT_SUPPORTED = 3,
  NVML_ERROR_NOT_FOUND = 6,
  NVML_ERROR_INSUFFICIENT_SIZE = 7,
  NVML_ERROR_DRIVER_NOT_LOADED = 9,
  NVML_ERROR_TIMEOUT = 10,
  NVML_ERROR_GPU_IS_LOST = 15,
  NVML_ERROR_IN_USE = 19
};

typedef struct {
  unsigned int gpu;
  unsigned int memory;
} nvmlUtilization_t;

typedef struct {
  unsigned long long total;
  unsigned long long free;
  unsigned long long used;
} nvmlMemory_t;

typedef struct {
  unsigned int pid;
  unsigned long long usedGpuMemory;
  unsigned int gpuInstanceId;
  unsigned int computeInstanceId;
} nvmlProcessInfo_t;

_Static_assert(sizeof(nvmlUtilization_t) == 8, "as in nvml.h");
_Static_assert(sizeof(nvmlMemory_t) == 24, "as in nvml.h");
_Static_assert(sizeof(nvmlProcessInfo_t) == 24, "as in nvml.h");

#define HOLDERS (sizeof(((struct world_card *)0)->holders) / sizeof(int64_t))

static int started;

EXPORT nvmlReturn_t nvmlInit_v2(void) {
  if (the_world() == NULL) {
    return NVML_ERROR_DRIVER_NOT_LOADED;
  }
  __atomic_add_fetch(&started, 1, __ATOMIC_ACQ_REL);
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlShutdown(void) {
  if (__atomic_load_n(&started, __ATOMIC_ACQUIRE) <= 0) {
    return NVML_ERROR_UNINITIALIZED;
  }
  __atomic_sub_fetch(&started, 1, __ATOMIC_ACQ_REL);
  return NVML_SUCCESS;
}

static unsigned int cards(struct world *world) {
  int64_t count = load(&world->header.card_count);
  return count < 0 ? 0 : count > WORLD_CARDS ? WORLD_CARDS : (unsigned int)count;
}

/* A handle is the number of the card plus one. */
static nvmlReturn_t card_of(nvmlDevice_t device, struct world_card **card) {
  struct world *world = the_world();
  if (world == NULL || __atomic_load_n(&started, __ATOMIC_ACQUIRE) <= 0) {
    return NVML_ERROR_UNINITIALIZED;
  }
  uintptr_t number = (uintptr_t)device;
  if (number < 1 || number > cards(world)) {
    return NVML_ERROR_INVALID_ARGUMENT;
  }
  *card = &world->cards[number - 1];
  if (load(&(*card)->present) == 0) {
    return NVML_ERROR_GPU_IS_LOST;
  }
  return (nvmlReturn_t)load(&(*card)->answer);
}

EXPORT nvmlReturn_t nvmlDeviceGetCount_v2(unsigned int *count) {
  struct world *world = the_world();
  if (world == NULL || __atomic_load_n(&started, __ATOMIC_ACQUIRE) <= 0) {
    return NVML_ERROR_UNINITIALIZED;
  }
  *count = cards(world);
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvmlDevice_t *device) {
  struct world *world = the_world();
  if (world == NULL || __atomic_load_n(&started, __ATOMIC_ACQUIRE) <= 0) {
    return NVML_ERROR_UNINITIALIZED;
  }
  if (index >= cards(world)) {
    return NVML_ERROR_INVALID_ARGUMENT;
  }
  if (load(&world->cards[index].present) == 0) {
    return NVML_ERROR_GPU_IS_LOST;
  }
  *device = (nvmlDevice_t)(uintptr_t)(index + 1);
  return NVML_SUCCESS;
}

static int uuid_of(unsigned int index, char *text, size_t length) {
  return snprintf(text, length, "GPU-00000000-4865-6c69-6f73-%012u", index);
}

EXPORT nvmlReturn_t nvmlDeviceGetHandleByUUID(const char *uuid, nvmlDevice_t *device) {
  struct world *world = the_world();
  if (world == NULL || __atomic_load_n(&started, __ATOMIC_ACQUIRE) <= 0) {
    return NVML_ERROR_UNINITIALIZED;
  }
  for (unsigned int i = 0; i < cards(world); i++) {
    char known[80];
    uuid_of(i, known, sizeof known);
    if (strcmp(known, uuid) == 0) {
      return nvmlDeviceGetHandleByIndex_v2(i, device);
    }
  }
  return NVML_ERROR_NOT_FOUND;
}

static nvmlReturn_t fits(int written, unsigned int length) {
  return written >= 0 && (unsigned int)written < length ? NVML_SUCCESS : NVML_ERROR_INSUFFICIENT_SIZE;
}

EXPORT nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t device, char *name, unsigned int length) {
  struct world_card *card;
  nvmlReturn_t answer = card_of(device, &card);
  return answer != NVML_SUCCESS ? answer : fits(snprintf(name, length, "Heliostat rig card"), length);
}

EXPORT nvmlReturn_t nvmlDeviceGetSerial(nvmlDevice_t device, char *serial, unsigned int length) {
  struct world_card *card;
  nvmlReturn_t answer = card_of(device, &card);
  return answer != NVML_SUCCESS ? answer
                                : fits(snprintf(serial, length, "RIG%04u", (unsigned int)(uintptr_t)device - 1), length);
}

EXPORT nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t device, char *uuid, unsigned int length) {
  struct world_card *card;
  nvmlReturn_t answer = card_of(device, &card);
  return answer != NVML_SUCCESS ? answer : fits(uuid_of((unsigned int)(uintptr_t)device - 1, uuid, length), length);
}

EXPORT nvmlReturn_t nvmlDeviceGetTemperature(nvmlDevice_t device, int sensor, unsigned int *celsius) {
  struct world_card *card;
  nvmlReturn_t answer = card_of(device, &card);
  if (answer != NVML_SUCCESS) {
    return answer;
  }
  if (sensor != 0) {
    return NVML_ERROR_INVALID_ARGUMENT;
  }
  int64_t micro = load(&card->microcelsius);
  *celsius = (unsigned int)(int)((micro >= 0 ? micro + 500000 : micro - 500000) / 1000000);
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetPowerUsage(nvmlDevice_t device, unsigned int *milliwatts) {
  struct world_card *card;
  nvmlReturn_t answer = card_of(device, &card);
  if (answer == NVML_SUCCESS) {
    *milliwatts = (unsigned int)load(&card->milliwatts);
  }
  return answer;
}

EXPORT nvmlReturn_t nvmlDeviceGetEnforcedPowerLimit(nvmlDevice_t device, unsigned int *milliwatts) {
  struct world_card *card;
  nvmlReturn_t answer = card_of(device, &card);
  if (answer == NVML_SUCCESS) {
    *milliwatts = (unsigned int)load(&card->limit_milliwatts);
  }
  return answer;
}

EXPORT nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t *utilization) {
  struct world_card *card;
  nvmlReturn_t answer = card_of(device, &card);
  if (answer == NVML_SUCCESS) {
    int64_t total = load(&card->memory_total_bytes);
    utilization->gpu = (unsigned int)((load(&card->utilisation_permille) + 5) / 10);
    utilization->memory = total <= 0 ? 0 : (unsigned int)(load(&card->memory_used_bytes) * 100 / total);
  }
  return answer;
}

EXPORT nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t *memory) {
  struct world_card *card;
  nvmlReturn_t answer = card_of(device, &card);
  if (answer == NVML_SUCCESS) {
    memory->total = (unsigned long long)load(&card->memory_total_bytes);
    memory->used = (unsigned long long)load(&card->memory_used_bytes);
    memory->free = memory->total - memory->used;
  }
  return answer;
}

EXPORT nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v3(nvmlDevice_t device, unsigned int *count,
                                                            nvmlProcessInfo_t *infos) {
  struct world_card *card;
  nvmlReturn_t answer = card_of(device, &card);
  if (answer != NVML_SUCCESS) {
    return answer;
  }
  unsigned int room = *count;
  unsigned int found = 0;
  for (size_t i = 0; i < HOLDERS; i++) {
    int64_t pid = load(&card->holders[i]);
    if (pid == 0) {
      continue;
    }
    if (found < room && infos != NULL) {
      infos[found].pid = (unsigned int)pid;
      infos[found].usedGpuMemory = (unsigned long long)load(&card->memory_used_bytes);
      infos[found].gpuInstanceId = 0xffffffffU;
      infos[found].computeInstanceId = 0xffffffffU;
    }
    found++;
  }
  *count = found;
  return found > room ? NVML_ERROR_INSUFFICIENT_SIZE : NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceSetCpuAffinity(nvmlDevice_t device) {
  struct world_card *card;
  nvmlReturn_t answer = card_of(device, &card);
  if (answer != NVML_SUCCESS) {
    return answer;
  }
  int64_t pid = (int64_t)getpid();
  for (size_t i = 0; i < HOLDERS; i++) {
    if (load(&card->holders[i]) == pid) {
      return NVML_SUCCESS;
    }
  }
  for (size_t i = 0; i < HOLDERS; i++) {
    int64_t nobody = 0;
    if (__atomic_compare_exchange_n(&card->holders[i], &nobody, pid, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
      __atomic_add_fetch(&card->claims, 1, __ATOMIC_ACQ_REL);
      return NVML_SUCCESS;
    }
  }
  return NVML_ERROR_IN_USE;
}

EXPORT const char *nvmlErrorString(nvmlReturn_t result) {
  switch (result) {
  case NVML_SUCCESS:
    return "Success";
  case NVML_ERROR_UNINITIALIZED:
    return "Uninitialized";
  case NVML_ERROR_INVALID_ARGUMENT:
    return "Invalid Argument";
  case NVML_ERROR_NOT_SUPPORTED:
    return "Not Supported";
  case NVML_ERROR_NOT_FOUND:
    return "Not Found";
  case NVML_ERROR_INSUFFICIENT_SIZE:
    return "Insufficient Size";
  case NVML_ERROR_DRIVER_NOT_LOADED:
    return "Driver Not Loaded";
  case NVML_ERROR_TIMEOUT:
    return "Timeout";
  case NVML_ERROR_GPU_IS_LOST:
    return "GPU is lost";
  case NVML_ERROR_IN_USE:
    return "In use";
  default:
    return "Unknown Error";
  }
}
