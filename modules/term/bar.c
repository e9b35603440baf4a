/* SPDX-License-Identifier: MIT */
#include "term/bar.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "term/text.h"

enum { NARROWEST = 8, WIDEST = 40 };

struct line {
  char *text;
  size_t size, room;
};

__attribute__((format(printf, 2, 3))) static void add(struct line *line, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int size = vsnprintf(line->text + line->size, line->room - line->size, format, args);
  va_end(args);
  size_t left = line->room - line->size - 1;
  if (size > 0) line->size += (size_t)size < left ? (size_t)size : left;
}

/* 1234567 as 1,234,567 */
static void add_count(struct line *line, uint64_t count) {
  if (count < 1000) {
    add(line, "%" PRIu64, count);
    return;
  }
  add_count(line, count / 1000);
  add(line, ",%03" PRIu64, count % 1000);
}

static void add_rate(struct line *line, const char *before, double rate) {
  add(line, "%s", before);
  if (rate >= 100)
    add_count(line, (uint64_t)(rate + 0.5));
  else
    add(line, "%.1f", rate);
  add(line, "/s");
}

static void add_clock(struct line *line, const char *before, double seconds) {
  uint64_t whole = (uint64_t)(seconds + 0.5);
  add(line, "%s", before);
  if (whole >= 3600)
    add(line, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64 " left", whole / 3600, whole / 60 % 60, whole % 60);
  else
    add(line, "%" PRIu64 ":%02" PRIu64 " left", whole / 60, whole % 60);
}

/* Rate, time left, volume and failures, as far as they are known. */
static void add_details(struct line *line, const struct hl_bar *bar, const char *comma, bool finished) {
  double rate = bar->seconds > 0 ? (double)bar->done / bar->seconds : 0;
  if (rate > 0) add_rate(line, comma, rate);
  if (bar->bytes && bar->seconds > 0) add(line, "%s%.1f MB/s", comma, (double)bar->bytes / 1e6 / bar->seconds);
  if (!finished && rate > 0 && bar->total > bar->done) add_clock(line, comma, (double)(bar->total - bar->done) / rate);
  if (!bar->failed) return;
  add(line, "%s", comma);
  add_count(line, bar->failed);
  add(line, " failed");
}

static void add_unit(struct line *line, const struct hl_bar *bar) {
  if (*bar->unit) add(line, " %s", bar->unit);
}

static void add_bar(struct line *line, const struct hl_bar *bar, size_t columns) {
  size_t filled = bar->done >= bar->total ? columns : (size_t)((double)columns * (double)bar->done / (double)bar->total);
  add(line, "[%.*s", (int)filled, "========================================");
  add(line, "%*s]", (int)(columns - filled), "");
}

void hl_bar_draw(char *text, size_t room, const struct hl_bar *bar, size_t columns) {
  char counts[256];
  struct line line = {text, 0, room}, right = {counts, 0, sizeof counts};
  add_count(&right, bar->done);
  if (bar->total) add(&right, "/");
  if (bar->total) add_count(&right, bar->total);
  add_unit(&right, bar);
  add_details(&right, bar, "  ", bar->done >= bar->total);
  add(&line, "%s ", bar->label);
  size_t taken = hl_text_width(bar->label, strlen(bar->label)) + hl_text_width(counts, right.size) + strlen(" [] ");
  if (bar->total && taken + NARROWEST <= columns) {
    add_bar(&line, bar, columns - taken < WIDEST ? columns - taken : WIDEST);
    add(&line, " ");
  }
  add(&line, "%s", counts);
  while (line.size > 0 && hl_text_width(text, line.size) > columns) text[--line.size] = '\0';
}

void hl_bar_tell(char *text, size_t room, const struct hl_bar *bar, int finished) {
  struct line line = {text, 0, room};
  add(&line, "%s: ", bar->label);
  add_count(&line, bar->done);
  if (bar->total && !finished) add(&line, " of ");
  if (bar->total && !finished) add_count(&line, bar->total);
  add_unit(&line, bar);
  if (finished) add(&line, " in %.1f s", bar->seconds);
  add_details(&line, bar, ", ", finished);
}
