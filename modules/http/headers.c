/* SPDX-License-Identifier: MIT */
#include "http/headers.h"

#include <stdio.h>

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static struct hl_slice trim(struct hl_slice s) {
  while (s.size && is_blank(s.data[s.size - 1])) s.size--;
  while (s.size && is_blank(*s.data)) s.data++, s.size--;
  return s;
}

static bool fail_bounds(struct hl_error *err) {
  hl_fail(err, HL_HTTP, "http.request",
          "the answer has more than %d header lines or %d KiB of them: it is not what was asked for", HL_HTTP_HEADER_LINES,
          HL_HTTP_HEADER_BYTES >> 10);
  snprintf(err->code, sizeof err->code, "HEADERS");
  return false;
}

/* A control character would break the lines of text; a server that sends one means no good. */
static void add_clean(struct hl_buffer *text, struct hl_slice s, bool lower) {
  for (size_t i = 0; i < s.size; i++) {
    char c = s.data[i];
    if (lower && c >= 'A' && c <= 'Z') c = (char)(c | 0x20);
    text->data[text->size++] = (unsigned char)c < ' ' || c == 0x7f ? ' ' : c;
  }
}

static bool add(struct hl_buffer *text, struct hl_slice name, struct hl_slice value, struct hl_error *err) {
  if (!hl_buffer_reserve(text, name.size + value.size + 3)) return hl_fail_errno(err, "http.request", NULL);
  add_clean(text, name, true);
  hl_buffer_add(text, ": ", 2);
  add_clean(text, value, false);
  hl_buffer_add(text, "\n", 1);
  return true;
}

bool hl_http_headers_take(struct hl_http_headers *headers, const char *line, size_t size, struct hl_error *err) {
  headers->all_bytes += size;
  if (headers->all_bytes > HL_HTTP_HEADER_BYTES || ++headers->all_lines > HL_HTTP_HEADER_LINES) return fail_bounds(err);
  if (size >= 5 && memcmp(line, "HTTP/", 5) == 0) {
    headers->text.size = 0;
    headers->complete = false;
    return true;
  }
  if (size <= 2) headers->complete = true;
  const char *colon = memchr(line, ':', size);
  if (!colon) return true; /* the empty line, or one that says nothing */
  struct hl_slice name = {line, (size_t)(colon - line)}, value = {colon + 1, size - name.size - 1};
  return add(&headers->text, trim(name), trim(value), err);
}

bool hl_http_headers_next(const struct hl_http_headers *headers, size_t *at, struct hl_slice *name, struct hl_slice *value) {
  if (*at == headers->text.size) return false;
  const char *line = headers->text.data + *at;
  const char *end = memchr(line, '\n', headers->text.size - *at);
  const char *colon = memchr(line, ':', (size_t)(end - line));
  *name = (struct hl_slice){line, (size_t)(colon - line)};
  *value = (struct hl_slice){colon + 2, (size_t)(end - colon - 2)};
  *at += (size_t)(end - line) + 1;
  return true;
}

void hl_http_headers_free(struct hl_http_headers *headers) {
  hl_buffer_free(&headers->text);
  *headers = (struct hl_http_headers){0};
}
