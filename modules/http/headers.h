/* SPDX-License-Identifier: MIT
 *
 * The header lines of an answer, as they come, within bounds that no honest server reaches. Any thread.
 */
#ifndef HILUM_HTTP_HEADERS_H
#define HILUM_HTTP_HEADERS_H

#include "core/buffer.h"
#include "core/error.h"
#include "sigv4/slice.h"

enum { HL_HTTP_HEADER_BYTES = 256 << 10, HL_HTTP_HEADER_LINES = 1000 };

/* Zeroed: empty. */
struct hl_http_headers {
  struct hl_buffer text;       /* "name: value\n" for each, the name in lower case */
  bool complete;               /* the empty line behind them has come */
  size_t all_bytes, all_lines; /* since the beginning, those of provisional answers too */
};

/* Takes a line with its end. A status line forgets what was there: another answer begins. False: too many, or no memory. */
bool hl_http_headers_take(struct hl_http_headers *headers, const char *line, size_t size, struct hl_error *err);

/* The next header, *at being 0 at first. False: there are no more. */
bool hl_http_headers_next(const struct hl_http_headers *headers, size_t *at, struct hl_slice *name, struct hl_slice *value);

/* Idempotent. */
void hl_http_headers_free(struct hl_http_headers *headers);

#endif
