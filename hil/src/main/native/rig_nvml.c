/*
 * Stands in for libnvidia-ml.so.1 in the flight processes of a rig: the calls of nvml.h that the HAL uses, fed from the
 * world file. Structures, version words and answers are those of nvml.h (CUDA 12).
 *
 * A card without power, or one that has fallen off its bus, is lost. One that hangs does not come back from a call while
 * it hangs; the calls end when the card is powered off, when it is well again, or when the rig is gone.
 *
 * nvmlDeviceSetCpuAffinity, with which a worker claims its card, records the process as a holder of the card.
 */
#include "world_map.h"

#include <stdio.h>

typedef int nvmlReturn_t;
typedef struct nvmlDevice_st *nvmlDevice_t;
typedef struct nvmlEventSet_st *nvmlEventSet_t;

enum {
  NVML_SUCCESS = 0,
  NVML_ERROR_UNINITIALIZED = 1,
  NVML_ERROR_INVALID_ARGUMENT = 2,
  NVML_ERROR_NOT_SUPPORTED = 3,
  NVML_ERROR_NO_PERMISSION = 4,
  NVML_ERROR_NOT_FOUND = 6,
  NVML_ERROR_INSUFFICIENT_SIZE = 7,
  NVML_ERROR_DRIVER_NOT_LOADED = 9,
  NVML_ERROR_TIMEOUT = 10,
  NVML_ERROR_FUNCTION_NOT_FOUND = 13,
  NVML_ERROR_GPU_IS_LOST = 15,
  NVML_ERROR_IN_USE = 19,
  NVML_ERROR_MEMORY = 20,
  NVML_ERROR_ARGUMENT_VERSION_MISMATCH = 25,
  NVML_ERROR_UNKNOWN = 999
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
  unsigned int version;
  unsigned long long total;
  unsigned long long reserved;
  unsigned long long free;
  unsigned long long used;
} nvmlMemory_v2_t;

typedef struct {
  unsigned int pid;
  unsigned long long usedGpuMemory;
  unsigned int gpuInstanceId;
  unsigned int computeInstanceId;
} nvmlProcessInfo_t;

typedef struct {
  char busIdLegacy[16];
  unsigned int domain;
  unsigned int bus;
  unsigned int device;
  unsigned int pciDeviceId;
  unsigned int pciSubSystemId;
  char busId[32];
} nvmlPciInfo_t;

typedef struct {
  nvmlDevice_t device;
  unsigned long long eventType;
  unsigned long long eventData;
  unsigned int gpuInstanceId;
  unsigned int computeInstanceId;
} nvmlEventData_t;

typedef struct {
  unsigned int version;
  int marginTemperature;
} nvmlMarginTemperature_t;

_Static_assert(sizeof(nvmlUtilization_t) == 8, "as in nvml.h");
_Static_assert(sizeof(nvmlMemory_t) == 24, "as in nvml.h");
_Static_assert(sizeof(nvmlMemory_v2_t) == 40, "as in nvml.h");
_Static_assert(sizeof(nvmlProcessInfo_t) == 24, "as in nvml.h");
_Static_assert(sizeof(nvmlPciInfo_t) == 68, "as in nvml.h");
_Static_assert(sizeof(nvmlEventData_t) == 32, "as in nvml.h");
_Static_assert(sizeof(nvmlMarginTemperature_t) == 8, "as in nvml.h");

#define VERSIONED(type, number) ((unsigned int)sizeof(type) | (number) << 24U)
#define HOLDERS (sizeof(((struct world_card *)0)->holders) / sizeof(int64_t))
#define EVENT_XID 0x8ULL
#define NO_INSTANCE 0xffffffffU

/* Degrees: where the clocks begin to fall, where the hardware slows down hard, where it shuts down (Physics.java). */
#define TARGET_CELSIUS 90
#define SLOWDOWN_CELSIUS 95
#define SHUTDOWN_CELSIUS 105

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

static struct world *ready_world(void) {
  return __atomic_load_n(&started, __ATOMIC_ACQUIRE) <= 0 ? NULL : the_world();
}

static unsigned int cards(struct world *world) {
  int64_t count = load(&world->header.card_count);
  int64_t room = load(&world->header.card_room);
  return count < 0 ? 0 : (unsigned int)(count > room ? room : count);
}

