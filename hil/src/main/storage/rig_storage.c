/*
 * A file system that passes everything on to a folder, and fails as the rig says: the disk of a flight that is to go wrong.
 *
 *   rig_storage CONTROL FOLDER MOUNTPOINT
 *
 * CONTROL is a file of two 64-bit words in the machine's byte order: what is wrong (below) and how much. Runs in the
 * foreground until SIGTERM, and ends by itself when its parent is gone. Needs libfuse 3.
 */
#define _GNU_SOURCE
#define FUSE_USE_VERSION 31
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum { WELL = 0, SLOW = 1, READ_ONLY = 2, FULL = 3, IO_ERROR = 4, HUNG = 5 };

static const volatile int64_t *control;
static int folder = -1;

static void pause_ms(int64_t ms) {
  struct timespec wait = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
  nanosleep(&wait, NULL);
}

/* Waits while the disk hangs; a process that is killed in the wait is let go. */
static int hangs(void) {
  while (__atomic_load_n(&control[0], __ATOMIC_ACQUIRE) == HUNG) {
    if (fuse_interrupted()) {
      return -EINTR;
    }
    pause_ms(20);
  }
  return 0;
}

/* What reading ends in. */
static int reading(void) {
  int error = hangs();
  return error != 0 ? error : __atomic_load_n(&control[0], __ATOMIC_ACQUIRE) == IO_ERROR ? -EIO : 0;
}

/* What changing something ends in; grows: whether it takes room. */
static int changing(int grows) {
  int error = reading();
  if (error != 0) {
    return error;
  }
  switch (__atomic_load_n(&control[0], __ATOMIC_ACQUIRE)) {
  case SLOW:
    pause_ms(__atomic_load_n(&control[1], __ATOMIC_ACQUIRE));
    return 0;
  case READ_ONLY:
    return -EROFS;
  case FULL:
    return grows ? -ENOSPC : 0;
  default:
    return 0;
  }
}

static const char *below(const char *path) { return path[1] == 0 ? "." : path + 1; }

static int answer(long result) { return result < 0 ? -errno : (int)result; }

static int on_getattr(const char *path, struct stat *info, struct fuse_file_info *file) {
  int error = hangs();
  if (error != 0) {
    return error;
  }
  return answer(file != NULL ? fstat((int)file->fh, info) : fstatat(folder, below(path), info, AT_SYMLINK_NOFOLLOW));
}

