/* SPDX-License-Identifier: MIT */
#include "json/escape.h"

#include <stdint.h>
#include <string.h>

static bool is_tail(uint8_t byte) { return (byte & 0xC0) == 0x80; }

/* The length of the UTF-8 sequence at s (Unicode 15, table 3-7), 0 if there is none. */
static size_t sequence_length(const uint8_t *s, size_t size) {
  uint8_t lead = s[0];
  if (lead >= 0xC2 && lead <= 0xDF) return size >= 2 && is_tail(s[1]) ? 2 : 0;
  if (size < 3 || !is_tail(s[1]) || !is_tail(s[2])) return 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    bool overlong = lead == 0xE0 && s[1] < 0xA0, surrogate = lead == 0xED && s[1] > 0x9F;
    return overlong || surrogate ? 0 : 3;
  }
  if (lead < 0xF0 || lead > 0xF4 || size < 4 || !is_tail(s[3])) return 0;
  bool overlong = lead == 0xF0 && s[1] < 0x90, beyond = lead == 0xF4 && s[1] > 0x8F;
  return overlong || beyond ? 0 : 4;
}

static char *put(char *to, const char *text, size_t size) {
  memcpy(to, text, size);
  return to + size;
}

static char *put_escape(char *to, uint8_t byte) {
  static const char hex[] = "0123456789abcdef";
  static const char letters[] = {
      ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r', ['"'] = '"', ['\\'] = '\\'};
  *to++ = '\\';
  if (byte < sizeof letters && letters[byte]) {
    *to++ = letters[byte];
    return to;
  }
  to = put(to, "u00", 3);
  *to++ = hex[byte >> 4];
  *to++ = hex[byte & 15];
  return to;
}

/* How much of the text, in whole blocks from its beginning on, stands for itself: most of it, and all of a picture in base64.
 * Compilers make vectors of it. */
static size_t plain_blocks(const uint8_t *s, size_t size) {
  enum { BLOCK = 64 };
  size_t at = 0;
  for (; size - at >= BLOCK; at += BLOCK) {
    unsigned special = 0;
    for (size_t i = at; i < at + BLOCK; i++) special |= (unsigned)(s[i] < 0x20) | (s[i] >= 0x80) | (s[i] == '"') | (s[i] == '\\');
    if (special) break;
  }
  return at;
}

size_t hl_json_escape(char *to, const char *text, size_t size, bool *replaced) {
  const uint8_t *s = (const uint8_t *)text, *end = s + size;
  char *start = to;
  *to++ = '"';
  size_t plain = plain_blocks(s, size);
  to = put(to, text, plain);
  s += plain;
  while (s < end) {
    if (*s >= 0x80) {
      size_t length = sequence_length(s, (size_t)(end - s));
      to = length ? put(to, (const char *)s, length) : put(to, "\xEF\xBF\xBD", 3);
      if (!length && replaced) *replaced = true;
      s += length ? length : 1;
    } else if (*s < 0x20 || *s == '"' || *s == '\\') {
      to = put_escape(to, *s++);
    } else {
      *to++ = (char)*s++;
    }
  }
  *to++ = '"';
  return (size_t)(to - start);
}
