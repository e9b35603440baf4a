/* SPDX-License-Identifier: MIT
 *
 * Each line is a header line, as curl gives them: what comes out is one line a header, in lower case, and no control character.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/headers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take_lines(struct hl_http_headers *headers, const char *text, size_t size) {
  for (size_t length; size; text += length, size -= length) {
    const char *end = memchr(text, '\n', size);
    length = end ? (size_t)(end - text) + 1 : size;
    char *line = malloc(length); /* which ends where the line does */
    memcpy(line, text, length);
    struct hl_error err;
    bool taken = hl_http_headers_take(headers, line, length, &err);
    free(line);
    if (!taken) return;
  }
}

static void check(struct hl_slice s, bool lower) {
  for (size_t i = 0; i < s.size; i++)
    if ((unsigned char)s.data[i] < ' ' || s.data[i] == 0x7f || (lower && s.data[i] >= 'A' && s.data[i] <= 'Z')) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct hl_http_headers headers = {0};
  struct hl_slice name, value;
  take_lines(&headers, (const char *)data, size);
  for (size_t at = 0; hl_http_headers_next(&headers, &at, &name, &value);) {
    check(name, true);
    check(value, false);
  }
  hl_http_headers_free(&headers);
  return 0;
}
