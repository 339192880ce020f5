/*
 * Devices that send by themselves: two navigation receivers on serial lines, and the platform's CAN bus. The rig writes
 * what they send into rings; a reader that opens a line gets what is sent from then on, and one that is too slow loses
 * the oldest, as with the kernel's buffers.
 */
#include "rig.h"

#include <linux/can.h>
#include <linux/can/raw.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define TAIL 0
#define BUFFERED 4096 /* bytes that the kernel keeps for a reader */

static int64_t unread(struct open_file *file) {
  int64_t head = load(&file->world->streams[file->number].head);
  if (head - file->state[TAIL] > BUFFERED) {
    file->state[TAIL] = head - BUFFERED;
  }
  return head - file->state[TAIL];
}

/* At most so many bytes; what the rig overwrites meanwhile is not given out. */
static size_t take(struct open_file *file, void *buffer, size_t count) {
  struct world_stream *stream = &file->world->streams[file->number];
  const unsigned char *ring = (const unsigned char *)stream->ring;
  for (;;) {
    int64_t waiting = unread(file);
    size_t given = (int64_t)count < waiting ? count : (size_t)waiting;
    int64_t tail = file->state[TAIL];
    for (size_t i = 0; i < given; i++) {
      ((unsigned char *)buffer)[i] = ring[(tail + (int64_t)i) % RING_BYTES];
    }
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (load(&stream->head) - tail <= RING_BYTES) {
      file->state[TAIL] = tail + (int64_t)given;
      return given;
    }
  }
}

static int is_open(struct open_file *file, const struct file_kind *kind) {
  return __atomic_load_n(&file->kind, __ATOMIC_RELAXED) == kind;
}

/* ---- serial lines ---- */

static const struct file_kind serial_kind;

static ssize_t serial_read(struct open_file *file, void *buffer, size_t count, int64_t offset) {
  if (offset >= 0) {
    return -ESPIPE;
  }
  if (count == 0) {
    return 0;
  }
  while (unread(file) == 0) {
    if ((file->flags & O_NONBLOCK) != 0) {
      return -EAGAIN;
    }
    host_sleep(2 * MILLION);
    if (!is_open(file, &serial_kind)) {
      return -EBADF;
    }
  }
  return (ssize_t)take(file, buffer, count);
}

static ssize_t serial_write(struct open_file *file, const void *buffer, size_t count) {
  (void)file;
  (void)buffer;
  return (ssize_t)count; /* the receivers of the rig need no setting up, and take it */
}

static short serial_ready(struct open_file *file) {
  return (short)(POLLOUT | (unread(file) > 0 ? POLLIN : 0));
}

/* struct termios (TCGETS: 36 bytes) and struct termios2 (TCGETS2: 44 bytes) of the kernel. */
static int serial_ioctl(struct open_file *file, unsigned long request, void *argument) {
  switch (request) {
  case 0x5401: /* TCGETS */
    memcpy(argument, file->bytes, 36);
    return 0;
  case 0x5402: /* TCSETS, TCSETSW, TCSETSF */
  case 0x5403:
  case 0x5404:
    memcpy(file->bytes, argument, 36);
    return 0;
  case 0x802c542a: /* TCGETS2 */
    memcpy(argument, file->bytes, 44);
    return 0;
  case 0x402c542b: /* TCSETS2, TCSETSW2, TCSETSF2 */
  case 0x402c542c:
  case 0x402c542d:
    memcpy(file->bytes, argument, 44);
    return 0;
  case 0x540b: /* TCFLSH */
    file->state[TAIL] = load(&file->world->streams[file->number].head);
    return 0;
  case 0x541b: /* FIONREAD */
    *(int *)argument = (int)unread(file);
    return 0;
  case 0x540c: /* TIOCEXCL, TIOCNXCL */
  case 0x540d:
    return 0;
  default:
    return -ENOTTY;
  }
}

static const struct file_kind serial_kind = {
    .read = serial_read, .write = serial_write, .ioctl = serial_ioctl, .ready = serial_ready};

int open_serial(struct open_file *file, const char *path) {
  int64_t number;
  if (strcmp(path, "/dev/ttyS1") == 0) {
    number = STREAM_GNSS;
  } else if (strcmp(path, "/dev/ttyS2") == 0) {
    number = STREAM_GNSS2;
  } else {
    return NOT_MINE;
  }
  if (file->world == NULL) {
    return -ENODEV;
  }
  file->kind = &serial_kind;
  file->number = number;
  file->state[TAIL] = load(&file->world->streams[number].head);
  return 0;
}

/* ---- CAN ---- */

#define BOUND 1
#define FILTERS 2 /* -1: none was set, all frames pass */
#define FILTER 3  /* two words each */
#define MOST_FILTERS 16
#define INTERFACE 3
#define FRAME ((int64_t)sizeof(struct can_frame))

_Static_assert(sizeof(struct can_frame) == 16, "as in linux/can.h");

static int passes(struct open_file *file, canid_t id) {
  if (file->state[FILTERS] < 0) {
    return 1;
  }
  for (int64_t i = 0; i < file->state[FILTERS]; i++) {
    canid_t wanted = (canid_t)file->state[FILTER + 2 * i];
    canid_t mask = (canid_t)file->state[FILTER + 2 * i + 1];
    int same = (id & mask & ~CAN_INV_FILTER) == (wanted & mask & ~CAN_INV_FILTER);
    if (same != ((wanted & CAN_INV_FILTER) != 0)) {
      return 1;
    }
  }
  return 0;
}