static int hangs(struct world *world, unsigned int index) {
  return load(&world->cards[index].hangs) != 0 || (index % 64 == 5 && load(&world->header.nvml_hang) != 0);
}

#define LOOK_NS (5 * MILLION)
#define LOOKS_BETWEEN_LOOKS_AT_RIG 200

/* Waits while the card hangs. */
static nvmlReturn_t waited(struct world *world, unsigned int index) {
  for (int looks = 1; hangs(world, index); looks++) {
    if (load(&world->cards[index].present) == 0) {
      return NVML_ERROR_GPU_IS_LOST;
    }
    int64_t rig = load(&world->header.rig_pid);
    if (looks % LOOKS_BETWEEN_LOOKS_AT_RIG == 0 && rig > 0 && !process_lives(rig)) {
      return NVML_ERROR_TIMEOUT;
    }
    host_sleep(LOOK_NS);
  }
  return NVML_SUCCESS;
}

/* A call of the driver about one card: it takes its time, and may not come back. */
static nvmlReturn_t called(struct world *world, unsigned int index) {
  int64_t delay = load(&world->header.nvml_delay_us);
  if (delay > 0) {
    host_sleep((delay > 60 * MILLION ? 60 * MILLION : delay) * 1000);
  }
  nvmlReturn_t answer = waited(world, index);
  if (answer != NVML_SUCCESS) {
    return answer;
  }
  if (load(&world->cards[index].present) == 0) {
    return NVML_ERROR_GPU_IS_LOST;
  }
  return (nvmlReturn_t)load(&world->cards[index].answer);
}

/* A handle is the number of the card plus one. */
static nvmlReturn_t card_of(nvmlDevice_t device, struct world_card **card) {
  struct world *world = ready_world();
  if (world == NULL) {
    return NVML_ERROR_UNINITIALIZED;
  }
  uintptr_t number = (uintptr_t)device;
  if (number < 1 || number > cards(world)) {
    return NVML_ERROR_INVALID_ARGUMENT;
  }
  *card = &world->cards[number - 1];
  return called(world, (unsigned int)number - 1);
}

static unsigned int index_of(nvmlDevice_t device) {
  return (unsigned int)(uintptr_t)device - 1;
}

EXPORT nvmlReturn_t nvmlSystemGetDriverVersion(char *version, unsigned int length) {
  if (ready_world() == NULL) {
    return NVML_ERROR_UNINITIALIZED;
  }
  if (version == NULL) {
    return NVML_ERROR_INVALID_ARGUMENT;
  }
  return snprintf(version, length, "550.54.15") < (int)length ? NVML_SUCCESS : NVML_ERROR_INSUFFICIENT_SIZE;
}

EXPORT nvmlReturn_t nvmlDeviceGetCount_v2(unsigned int *count) {
  struct world *world = ready_world();
  if (world == NULL) {
    return NVML_ERROR_UNINITIALIZED;
  }
  if (count == NULL) {
    return NVML_ERROR_INVALID_ARGUMENT;
  }
  *count = cards(world);
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvmlDevice_t *device) {
  struct world *world = ready_world();
  if (world == NULL) {
    return NVML_ERROR_UNINITIALIZED;
  }
  if (index >= cards(world) || device == NULL) {
    return NVML_ERROR_INVALID_ARGUMENT;
  }
  nvmlReturn_t answer = called(world, index);
  if (answer == NVML_ERROR_GPU_IS_LOST || answer == NVML_ERROR_TIMEOUT) {
    return answer;
  }
  *device = (nvmlDevice_t)(uintptr_t)(index + 1);
  return NVML_SUCCESS;
}

static int uuid_of(unsigned int index, char *text, size_t length) {
  return snprintf(text, length, "GPU-00000000-4865-6c69-6f73-%012u", index);
}

