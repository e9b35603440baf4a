/* SPDX-License-Identifier: MIT */
#include "image/report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool hl_defect(struct hl_error *err, const char *code, const char *format, ...) {
  if (!err) return false;
  *err = (struct hl_error){.kind = HL_INTEGRITY};
  snprintf(err->code, sizeof err->code, "%s", code);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(err->message, sizeof err->message, format, arguments);
  va_end(arguments);
  return false;
}

bool hl_no_memory(struct hl_error *err) {
  errno = ENOMEM;
  return hl_fail_errno(err, "image", NULL);
}

static void add_finding(struct hl_report *report, bool is_warning, const char *code, const char *message) {
  struct hl_finding *findings = realloc(report->findings, (report->count + 1) * sizeof *findings);
  if (findings) report->findings = findings;
  char *text = strdup(message), *word = strdup(code);
  if (!findings || !text || !word) {
    free(text);
    free(word);
    report->out_of_memory = true;
    return;
  }
  findings[report->count++] = (struct hl_finding){word, text, is_warning};
}

static void add_formatted(struct hl_report *report, bool is_warning, const char *code, const char *format, va_list arguments) {
  char message[512];
  vsnprintf(message, sizeof message, format, arguments);
  add_finding(report, is_warning, code, message);
}

void hl_report_problem(struct hl_report *report, const char *code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  add_formatted(report, false, code, format, arguments);
  va_end(arguments);
}

void hl_report_warning(struct hl_report *report, const char *code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  add_formatted(report, true, code, format, arguments);
  va_end(arguments);
}

void hl_report_supersede(struct hl_report *report, const char *code, const char *format, ...) {
  size_t before = report->count;
  va_list arguments;
  va_start(arguments, format);
  add_formatted(report, false, code, format, arguments);
  va_end(arguments);
  if (report->count == before) return;
  free(report->findings[0].code);
  free(report->findings[0].message);
  report->findings[0] = report->findings[--report->count];
}

void hl_report_defect(struct hl_report *report, const struct hl_error *err) {
  if (err->kind == HL_INTEGRITY)
    add_finding(report, false, err->code, err->message);
  else
    report->out_of_memory = true;
}

bool hl_report_has_problem(const struct hl_report *report) {
  for (size_t i = 0; i < report->count; i++)
    if (!report->findings[i].is_warning) return true;
  return false;
}

void hl_report_free(struct hl_report *report) {
  for (size_t i = 0; i < report->count; i++) {
    free(report->findings[i].code);
    free(report->findings[i].message);
  }
  free(report->findings);
  *report = (struct hl_report){0};
}
