/* SPDX-License-Identifier: MIT
 *
 * Text that grows in room of a fixed size; what no longer fits is dropped and remembered.
 */
#ifndef HILUM_SIGV4_TEXT_H
#define HILUM_SIGV4_TEXT_H

#include <stdint.h>

#include "sigv4/sha256.h"
#include "sigv4/slice.h"

struct hl_text {
  char *at;
  const char *end;
  bool overflowed;
};

static inline struct hl_text hl_text(char *room, size_t size) { return (struct hl_text){.at = room, .end = room + size}; }

static inline void hl_put(struct hl_text *text, struct hl_slice s) {
  if (s.size > (size_t)(text->end - text->at)) {
    text->overflowed = true;
    return;
  }
  if (s.size) memcpy(text->at, s.data, s.size);
  text->at += s.size;
}

static inline void hl_put_char(struct hl_text *text, char c) { hl_put(text, (struct hl_slice){&c, 1}); }

/* What was put since at was start. */
static inline struct hl_slice hl_text_since(const struct hl_text *text, const char *start) {
  return (struct hl_slice){start, (size_t)(text->at - start)};
}

/* No control character in it but tabs. */
bool hl_is_line(struct hl_slice s);

/* In lower case (ASCII). */
void hl_put_lower(struct hl_text *text, struct hl_slice s);

/* Two lower-case digits a byte. */
void hl_put_hex(struct hl_text *text, const uint8_t digest[HL_SHA256_SIZE]);

/* RFC 3986's unreserved characters, A-Z a-z 0-9 - . _ ~, which are never percent-encoded; c is a byte. */
bool hl_is_unreserved(int c);

/* The byte c as it is when unreserved, else %XX. */
void hl_put_encoded(struct hl_text *text, int c);

/* Every byte encoded but for unreserved ones and, in a path, the slash. */
void hl_put_escaped(struct hl_text *text, struct hl_slice s, bool is_path);

#endif