static int on_readdir(const char *path, void *buffer, fuse_fill_dir_t fill, off_t offset, struct fuse_file_info *file,
                      enum fuse_readdir_flags flags) {
  (void)offset;
  (void)file;
  (void)flags;
  int error = reading();
  if (error != 0) {
    return error;
  }
  int fd = openat(folder, below(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *open = fd < 0 ? NULL : fdopendir(fd);
  if (open == NULL) {
    error = -errno;
    if (fd >= 0) {
      close(fd);
    }
    return error;
  }
  for (struct dirent *entry = readdir(open); entry != NULL; entry = readdir(open)) {
    fill(buffer, entry->d_name, NULL, 0, 0);
  }
  closedir(open);
  return 0;
}

static int opened(const char *path, int flags, mode_t mode, struct fuse_file_info *file) {
  int writes = (flags & O_ACCMODE) != O_RDONLY;
  int error = writes ? changing((flags & O_CREAT) != 0) : reading();
  if (error != 0) {
    return error;
  }
  /* forced writing is asked for by fsync; a descriptor that forces each write would hide which call failed */
  int fd = openat(folder, below(path), (flags & ~(O_NOFOLLOW | O_DIRECT)) | O_CLOEXEC, mode);
  if (fd < 0) {
    return -errno;
  }
  file->fh = (uint64_t)fd;
  return 0;
}

static int on_open(const char *path, struct fuse_file_info *file) { return opened(path, file->flags, 0, file); }

static int on_create(const char *path, mode_t mode, struct fuse_file_info *file) {
  return opened(path, file->flags | O_CREAT, mode, file);
}

static int on_read(const char *path, char *buffer, size_t size, off_t offset, struct fuse_file_info *file) {
  (void)path;
  int error = reading();
  return error != 0 ? error : answer(pread((int)file->fh, buffer, size, offset));
}

static int on_write(const char *path, const char *buffer, size_t size, off_t offset, struct fuse_file_info *file) {
  (void)path;
  int error = changing(1);
  return error != 0 ? error : answer(pwrite((int)file->fh, buffer, size, offset));
}

static int on_fsync(const char *path, int data, struct fuse_file_info *file) {
  (void)path;
  int error = reading();
  return error != 0 ? error : answer(data ? fdatasync((int)file->fh) : fsync((int)file->fh));
}

static int on_fsyncdir(const char *path, int data, struct fuse_file_info *file) {
  (void)data;
  (void)file;
  int error = reading();
  if (error != 0) {
    return error;
  }
  int fd = openat(folder, below(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    return -errno;
  }
  error = answer(fsync(fd));
  close(fd);
  return error;
}

static int on_release(const char *path, struct fuse_file_info *file) {
  (void)path;
  close((int)file->fh);
  return 0;
}

static int on_truncate(const char *path, off_t size, struct fuse_file_info *file) {
  struct stat info;
  int grows = fstatat(folder, below(path), &info, AT_SYMLINK_NOFOLLOW) == 0 && size > info.st_size;
  int error = changing(grows);
  if (error != 0) {
    return error;
  }
  if (file != NULL) {
    return answer(ftruncate((int)file->fh, size));
  }
  int fd = openat(folder, below(path), O_WRONLY | O_CLOEXEC);
  if (fd < 0) {
    return -errno;
  }
  error = answer(ftruncate(fd, size));
  close(fd);
  return error;
}

static int on_unlink(const char *path) {
  int error = changing(0);
  return error != 0 ? error : answer(unlinkat(folder, below(path), 0));
}

static int on_rmdir(const char *path) {
  int error = changing(0);
  return error != 0 ? error : answer(unlinkat(folder, below(path), AT_REMOVEDIR));
}

static int on_mkdir(const char *path, mode_t mode) {
  int error = changing(1);
  return error != 0 ? error : answer(mkdirat(folder, below(path), mode));
}

static int on_rename(const char *from, const char *to, unsigned int flags) {
  int error = changing(0);
  return error != 0 ? error : answer(renameat2(folder, below(from), folder, below(to), flags));
}

static int on_chmod(const char *path, mode_t mode, struct fuse_file_info *file) {
  (void)file;
  int error = changing(0);
  return error != 0 ? error : answer(fchmodat(folder, below(path), mode, 0));
}

static int on_utimens(const char *path, const struct timespec times[2], struct fuse_file_info *file) {
  (void)file;
  int error = changing(0);
  return error != 0 ? error : answer(utimensat(folder, below(path), times, AT_SYMLINK_NOFOLLOW));
}

static int on_statfs(const char *path, struct statvfs *info) {
  (void)path;
  int error = hangs();
  if (error == 0) {
    error = answer(fstatvfs(folder, info));
  }
  if (error == 0 && __atomic_load_n(&control[0], __ATOMIC_ACQUIRE) == FULL) {
    info->f_bfree = 0;
    info->f_bavail = 0;
  }
  return error;
}

/* libfuse wakes a waiting thread with it; the handler it would set has come too late by the time of on_init */
static void on_interrupt(int number) { (void)number; }

static void *on_init(struct fuse_conn_info *connection, struct fuse_config *config) {
  (void)connection;
  /*
   * What a folder and a name hold is answered from no cache. What a file that is open holds may be: the flight maps files,
   * which direct I/O forbids, so reading again what was read or written fails only once the file was opened anew.
   */
  config->direct_io = 0;
  config->entry_timeout = 0;
  config->attr_timeout = 0;
  config->negative_timeout = 0;
  config->use_ino = 1;
  config->intr = 1;
  config->intr_signal = SIGUSR1;
  return NULL;
}

static const struct fuse_operations operations = {
    .init = on_init,
    .getattr = on_getattr,
    .readdir = on_readdir,
    .open = on_open,
    .create = on_create,
    .read = on_read,
    .write = on_write,
    .fsync = on_fsync,
    .fsyncdir = on_fsyncdir,
    .release = on_release,
    .truncate = on_truncate,
    .unlink = on_unlink,
    .rmdir = on_rmdir,
    .mkdir = on_mkdir,
    .rename = on_rename,
    .chmod = on_chmod,
    .utimens = on_utimens,
    .statfs = on_statfs,
};

int main(int count, char **arguments) {
  if (count != 4) {
    fprintf(stderr, "usage: %s CONTROL FOLDER MOUNTPOINT\n", arguments[0]);
    return 2;
  }
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  struct sigaction waking = {.sa_handler = on_interrupt};
  sigaction(SIGUSR1, &waking, NULL);
  int fd = open(arguments[1], O_RDONLY | O_CLOEXEC);
  struct stat info;
  if (fd < 0 || fstat(fd, &info) != 0 || info.st_size != 2 * sizeof(int64_t)) {
    fprintf(stderr, "%s: not a control file\n", arguments[1]);
    return 2;
  }
  void *mapped = mmap(NULL, 2 * sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  folder = open(arguments[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (mapped == MAP_FAILED || folder < 0) {
    perror(arguments[2]);
    return 2;
  }
  control = mapped;
  char *options[] = {arguments[0], "-f", "-o", "fsname=heliostat-rig,auto_unmount,max_threads=64", arguments[3]};
  return fuse_main(5, options, &operations, NULL);
}
