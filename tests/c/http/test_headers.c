/* SPDX-License-Identifier: MIT */
#include "http/headers.h"

#include "../check.h"

static bool take(struct hl_http_headers *headers, const char *line) {
  struct hl_error err;
  char *copy = guard_copy(line, strlen(line));
  return hl_http_headers_take(headers, copy, strlen(line), &err);
}

/* "name=value|…" of all that are there. */
static const char *show(const struct hl_http_headers *headers) {
  static char text[4096];
  struct hl_slice name, value;
  char *end = text;
  *end = '\0';
  for (size_t at = 0; hl_http_headers_next(headers, &at, &name, &value);)
    end += sprintf(end, "%.*s=%.*s|", (int)name.size, name.data, (int)value.size, value.data);
  return text;
}

static void test_lines(void) {
  struct hl_http_headers headers = {0};
  CHECK_EQ_STR(show(&headers), "");
  CHECK(take(&headers, "HTTP/1.1 100 Continue\r\n") && take(&headers, "A: old\r\n"));
  CHECK(!headers.complete && take(&headers, "\r\n") && headers.complete);
  CHECK(take(&headers, "HTTP/1.1 200 OK\r\n") && !headers.complete);
  CHECK(take(&headers, "Content-TYPE: \t a b \t\r\n"));
  CHECK(take(&headers, "Date: Sun, 06 Nov 1994 08:49:37 GMT\n"));
  CHECK(take(&headers, "empty:\r\n") && take(&headers, ":nameless\r\n") && take(&headers, "no colon\r\n"));
  CHECK(take(&headers, "bad\x01name\x7f: b\x02l\tue\r\n"));
  CHECK(take(&headers, "\r\n") && headers.complete);
  CHECK_EQ_STR(show(&headers), "content-type=a b|date=Sun, 06 Nov 1994 08:49:37 GMT|empty=|=nameless|bad name =b l ue|");
  hl_http_headers_free(&headers);
  hl_http_headers_free(&headers);
}

static void test_bounds(void) {
  struct hl_http_headers headers = {0};
  for (int i = 0; i < HL_HTTP_HEADER_LINES; i++) CHECK(take(&headers, i % 10 ? "a: b\r\n" : "HTTP/1.1 103 Early\r\n"));
  CHECK(!take(&headers, "a: b\r\n"));
  hl_http_headers_free(&headers);
  static char line[HL_HTTP_HEADER_BYTES / 2 + 1];
  memset(line, ':', sizeof line - 1);
  CHECK(take(&headers, line) && take(&headers, line) && !take(&headers, "a"));
  hl_http_headers_free(&headers);
}

int main(void) {
  test_lines();
  test_bounds();
  return check_report();
}