EXPORT nvmlReturn_t nvmlDeviceGetHandleByUUID(const char *uuid, nvmlDevice_t *device) {
  struct world *world = ready_world();
  if (world == NULL) {
    return NVML_ERROR_UNINITIALIZED;
  }
  if (uuid == NULL || device == NULL) {
    return NVML_ERROR_INVALID_ARGUMENT;
  }
  static const char prefix[] = "GPU-00000000-4865-6c69-6f73-";
  char known[80];
  char *end = NULL;
  if (strncmp(uuid, prefix, sizeof prefix - 1) != 0) {
    return NVML_ERROR_NOT_FOUND;
  }
  unsigned long index = strtoul(uuid + sizeof prefix - 1, &end, 10);
  if (index >= cards(world) || *end != 0) {
    return NVML_ERROR_NOT_FOUND;
  }
  uuid_of((unsigned int)index, known, sizeof known);
  return strcmp(known, uuid) == 0 ? nvmlDeviceGetHandleByIndex_v2((unsigned int)index, device) : NVML_ERROR_NOT_FOUND;
}

static nvmlReturn_t fits(int written, unsigned int length) {
  return written >= 0 && (unsigned int)written < length ? NVML_SUCCESS : NVML_ERROR_INSUFFICIENT_SIZE;
}

#define CARD_OR_RETURN(device)                                                                                         \
  struct world_card *card;                                                                                             \
  nvmlReturn_t answer = card_of(device, &card);                                                                        \
  if (answer != NVML_SUCCESS) {                                                                                        \
    return answer;                                                                                                     \
  }

#define NOT_NULL(pointer)                                                                                              \
  if ((pointer) == NULL) {                                                                                             \
    return NVML_ERROR_INVALID_ARGUMENT;                                                                                \
  }

EXPORT nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t device, char *name, unsigned int length) {
  NOT_NULL(name);
  CARD_OR_RETURN(device);
  return fits(snprintf(name, length, "Heliostat rig card"), length);
}

EXPORT nvmlReturn_t nvmlDeviceGetSerial(nvmlDevice_t device, char *serial, unsigned int length) {
  NOT_NULL(serial);
  CARD_OR_RETURN(device);
  return fits(snprintf(serial, length, "RIG%04u", index_of(device)), length);
}

EXPORT nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t device, char *uuid, unsigned int length) {
  NOT_NULL(uuid);
  CARD_OR_RETURN(device);
  return fits(uuid_of(index_of(device), uuid, length), length);
}

EXPORT nvmlReturn_t nvmlDeviceGetPciInfo_v3(nvmlDevice_t device, nvmlPciInfo_t *pci) {
  NOT_NULL(pci);
  CARD_OR_RETURN(device);
  /* card n sits at bus n + 1; 255 of them are a domain's; see sysfs.c */
  unsigned int place = index_of(device) + 1;
  memset(pci, 0, sizeof *pci);
  pci->domain = place >> 8;
  pci->bus = place & 0xff;
  pci->device = 0;
  pci->pciDeviceId = 0x26b910de;
  pci->pciSubSystemId = 0x0001484c;
  snprintf(pci->busIdLegacy, sizeof pci->busIdLegacy, "%04X:%02X:00.0", pci->domain & 0xffff, pci->bus);
  snprintf(pci->busId, sizeof pci->busId, "%08X:%02X:00.0", pci->domain, pci->bus);
  return NVML_SUCCESS;
}

static int degrees(const struct world_card *card) {
  int64_t micro = load(&card->microcelsius);
  return (int)((micro >= 0 ? micro + 500000 : micro - 500000) / 1000000);
}

