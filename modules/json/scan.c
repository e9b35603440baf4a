/* SPDX-License-Identifier: MIT */
#include "json/scan.h"

/* Up to this many digits, a float holds any integer exactly. */
enum { EXACT_DIGITS = 15 };

/* The text, and how much of it has been copied to marked. */
struct scan {
  const char *text, *end, *copied;
  struct hl_buffer *marked;
};

static const char escaped_nul[] = "\\u0000";

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

static const char *skip_blanks(const struct scan *scan, const char *at) {
  while (at < scan->end && is_blank(*at)) at++;
  return at;
}

/* Copies what comes before from, then a marked string around the text from `from` to `to`, which it takes the place of. */
static bool mark(struct scan *scan, const char *from, const char *to, char letter, const char *inner, size_t inner_size) {
  bool added = hl_buffer_add(scan->marked, scan->copied, (size_t)(from - scan->copied)) && hl_buffer_add(scan->marked, "\"", 1) &&
               hl_buffer_add(scan->marked, escaped_nul, sizeof escaped_nul - 1) && hl_buffer_add(scan->marked, &letter, 1) &&
               hl_buffer_add(scan->marked, inner, inner_size) && hl_buffer_add(scan->marked, "\"", 1);
  scan->copied = to;
  return added;
}

/* Behind the closing quote of the string that begins at `at`. */
static const char *find_string_end(const struct scan *scan, const char *at) {
  for (at++; at < scan->end && *at != '"'; at++)
    if (*at == '\\') at++;
  return at < scan->end ? at + 1 : scan->end;
}

static bool scan_string(struct scan *scan, const char **at) {
  const char *start = *at, *end = find_string_end(scan, start), *after = skip_blanks(scan, end);
  *at = end;
  bool begins_with_nul =
      (size_t)(end - start) > sizeof escaped_nul && memcmp(start + 1, escaped_nul, sizeof escaped_nul - 1) == 0;
  bool is_key = after < scan->end && *after == ':';
  if (!begins_with_nul || is_key) return true;
  return mark(scan, start, end, HL_JSON_STRING, start + 1, (size_t)(end - start) - 2);
}

static bool is_in_number(char c) { return (c >= '0' && c <= '9') || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-'; }

static bool scan_number(struct scan *scan, const char **at) {
  const char *start = *at, *digits = start + (*start == '-'), *end = digits;
  while (end < scan->end && *end >= '0' && *end <= '9') end++;
  bool is_long = end - digits > EXACT_DIGITS && *digits != '0';
  for (*at = end; *at < scan->end && is_in_number(**at);) ++*at;
  return !is_long || *at > end || mark(scan, start, end, HL_JSON_INTEGER, start, (size_t)(end - start));
}

static bool scan_bracket(struct scan *scan, const char **at) {
  const char *start = *at, *next = skip_blanks(scan, start + 1);
  *at = start + 1;
  if (next == scan->end || *next != ']') return true;
  *at = next + 1;
  return mark(scan, start, *at, HL_JSON_ARRAY, NULL, 0);
}

bool hl_json_mark(const char *text, size_t size, struct hl_buffer *marked) {
  struct scan scan = {text, text + size, text, marked};
  bool scanned = true;
  for (const char *at = text; scanned && at < scan.end;) {
    if (*at == '"')
      scanned = scan_string(&scan, &at);
    else if (*at == '[')
      scanned = scan_bracket(&scan, &at);
    else if (*at == '-' || (*at >= '0' && *at <= '9'))
      scanned = scan_number(&scan, &at);
    else
      at++;
  }
  return scanned && (scan.copied == text || hl_buffer_add(marked, scan.copied, (size_t)(scan.end - scan.copied)));
}
