/* SPDX-License-Identifier: MIT */
#include "image/check.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "image/decode.h"
#include "image/jpeg.h"
#include "image/png.h"
#include "image/sniff.h"

/* A cut-off copy ends in whole blocks of zeros; an undamaged image ends in a CRC or a marker. */
enum { TELLING_ZEROS = 64 };

const struct hl_limits hl_titan_limits = {
    .bytes = 5000000, .min_side = 128, .max_side = 4096, .pixels = 12528912, .aspect = 4, .inference_pixels = 2048 * 2048};

static void check_extension(const char *name, enum hl_format format, struct hl_report *report) {
  const char *dot = name ? strrchr(name, '.') : NULL;
  if (!dot) return;
  bool says_png = strcasecmp(dot, ".png") == 0, says_jpeg = strcasecmp(dot, ".jpg") == 0 || strcasecmp(dot, ".jpeg") == 0;
  if (format == HL_PNG && says_jpeg) hl_report_problem(report, "wrong-extension", "it is a PNG, but its name ends in %s", dot);
  if (format == HL_JPEG && says_png) hl_report_problem(report, "wrong-extension", "it is a JPEG, but its name ends in %s", dot);
}

static void check_sides(const struct hl_limits *limits, struct hl_report *report) {
  unsigned width = report->width, height = report->height, shorter = width < height ? width : height,
           longer = width < height ? height : width;
  if (limits->min_side && shorter < limits->min_side)
    hl_report_problem(report, "too-small", "%u x %u: no side may be below %llu pixels", width, height,
                      (unsigned long long)limits->min_side);
  if (limits->max_side && longer > limits->max_side)
    hl_report_problem(report, "too-wide", "%u x %u: no side may exceed %llu pixels", width, height,
                      (unsigned long long)limits->max_side);
  if (limits->aspect > 0 && longer > limits->aspect * shorter)
    hl_report_problem(report, "aspect", "%u x %u: one side may be %g times the other at most", width, height, limits->aspect);
}

static void check_limits(const struct hl_limits *limits, struct hl_report *report) {
  uint64_t pixels = (uint64_t)report->width * report->height;
  if (limits->bytes && report->bytes > limits->bytes)
    hl_report_problem(report, "too-large", "%llu bytes: %llu are allowed", (unsigned long long)report->bytes,
                      (unsigned long long)limits->bytes);
  if (!pixels || pixels > HL_IMAGE_MAX_PIXELS) return; /* unknown, or a bomb and told so */
  check_sides(limits, report);
  if (limits->pixels && pixels > limits->pixels)
    hl_report_problem(report, "too-many-pixels", "%llu pixels: %llu are allowed", (unsigned long long)pixels,
                      (unsigned long long)limits->pixels);
  else if (limits->inference_pixels && pixels > limits->inference_pixels)
    hl_report_warning(report, "inference-pixels", "%llu pixels: an embedding is made of %llu at most", (unsigned long long)pixels,
                      (unsigned long long)limits->inference_pixels);
}

/* Damage in a file that ends in zeros has one cause, whatever the parser tripped over. */
static void blame_zeros(const uint8_t *bytes, size_t size, struct hl_report *report) {
  size_t zeros = hl_zero_tail(bytes, size);
  if (zeros < TELLING_ZEROS || report->count == 0 || report->findings[0].is_warning) return;
  if (strcmp(report->findings[0].code, "trailing-bytes") == 0) return;
  hl_report_supersede(report, "zero-tail", "the last %zu bytes are zeros, as an unfinished copy leaves them (%s)", zeros,
                      report->findings[0].message);
}

void hl_image_check_bytes(const char *name, const uint8_t *bytes, size_t size, const struct hl_limits *limits,
                          struct hl_scratch *scratch, struct hl_report *report) {
  enum hl_format format;
  struct hl_error err;
  report->bytes = size;
  if (!hl_sniff(bytes, size, &format, &err)) {
    hl_report_defect(report, &err);
    return;
  }
  if (format == HL_PNG)
    hl_png_check(bytes, size, limits->container_only, scratch, report);
  else
    hl_jpeg_check(bytes, size, limits->container_only, report);
  blame_zeros(bytes, size, report);
  check_extension(name, format, report);
  check_limits(limits, report);
}

void hl_image_check(const char *path, const struct hl_limits *limits, struct hl_scratch *scratch, struct hl_report *report) {
  size_t size;
  struct hl_error err;
  if (hl_image_read(path, scratch, &size, &err))
    hl_image_check_bytes(path, scratch->file.data, size, limits, scratch, report);
  else
    hl_report_problem(report, "unreadable", "%s", err.message);
}

bool hl_image_info(const uint8_t *bytes, size_t size, struct hl_report *report, struct hl_error *err) {
  enum hl_format format;
  report->bytes = size;
  if (!hl_sniff(bytes, size, &format, err)) return false;
  return format == HL_PNG ? hl_png_info(bytes, size, report, err) : hl_jpeg_info(bytes, size, report, err);
}
