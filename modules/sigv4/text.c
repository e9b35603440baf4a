/* SPDX-License-Identifier: MIT */
#include "sigv4/text.h"

bool hl_is_line(struct hl_slice s) {
  unsigned char bad = 0; /* no early end: this way it is done with vectors */
  for (size_t i = 0; i < s.size; i++) bad |= (unsigned char)((unsigned char)s.data[i] < ' ') & (s.data[i] != '\t');
  return !bad;
}

void hl_put_lower(struct hl_text *text, struct hl_slice s) {
  char *start = text->at;
  hl_put(text, s);
  size_t size = hl_text_since(text, start).size;
  for (size_t i = 0; i < size; i++) start[i] = (char)(start[i] + ('a' - 'A') * (start[i] >= 'A' && start[i] <= 'Z'));
}

static char hex_digit(unsigned value) { return (char)(value + (value < 10 ? '0' : 'a' - 10)); }

void hl_put_hex(struct hl_text *text, const uint8_t digest[HL_SHA256_SIZE]) {
  char hex[2 * HL_SHA256_SIZE];
  for (size_t i = 0; i < HL_SHA256_SIZE; i++) {
    hex[2 * i] = hex_digit(digest[i] >> 4);
    hex[2 * i + 1] = hex_digit(digest[i] & 15);
  }
  hl_put(text, (struct hl_slice){hex, sizeof hex});
}

bool hl_is_unreserved(int c) {
  bool is_letter = ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'), is_digit = c >= '0' && c <= '9';
  return is_letter || is_digit || c == '-' || c == '.' || c == '_' || c == '~';
}

void hl_put_encoded(struct hl_text *text, int c) {
  static const char digits[] = "0123456789ABCDEF";
  if (hl_is_unreserved(c))
    hl_put_char(text, (char)c);
  else
    hl_put(text, (struct hl_slice){(char[]){'%', digits[c >> 4], digits[c & 15]}, 3});
}

void hl_put_escaped(struct hl_text *text, struct hl_slice s, bool is_path) {
  for (size_t i = 0; i < s.size; i++) {
    if (is_path && s.data[i] == '/')
      hl_put_char(text, '/');
    else
      hl_put_encoded(text, (unsigned char)s.data[i]);
  }
}
