/* SPDX-License-Identifier: MIT
 *
 * How C reports that the world failed. A function that can fail returns bool and fills a caller-owned struct hl_error on false;
 * it knows no Lua. Bindings turn the struct into `nil, err` (core/bind.h). Misuse by a Lua caller is not reported here: it
 * raises. Any thread.
 */
#ifndef HILUM_CORE_ERROR_H
#define HILUM_CORE_ERROR_H

#include <stdbool.h>

/* The closed list of kinds; hl_kind_name gives the Lua-side string. */
enum hl_kind {
  HL_OK,
  HL_USAGE,
  HL_IO,
  HL_NET,
  HL_TLS,
  HL_HTTP,
  HL_AUTH,
  HL_THROTTLED,
  HL_PARSE,
  HL_INTEGRITY,
  HL_TIMEOUT,
  HL_CANCELLED,
  HL_INTERRUPTED,
  HL_KINDS
};

struct hl_error {
  enum hl_kind kind;
  int status;         /* errno or HTTP status, 0 if neither applies */
  bool retryable;     /* the same call may succeed later */
  char op[32];        /* the Lua name of what failed: "csv.open" */
  char code[48];      /* a stable word for programs: "ENOENT", "NoSuchKey" */
  char message[1024]; /* one line: what happened, to what, what to do next */
};

const char *hl_kind_name(enum hl_kind kind);

/* Fills err and returns false, so that `return hl_fail(err, …)` ends a failing function. err may be NULL. */
bool hl_fail(struct hl_error *err, enum hl_kind kind, const char *op, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same for a failed system call on path (may be NULL); reads errno. The message names the path and the cause. */
bool hl_fail_errno(struct hl_error *err, const char *op, const char *path);

#endif
