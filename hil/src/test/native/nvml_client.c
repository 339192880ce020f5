/*
 * A client of NVML that knows nothing of the rig: it declares what it needs by itself, as nvml.h has it, loads the library
 * that the first argument names, and prints a line for each answer. What it expects stands in NvmlAbiTest.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void *device_t;

struct memory_v2 {
  unsigned int version;
  unsigned long long total, reserved, free, used;
};

struct margin {
  unsigned int version;
  int margin;
};

struct pci {
  char legacy[16];
  unsigned int domain, bus, device, id, subsystem;
  char bus_id[32];
};

struct event {
  device_t device;
  unsigned long long type, data;
  unsigned int gpu_instance, compute_instance;
};

struct process {
  unsigned int pid;
  unsigned long long memory;
  unsigned int gpu_instance, compute_instance;
};

/* A canary behind each structure tells when the library writes more than the structure holds. */
#define GUARDED(type) struct { type value; unsigned char canary[32]; }

static void *library;

static void *call(const char *name) {
  void *found = dlsym(library, name);
  if (found == NULL) {
    printf("missing %s\n", name);
    exit(1);
  }
  return found;
}

static void whole(const unsigned char *canary, const char *what) {
  for (int i = 0; i < 32; i++) {
    if (canary[i] != 0xa5) {
      printf("%s: written behind its end\n", what);
      exit(1);
    }
  }
}

int main(int count, char **arguments) {
  library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
  if (count < 2 || library == NULL) {
    printf("cannot load: %s\n", dlerror());
    return 1;
  }
  printf("sizes %zu %zu %zu %zu %zu\n", sizeof(struct memory_v2), sizeof(struct margin), sizeof(struct pci),
         sizeof(struct event), sizeof(struct process));
  int (*init)(void) = call("nvmlInit_v2");
  int (*handle)(unsigned int, device_t *) = call("nvmlDeviceGetHandleByIndex_v2");
  device_t card = NULL;
  printf("before init %d\n", handle(0, &card));
  printf("init %d\n", init());
  unsigned int number = 0;
  int (*devices)(unsigned int *) = call("nvmlDeviceGetCount_v2");
  int answer = devices(&number);
  printf("count %d %u\n", answer, number);
  answer = handle(1, &card);
  printf("handle %d beyond %d\n", answer, handle(2, &card));
  handle(1, &card);

  GUARDED(struct memory_v2) memory;
  memset(&memory, 0xa5, sizeof memory);
  int (*memory_v2)(device_t, struct memory_v2 *) = call("nvmlDeviceGetMemoryInfo_v2");
  memory.value.version = 0x02000000U | 40U;
  answer = memory_v2(card, &memory.value);
  whole(memory.canary, "memory");
  printf("memory %d %llu %llu %llu\n", answer, memory.value.total, memory.value.reserved,
         memory.value.total - memory.value.free - memory.value.used);
  memory.value.version = 0x01000000U | 24U;
  printf("memory of another version %d\n", memory_v2(card, &memory.value));

  GUARDED(struct margin) margin;
  memset(&margin, 0xa5, sizeof margin);
  int (*margin_of)(device_t, struct margin *) = call("nvmlDeviceGetMarginTemperature");
  margin.value.version = 0x01000008U;
  answer = margin_of(card, &margin.value);
  whole(margin.canary, "margin");
  printf("margin %d %d\n", answer, margin.value.margin);
  margin.value.version = 8;
  printf("margin of another version %d\n", margin_of(card, &margin.value));

  GUARDED(struct pci) pci;
  memset(&pci, 0xa5, sizeof pci);
  int (*pci_info)(device_t, struct pci *) = call("nvmlDeviceGetPciInfo_v3");
  answer = pci_info(card, &pci.value);
  whole(pci.canary, "pci");
  printf("pci %d %s %s %u %u %u %x\n", answer, pci.value.legacy, pci.value.bus_id, pci.value.domain, pci.value.bus,
         pci.value.device, pci.value.id & 0xffff);

  unsigned int celsius = 0;
  int (*temperature)(device_t, int, unsigned int *) = call("nvmlDeviceGetTemperature");
  answer = temperature(card, 0, &celsius);
  printf("temperature %d %u wrong sensor %d\n", answer, celsius, temperature(card, 1, &celsius));
  int (*threshold)(device_t, int, unsigned int *) = call("nvmlDeviceGetTemperatureThreshold");
  unsigned int shutdown = 0, slowdown = 0;
  threshold(card, 0, &shutdown);
  threshold(card, 1, &slowdown);
  printf("thresholds %u %u none %d\n", shutdown, slowdown, threshold(card, 99, &celsius));

  int (*set_limit)(device_t, unsigned int) = call("nvmlDeviceSetPowerManagementLimit");
  int (*limit)(device_t, unsigned int *) = call("nvmlDeviceGetEnforcedPowerLimit");
  int (*constraints)(device_t, unsigned int *, unsigned int *) = call("nvmlDeviceGetPowerManagementLimitConstraints");
  unsigned int least = 0, most = 0, now = 0;
  constraints(card, &least, &most);
  answer = set_limit(card, 40000);
  limit(card, &now);
  printf("limit %u %u set %d %u too much %d\n", least, most, answer, now, set_limit(card, most + 1));

  unsigned long long errors = 77;
  int (*ecc)(device_t, int, int, unsigned long long *) = call("nvmlDeviceGetTotalEccErrors");
  answer = ecc(card, 0, 1, &errors);
  printf("ecc %d %llu", answer, errors);
  answer = ecc(card, 1, 0, &errors);
  printf(" %d %llu\n", answer, errors);
  unsigned int pages = 0;
  int (*retired)(device_t, int, unsigned int *, unsigned long long *) = call("nvmlDeviceGetRetiredPages");
  printf("retired pages %d\n", retired(card, 0, &pages, NULL));
  unsigned int rows[4] = {9, 9, 9, 9};
  int (*remapped)(device_t, unsigned int *, unsigned int *, unsigned int *, unsigned int *) =
      call("nvmlDeviceGetRemappedRows");
  answer = remapped(card, rows, rows + 1, rows + 2, rows + 3);
  printf("rows %d %u %u %u %u\n", answer, rows[0], rows[1], rows[2], rows[3]);

  void *set = NULL;
  int (*create)(void **) = call("nvmlEventSetCreate");
  int (*registered)(device_t, unsigned long long, void *) = call("nvmlDeviceRegisterEvents");
  int (*wait)(void *, struct event *, unsigned int) = call("nvmlEventSetWait_v2");
  int (*release)(void *) = call("nvmlEventSetFree");
  GUARDED(struct event) event;
  memset(&event, 0xa5, sizeof event);
  answer = create(&set);
  printf("events %d %d other %d", answer, registered(card, 8, set), registered(card, 16, set));
  printf(" none %d\n", wait(set, &event.value, 0));
  fflush(stdout);
  char line[16];
  if (fgets(line, sizeof line, stdin) == NULL) {
    return 1;
  }
  answer = wait(set, &event.value, 1000);
  whole(event.canary, "event");
  printf("event %d %d %llu %llu %x\n", answer, event.value.device == card, event.value.type, event.value.data,
         event.value.gpu_instance);
  printf("free %d\n", release(set));
  fflush(stdout);
  if (fgets(line, sizeof line, stdin) == NULL) {
    return 1;
  }
  /* the card hangs: this call comes back when the other end says so */
  printf("hung %d\n", temperature(card, 0, &celsius));
  fflush(stdout);
  return 0;
}
