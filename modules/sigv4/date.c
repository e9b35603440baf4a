/* SPDX-License-Identifier: MIT */
#include "sigv4/date.h"

#include <stdio.h>
#include <time.h>

void hl_date_write(int64_t time, char date[HL_DATE_SIZE]) {
  char text[32];
  struct tm tm;
  time_t seconds = (time_t)time;
  gmtime_r(&seconds, &tm);
  strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &tm);
  memcpy(date, text, HL_DATE_SIZE);
}

/* 0 for January, 12 for what is no month. */
static int month_of(const char *name) {
  static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  int month = 0;
  while (month < 12 && strcmp(months[month], name) != 0) month++;
  return month;
}

static bool read_http(const char *text, struct tm *tm) {
  char month[4];
  int fields = sscanf(text, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT", &tm->tm_mday, month, &tm->tm_year, &tm->tm_hour,
                      &tm->tm_min, &tm->tm_sec);
  tm->tm_mon = fields == 6 ? month_of(month) : 12;
  return tm->tm_mon < 12;
}

static bool read_iso(const char *text, const char *format, struct tm *tm) {
  int fields = sscanf(text, format, &tm->tm_year, &tm->tm_mon, &tm->tm_mday, &tm->tm_hour, &tm->tm_min, &tm->tm_sec);
  tm->tm_mon--;
  return fields == 6;
}

bool hl_date_read(struct hl_slice text, int64_t *time) {
  char copy[64] = {0};
  struct tm tm = {0};
  memcpy(copy, text.data, text.size < sizeof copy ? text.size : sizeof copy - 1);
  if (!read_http(copy, &tm) && !read_iso(copy, "%4d-%2d-%2dT%2d:%2d:%2d", &tm) && !read_iso(copy, "%4d%2d%2dT%2d%2d%2dZ", &tm))
    return false;
  tm.tm_year -= 1900;
  struct tm normal = tm;
  int64_t seconds = timegm(&normal);
  if (normal.tm_mday != tm.tm_mday || normal.tm_sec != tm.tm_sec || seconds < 0) return false; /* 31 February */
  *time = seconds;
  return true;
}
