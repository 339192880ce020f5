/* /dev/rtc0, a real-time clock in UTC (rtc(4)). */
#include "rig.h"

#include <linux/rtc.h>

static int64_t true_utc(struct world *world) {
  return mission_now(world) - world->header.mission_epoch_ns + world->header.utc_epoch_ns;
}

/* Days since 1970 of a date (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
static int64_t days_of(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2;
  int64_t era = (year >= 0 ? year : year - 399) / 400;
  int64_t of_era = year - era * 400;
  int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int rtc_ioctl(struct open_file *file, unsigned long request, void *argument) {
  struct world_header *header = &file->world->header;
  struct rtc_time *time = argument;
  switch (request) {
  case RTC_RD_TIME: {
    int64_t now = true_utc(file->world) + load(&header->rtc_offset_ns);
    time_t seconds = (time_t)(now < 0 ? 0 : now / NANOS);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    *time = (struct rtc_time){.tm_sec = parts.tm_sec,
                              .tm_min = parts.tm_min,
                              .tm_hour = parts.tm_hour,
                              .tm_mday = parts.tm_mday,
                              .tm_mon = parts.tm_mon,
                              .tm_year = parts.tm_year,
                              .tm_wday = parts.tm_wday,
                              .tm_yday = parts.tm_yday};
    return 0;
  }
  case RTC_SET_TIME: {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = time->tm_year + 1900;
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (time->tm_year < 70 || year > 2200 || time->tm_mon < 0 || time->tm_mon > 11 || time->tm_mday < 1 ||
        time->tm_mday > days[time->tm_mon] + (time->tm_mon == 1 && leap) || time->tm_hour < 0 || time->tm_hour > 23 ||
        time->tm_min < 0 || time->tm_min > 59 || time->tm_sec < 0 || time->tm_sec > 59) {
      return -EINVAL;
    }
    int64_t seconds = days_of(year, time->tm_mon + 1, time->tm_mday) * 86400 + time->tm_hour * 3600 + time->tm_min * 60 +
                      time->tm_sec;
    store(&header->rtc_offset_ns, seconds * NANOS - true_utc(file->world));
    return 0;
  }
  default:
    return -ENOTTY;
  }
}

static const struct file_kind rtc_kind = {.ioctl = rtc_ioctl};

int open_rtc(struct open_file *file, const char *path) {
  if (strcmp(path, "/dev/rtc0") != 0 && strcmp(path, "/dev/rtc") != 0) {
    return NOT_MINE;
  }
  if (file->world == NULL) {
    return -ENODEV;
  }
  file->kind = &rtc_kind;
  return 0;
}
