/* SPDX-License-Identifier: MIT
 *
 * What a check says about one image. A defect that a parser meets is a struct hl_error of kind "integrity" whose code is one of
 * the problem codes that image.meta.lua lists; a report collects defects and warnings.
 */
#ifndef HILUM_IMAGE_REPORT_H
#define HILUM_IMAGE_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

struct hl_finding {
  char *code;
  char *message;
  bool is_warning;
};

struct hl_report {
  const char *format; /* "png", "jpeg", NULL when it is neither */
  const char *mode;   /* "gray", "gray+alpha", "rgb", "rgba", "palette", "cmyk"; NULL when unknown */
  uint32_t width, height;
  unsigned bits, channels; /* bits a sample */
  uint64_t bytes;          /* size of the file */
  struct hl_finding *findings;
  size_t count;
  bool out_of_memory; /* a finding could not be kept: the report must not be used */
};

/* Fills err with a defect and returns false, so that `return hl_defect(err, …)` ends a failing parser. */
bool hl_defect(struct hl_error *err, const char *code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The one failure of a parser that is no defect of the image. Fills err and returns false. */
bool hl_no_memory(struct hl_error *err);

void hl_report_problem(struct hl_report *report, const char *code, const char *format, ...) __attribute__((format(printf, 3, 4)));
void hl_report_warning(struct hl_report *report, const char *code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts a problem in the place of the first finding. */
void hl_report_supersede(struct hl_report *report, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds the defect of a parser that returned false; hl_no_memory becomes out_of_memory. */
void hl_report_defect(struct hl_report *report, const struct hl_error *err);

bool hl_report_has_problem(const struct hl_report *report);

void hl_report_free(struct hl_report *report);

#endif
