/* SPDX-License-Identifier: MIT
 *
 * A piece of text that belongs to somebody else.
 */
#ifndef HILUM_SIGV4_SLICE_H
#define HILUM_SIGV4_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct hl_slice {
  const char *data;
  size_t size;
};

/* Of a string literal. */
#define HL_SLICE(literal) ((struct hl_slice){"" literal, sizeof(literal) - 1})

static inline bool hl_slice_is(struct hl_slice s, struct hl_slice other) {
  return s.size == other.size && (!s.size || memcmp(s.data, other.data, s.size) == 0);
}

static inline bool hl_slice_is_nocase(struct hl_slice s, struct hl_slice other) {
  return s.size == other.size && (!s.size || strncasecmp(s.data, other.data, s.size) == 0);
}

#endif
