/* SPDX-License-Identifier: MIT */
#include "term/text.h"

#include <stdint.h>

struct range {
  uint32_t first, last;
};

/* The large blocks of Unicode's EastAsianWidth.txt (W and F) and the combining marks in common use. */
static const struct range wide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},  {0xAC00, 0xD7A3},
                                    {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},  {0xFFE0, 0xFFE6},
                                    {0x1F300, 0x1F64F}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
static const struct range combining[] = {
    {0x0300, 0x036F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};

#define IS_IN(ranges, code) is_in(ranges, sizeof(ranges) / sizeof *(ranges), code)

static int is_in(const struct range *ranges, size_t count, uint32_t code) {
  for (size_t i = 0; i < count; i++)
    if (code >= ranges[i].first && code <= ranges[i].last) return 1;
  return 0;
}

/* The character at text; *length is how many bytes it has. A stray byte is a character. */
static uint32_t decode(const uint8_t *text, size_t size, size_t *length) {
  uint32_t code = text[0];
  size_t tails = code >= 0xF0 ? 3 : code >= 0xE0 ? 2 : code >= 0xC0 ? 1 : 0;
  *length = 1;
  if (tails == 0 || tails >= size) return code;
  code &= 0x3Fu >> tails;
  for (; *length <= tails && (text[*length] & 0xC0) == 0x80; ++*length) code = code << 6 | (text[*length] & 0x3F);
  return code;
}

/* The length of the escape sequence (ESC [ … letter) that text begins with, 0 for none. */
static size_t escape_length(const uint8_t *text, size_t size) {
  if (size < 2 || text[0] != 0x1B || text[1] != '[') return 0;
  size_t length = 2;
  while (length < size && (text[length] < 0x40 || text[length] > 0x7E)) length++;
  return length < size ? length + 1 : size;
}

/* The columns of the character or escape sequence at text; *length: its bytes. */
static size_t take(const uint8_t *text, size_t size, size_t *length) {
  *length = escape_length(text, size);
  if (*length) return 0;
  uint32_t code = decode(text, size, length);
  return IS_IN(combining, code) ? 0 : IS_IN(wide, code) ? 2 : 1;
}

size_t hl_text_width(const char *text, size_t size) {
  size_t width = 0, length;
  for (size_t at = 0; at < size; at += length) width += take((const uint8_t *)text + at, size - at, &length);
  return width;
}

size_t hl_text_fit(const char *text, size_t size, size_t columns) {
  size_t at = 0, width = 0, length;
  while (at < size && (width += take((const uint8_t *)text + at, size - at, &length)) <= columns) at += length;
  return at;
}