/* Drops the frames that do not pass; whether one that does is there. */
static int next_frame(struct open_file *file, struct can_frame *frame) {
  while (file->state[BOUND] != 0 && unread(file) >= FRAME) {
    int64_t tail = file->state[TAIL];
    file->state[TAIL] = tail + (FRAME - tail % FRAME) % FRAME;
    if (take(file, frame, (size_t)FRAME) == (size_t)FRAME && passes(file, frame->can_id)) {
      return 1;
    }
  }
  return 0;
}

static ssize_t can_read(struct open_file *file, void *buffer, size_t count, int64_t offset) {
  if (offset >= 0) {
    return -ESPIPE;
  }
  struct can_frame frame;
  while (!next_frame(file, &frame)) {
    if ((file->flags & O_NONBLOCK) != 0) {
      return -EAGAIN;
    }
    host_sleep(2 * MILLION);
  }
  size_t given = count < sizeof frame ? count : sizeof frame;
  memcpy(buffer, &frame, given);
  return (ssize_t)given;
}

static ssize_t can_write(struct open_file *file, const void *buffer, size_t count) {
  struct can_frame frame;
  if (count != sizeof frame) {
    return -EINVAL;
  }
  if (file->state[BOUND] == 0) {
    return -ENXIO;
  }
  memcpy(&frame, buffer, sizeof frame);
  if (frame.can_dlc > CAN_MAX_DLEN) {
    return -EINVAL;
  }
  struct world_header *header = &file->world->header;
  int64_t place = (added(&header->commands, 1) - 1) % 16;
  int64_t data = 0;
  for (int i = 0; i < frame.can_dlc; i++) {
    data |= (int64_t)((uint64_t)frame.data[i] << 8 * i);
  }
  store(&header->command_id[place], 0);
  store(&header->command_data[place], data);
  store(&header->command_length[place], frame.can_dlc);
  store(&header->command_id[place], (int64_t)frame.can_id);
  return (ssize_t)count;
}

static short can_ready(struct open_file *file) {
  /* a look that does not take: the frame is put back by setting the tail */
  struct can_frame frame;
  int ready = next_frame(file, &frame);
  if (ready) {
    file->state[TAIL] -= FRAME;
  }
  return (short)(POLLOUT | (ready ? POLLIN : 0));
}

static int can_ioctl(struct open_file *file, unsigned long request, void *argument) {
  (void)file;
  if (request != SIOCGIFINDEX) {
    return -ENOTTY;
  }
  struct ifreq *wanted = argument;
  if (strncmp(wanted->ifr_name, "can0", IFNAMSIZ) != 0) {
    return -ENODEV;
  }
  wanted->ifr_ifindex = INTERFACE;
  return 0;
}

static int can_bind(struct open_file *file, const void *address, unsigned int length) {
  struct sockaddr_can wanted;
  memset(&wanted, 0, sizeof wanted);
  if (length < 8) {
    return -EINVAL;
  }
  memcpy(&wanted, address, length < sizeof wanted ? length : sizeof wanted);
  if (wanted.can_family != AF_CAN) {
    return -EINVAL;
  }
  if (wanted.can_ifindex != INTERFACE && wanted.can_ifindex != 0) {
    return -ENODEV;
  }
  file->state[TAIL] = load(&file->world->streams[STREAM_CAN].head);
  file->state[BOUND] = 1;
  return 0;
}

static int can_option(struct open_file *file, int level, int name, const void *value, unsigned int length) {
  if (level == SOL_SOCKET) {
    return 0; /* buffers and time stamps: there is nothing to set */
  }
  if (level != SOL_CAN_RAW) {
    return -ENOPROTOOPT;
  }
  if (name != CAN_RAW_FILTER) {
    return 0;
  }
  if (length % sizeof(struct can_filter) != 0 || length / sizeof(struct can_filter) > MOST_FILTERS) {
    return -EINVAL;
  }
  struct can_filter filters[MOST_FILTERS];
  if (length > 0) {
    memcpy(filters, value, length);
  }
  file->state[FILTERS] = (int64_t)(length / sizeof(struct can_filter));
  for (int64_t i = 0; i < file->state[FILTERS]; i++) {
    file->state[FILTER + 2 * i] = (int64_t)filters[i].can_id;
    file->state[FILTER + 2 * i + 1] = (int64_t)filters[i].can_mask;
  }
  return 0;
}

static const struct file_kind can_kind = {.read = can_read,
                                          .write = can_write,
                                          .ready = can_ready,
                                          .ioctl = can_ioctl,
                                          .bind = can_bind,
                                          .option = can_option};

int open_can(struct open_file *file, int domain, int type, int protocol) {
  if (domain != AF_CAN || (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != SOCK_RAW || protocol != CAN_RAW) {
    return -EACCES;
  }
  if (file->world == NULL) {
    return -ENODEV;
  }
  file->kind = &can_kind;
  file->number = STREAM_CAN;
  file->flags = (type & SOCK_NONBLOCK) != 0 ? O_NONBLOCK : 0;
  file->state[FILTERS] = -1;
  return 0;
}
