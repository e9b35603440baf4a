/* SPDX-License-Identifier: MIT */
#include "core/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *hl_kind_name(enum hl_kind kind) {
  static const char *const names[HL_KINDS] = {"ok",        "usage", "io",        "net",     "tls",       "http",       "auth",
                                              "throttled", "parse", "integrity", "timeout", "cancelled", "interrupted"};
  return names[kind];
}

static void fill(struct hl_error *err, enum hl_kind kind, const char *op) {
  *err = (struct hl_error){.kind = kind};
  snprintf(err->op, sizeof err->op, "%s", op);
}

bool hl_fail(struct hl_error *err, enum hl_kind kind, const char *op, const char *format, ...) {
  if (!err) return false;
  fill(err, kind, op);
  va_list args;
  va_start(args, format);
  vsnprintf(err->message, sizeof err->message, format, args);
  va_end(args);
  return false;
}

bool hl_fail_errno(struct hl_error *err, const char *op, const char *path) {
  int number = errno;
  if (!err) return false;
  fill(err, HL_IO, op);
  err->status = number;
  err->retryable = number == EINTR || number == EAGAIN;
  const char *name = strerrorname_np(number);
  snprintf(err->code, sizeof err->code, "%s", name ? name : "");
  snprintf(err->message, sizeof err->message, "%s%s%s", path ? path : "", path ? ": " : "", strerror(number));
  return false;
}
