/* SPDX-License-Identifier: MIT */
#include "httpd/httpd.h"

static int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

size_t hl_percent_decode(char *text, size_t size, bool plus_is_space) {
  size_t written = 0;
  for (size_t i = 0; i < size; i++) {
    char c = text[i];
    if (c == '%' && size - i > 2 && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
      c = (char)(digit(text[i + 1]) << 4 | digit(text[i + 2]));
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    text[written++] = c;
  }
  return written;
}