EXPORT nvmlReturn_t nvmlDeviceGetTemperature(nvmlDevice_t device, int sensor, unsigned int *celsius) {
  NOT_NULL(celsius);
  CARD_OR_RETURN(device);
  if (sensor != 0) {
    return NVML_ERROR_INVALID_ARGUMENT;
  }
  *celsius = (unsigned int)degrees(card);
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetTemperatureThreshold(nvmlDevice_t device, int threshold, unsigned int *celsius) {
  NOT_NULL(celsius);
  CARD_OR_RETURN(device);
  (void)card;
  switch (threshold) {
  case 0:
    *celsius = SHUTDOWN_CELSIUS;
    return NVML_SUCCESS;
  case 1:
    *celsius = SLOWDOWN_CELSIUS;
    return NVML_SUCCESS;
  case 3:
    *celsius = TARGET_CELSIUS;
    return NVML_SUCCESS;
  case 2: /* of the memory, which has no sensor */
  case 4:
  case 5:
  case 6:
  case 7:
    return NVML_ERROR_NOT_SUPPORTED;
  default:
    return NVML_ERROR_INVALID_ARGUMENT;
  }
}

EXPORT nvmlReturn_t nvmlDeviceGetMarginTemperature(nvmlDevice_t device, nvmlMarginTemperature_t *margin) {
  NOT_NULL(margin);
  if (margin->version != VERSIONED(nvmlMarginTemperature_t, 1U)) {
    return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
  }
  CARD_OR_RETURN(device);
  margin->marginTemperature = TARGET_CELSIUS - degrees(card);
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetPowerUsage(nvmlDevice_t device, unsigned int *milliwatts) {
  NOT_NULL(milliwatts);
  CARD_OR_RETURN(device);
  *milliwatts = (unsigned int)load(&card->milliwatts);
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetEnforcedPowerLimit(nvmlDevice_t device, unsigned int *milliwatts) {
  NOT_NULL(milliwatts);
  CARD_OR_RETURN(device);
  *milliwatts = (unsigned int)load(&card->limit_milliwatts);
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetPowerManagementLimitConstraints(nvmlDevice_t device, unsigned int *least,
                                                                 unsigned int *most) {
  NOT_NULL(least);
  NOT_NULL(most);
  CARD_OR_RETURN(device);
  *least = (unsigned int)load(&card->limit_least_milliwatts);
  *most = (unsigned int)load(&card->limit_most_milliwatts);
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceSetPowerManagementLimit(nvmlDevice_t device, unsigned int milliwatts) {
  CARD_OR_RETURN(device);
  if (milliwatts < (uint64_t)load(&card->limit_least_milliwatts) ||
      milliwatts > (uint64_t)load(&card->limit_most_milliwatts)) {
    return NVML_ERROR_INVALID_ARGUMENT;
  }
  store(&card->limit_milliwatts, milliwatts);
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetClockInfo(nvmlDevice_t device, int type, unsigned int *megahertz) {
  NOT_NULL(megahertz);
  CARD_OR_RETURN(device);
  switch (type) {
  case 0: /* graphics */
  case 1: /* streaming multiprocessors */
    *megahertz = (unsigned int)load(&card->clock_megahertz);
    return NVML_SUCCESS;
  case 2:
    *megahertz = (unsigned int)load(&card->memory_clock_megahertz);
    return NVML_SUCCESS;
  case 3:
    return NVML_ERROR_NOT_SUPPORTED;
  default:
    return NVML_ERROR_INVALID_ARGUMENT;
  }
}

EXPORT nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t *utilization) {
  NOT_NULL(utilization);
  CARD_OR_RETURN(device);
  int64_t total = load(&card->memory_total_bytes);
  utilization->gpu = (unsigned int)((load(&card->utilisation_permille) + 5) / 10);
  utilization->memory = total <= 0 ? 0 : (unsigned int)(load(&card->memory_used_bytes) * 100 / total);
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t *memory) {
  NOT_NULL(memory);
  CARD_OR_RETURN(device);
  memory->total = (unsigned long long)load(&card->memory_total_bytes);
  memory->used = (unsigned long long)load(&card->memory_used_bytes);
  memory->free = memory->total - memory->used;
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetMemoryInfo_v2(nvmlDevice_t device, nvmlMemory_v2_t *memory) {
  NOT_NULL(memory);
  if (memory->version != VERSIONED(nvmlMemory_v2_t, 2U)) {
    return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
  }
  CARD_OR_RETURN(device);
  memory->total = (unsigned long long)load(&card->memory_total_bytes);
  memory->reserved = 0;
  memory->used = (unsigned long long)load(&card->memory_used_bytes);
  memory->free = memory->total - memory->used;
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetTotalEccErrors(nvmlDevice_t device, int type, int counter, unsigned long long *count) {
  NOT_NULL(count);
  CARD_OR_RETURN(device);
  if (type < 0 || type > 1 || counter < 0 || counter > 1) {
    return NVML_ERROR_INVALID_ARGUMENT;
  }
  const int64_t *words[2][2] = {{&card->ecc_corrected, &card->ecc_corrected_ever},
                                {&card->ecc_uncorrected, &card->ecc_uncorrected_ever}};
  *count = (unsigned long long)load(words[type][counter]);
  return NVML_SUCCESS;
}

/* Cards that remap rows retire no pages. */
EXPORT nvmlReturn_t nvmlDeviceGetRetiredPages(nvmlDevice_t device, int cause, unsigned int *count,
                                              unsigned long long *addresses) {
  NOT_NULL(count);
  (void)addresses;
  CARD_OR_RETURN(device);
  (void)card;
  return cause < 0 || cause > 1 ? NVML_ERROR_INVALID_ARGUMENT : NVML_ERROR_NOT_SUPPORTED;
}

EXPORT nvmlReturn_t nvmlDeviceGetRetiredPagesPendingStatus(nvmlDevice_t device, int *pending) {
  NOT_NULL(pending);
  CARD_OR_RETURN(device);
  (void)card;
  return NVML_ERROR_NOT_SUPPORTED;
}

EXPORT nvmlReturn_t nvmlDeviceGetRemappedRows(nvmlDevice_t device, unsigned int *correctable, unsigned int *uncorrectable,
                                              unsigned int *pending, unsigned int *failed) {
  NOT_NULL(correctable);
  NOT_NULL(uncorrectable);
  NOT_NULL(pending);
  NOT_NULL(failed);
  CARD_OR_RETURN(device);
  *correctable = (unsigned int)load(&card->rows_correctable);
  *uncorrectable = (unsigned int)load(&card->rows_uncorrectable);
  *pending = (unsigned int)load(&card->rows_pending);
  *failed = 0;
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetCurrentClocksThrottleReasons(nvmlDevice_t device, unsigned long long *reasons) {
  NOT_NULL(reasons);
  CARD_OR_RETURN(device);
  *reasons = (unsigned long long)load(&card->throttle);
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v3(nvmlDevice_t device, unsigned int *count,
                                                            nvmlProcessInfo_t *infos) {
  NOT_NULL(count);
  CARD_OR_RETURN(device);
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
      infos[found].gpuInstanceId = NO_INSTANCE;
      infos[found].computeInstanceId = NO_INSTANCE;
    }
    found++;
  }
  *count = found;
  return found > room ? NVML_ERROR_INSUFFICIENT_SIZE : NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceSetCpuAffinity(nvmlDevice_t device) {
  CARD_OR_RETURN(device);
  int64_t pid = (int64_t)getpid();
  for (size_t i = 0; i < HOLDERS; i++) {
    if (load(&card->holders[i]) == pid) {
      return NVML_SUCCESS;
    }
  }
  for (size_t i = 0; i < HOLDERS; i++) {
    if (exchanged(&card->holders[i], 0, pid)) {
      added(&card->claims, 1);
      return NVML_SUCCESS;
    }
  }
  return NVML_ERROR_IN_USE;
}

/* ---- events ---- */

struct watched {
  unsigned int index;
  int64_t seen;
};

struct nvmlEventSet_st {
  pthread_mutex_t mutex;
  struct watched *cards;
  size_t count;
  size_t room;
  int64_t seen; /* of all cards */
};

EXPORT nvmlReturn_t nvmlEventSetCreate(nvmlEventSet_t *set) {
  NOT_NULL(set);
  struct world *world = ready_world();
  if (world == NULL) {
    return NVML_ERROR_UNINITIALIZED;
  }
  struct nvmlEventSet_st *made = calloc(1, sizeof *made);
  if (made == NULL) {
    return NVML_ERROR_MEMORY;
  }
  pthread_mutex_init(&made->mutex, NULL);
  made->seen = -1;
  *set = made;
  return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceRegisterEvents(nvmlDevice_t device, unsigned long long types, nvmlEventSet_t set) {
  NOT_NULL(set);
  CARD_OR_RETURN(device);
  if ((types & ~EVENT_XID) != 0) {
    return NVML_ERROR_NOT_SUPPORTED;
  }
  if (types == 0) {
    return NVML_SUCCESS;
  }
  nvmlReturn_t result = NVML_SUCCESS;
  pthread_mutex_lock(&set->mutex);
  int known = 0;
  for (size_t i = 0; i < set->count; i++) {
    known |= set->cards[i].index == index_of(device);
  }
  if (!known && set->count == set->room) {
    size_t room = set->room == 0 ? 8 : 2 * set->room;
    struct watched *larger = realloc(set->cards, room * sizeof *larger);
    if (larger == NULL) {
      result = NVML_ERROR_MEMORY;
    } else {
      set->cards = larger;
      set->room = room;
    }
  }
  if (!known && result == NVML_SUCCESS) {
    set->cards[set->count++] = (struct watched){.index = index_of(device), .seen = load(&card->xids)};
  }
  pthread_mutex_unlock(&set->mutex);
  return result;
}

/* The oldest event that was not given out yet, of a card of the set. */
static int next_event(struct world *world, nvmlEventSet_t set, nvmlEventData_t *data) {
  int64_t all = load(&world->header.xids);
  if (all == set->seen) {
    return 0;
  }
  for (size_t i = 0; i < set->count; i++) {
    struct watched *watched = &set->cards[i];
    if (watched->index >= cards(world)) {
      continue;
    }
    struct world_card *card = &world->cards[watched->index];
    int64_t count = load(&card->xids);
    if (count <= watched->seen) {
      watched->seen = count;
      continue;
    }
    watched->seen = count - watched->seen > 8 ? count - 8 : watched->seen;
    memset(data, 0, sizeof *data);
    data->device = (nvmlDevice_t)(uintptr_t)(watched->index + 1);
    data->eventType = EVENT_XID;
    data->eventData = (unsigned long long)load(&card->xid[watched->seen % 8]);
    data->gpuInstanceId = NO_INSTANCE;
    data->computeInstanceId = NO_INSTANCE;
    watched->seen++;
    return 1;
  }
  set->seen = all;
  return 0;
}

EXPORT nvmlReturn_t nvmlEventSetWait_v2(nvmlEventSet_t set, nvmlEventData_t *data, unsigned int timeout_ms) {
  NOT_NULL(set);
  NOT_NULL(data);
  int64_t until = host_now(CLOCK_MONOTONIC) + (int64_t)timeout_ms * MILLION;
  for (;;) {
    struct world *world = ready_world();
    if (world == NULL) {
      return NVML_ERROR_UNINITIALIZED;
    }
    pthread_mutex_lock(&set->mutex);
    int found = next_event(world, set, data);
    pthread_mutex_unlock(&set->mutex);
    if (found) {
      return NVML_SUCCESS;
    }
    int64_t left = until - host_now(CLOCK_MONOTONIC);
    if (left <= 0) {
      return NVML_ERROR_TIMEOUT;
    }
    host_sleep(left < 5 * MILLION ? left : 5 * MILLION);
  }
}

EXPORT nvmlReturn_t nvmlEventSetFree(nvmlEventSet_t set) {
  NOT_NULL(set);
  pthread_mutex_destroy(&set->mutex);
  free(set->cards);
  free(set);
  return NVML_SUCCESS;
}

EXPORT const char *nvmlErrorString(nvmlReturn_t result) {
  switch (result) {
  case NVML_SUCCESS:
    return "The operation was successful";
  case NVML_ERROR_UNINITIALIZED:
    return "Uninitialized";
  case NVML_ERROR_INVALID_ARGUMENT:
    return "Invalid Argument";
  case NVML_ERROR_NOT_SUPPORTED:
    return "Not Supported";
  case NVML_ERROR_NO_PERMISSION:
    return "Insufficient Permissions";
  case NVML_ERROR_NOT_FOUND:
    return "Not Found";
  case NVML_ERROR_INSUFFICIENT_SIZE:
    return "Insufficient Size";
  case NVML_ERROR_DRIVER_NOT_LOADED:
    return "Driver Not Loaded";
  case NVML_ERROR_TIMEOUT:
    return "Timeout";
  case NVML_ERROR_FUNCTION_NOT_FOUND:
    return "Function Not Found";
  case NVML_ERROR_GPU_IS_LOST:
    return "GPU is lost";
  case NVML_ERROR_IN_USE:
    return "In use by another client";
  case NVML_ERROR_MEMORY:
    return "Insufficient Memory";
  case NVML_ERROR_ARGUMENT_VERSION_MISMATCH:
    return "Argument version mismatch";
  default:
    return "Unknown Error";
  }
}
