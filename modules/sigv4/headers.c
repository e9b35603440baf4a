/* SPDX-License-Identifier: MIT */
#include "sigv4/headers.h"

static int compare_names(struct hl_slice a, struct hl_slice b) {
  int order = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);
  return order ? order : (a.size > b.size) - (a.size < b.size);
}

bool hl_headers_add(struct hl_headers *headers, struct hl_slice name, struct hl_slice value, struct hl_error *err) {
  if (headers->count == HL_SIGV4_HEADERS)
    return hl_fail(err, HL_USAGE, "sigv4", "a request with more than %d headers is not signed", HL_SIGV4_HEADERS);
  struct hl_sigv4_header *at = headers->list + headers->count++;
  for (; at > headers->list && compare_names(at[-1].name, name) > 0; at--) at[0] = at[-1];
  *at = (struct hl_sigv4_header){name, value};
  return true;
}

/* Hop-by-hop headers and those that proxies change or add to. */
static bool is_left_unsigned(struct hl_slice name) {
  static const struct hl_slice names[] = {
      HL_SLICE("connection"),
      HL_SLICE("expect"),
      HL_SLICE("keep-alive"),
      HL_SLICE("proxy-authenticate"),
      HL_SLICE("proxy-authorization"),
      HL_SLICE("te"),
      HL_SLICE("trailer"),
      HL_SLICE("transfer-encoding"),
      HL_SLICE("upgrade"),
      HL_SLICE("user-agent"),
      HL_SLICE("x-amzn-trace-id"),
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (hl_slice_is(name, names[i])) return true;
  return false;
}

/* Visible ASCII other than the colon. */
static bool is_name(struct hl_slice name) {
  bool good = name.size > 0;
  for (size_t i = 0; i < name.size; i++) good &= name.data[i] > ' ' && name.data[i] < 0x7f && name.data[i] != ':';
  return good;
}

bool hl_headers_add_request(struct hl_headers *headers, const struct hl_sigv4_request *request, struct hl_error *err) {
  struct hl_text names = hl_text(headers->names, sizeof headers->names);
  for (size_t i = 0; i < request->header_count; i++) {
    struct hl_slice name = request->headers[i].name, value = request->headers[i].value;
    if (!is_name(name)) return hl_fail(err, HL_USAGE, "sigv4", "header %zu has a name that no header may have", i + 1);
    if (!hl_is_line(value))
      return hl_fail(err, HL_USAGE, "sigv4", "the header %.*s has a line break or control character in it",
                     (int)(name.size < 64 ? name.size : 64), name.data);
    const char *start = names.at;
    hl_put_lower(&names, name);
    if (names.overflowed) return hl_fail(err, HL_USAGE, "sigv4", "the names of the headers are too long to be signed");
    name = hl_text_since(&names, start);
    if (!is_left_unsigned(name) && !hl_headers_add(headers, name, value, err)) return false;
  }
  return true;
}

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

static struct hl_slice trim(struct hl_slice s) {
  while (s.size && is_blank(s.data[s.size - 1])) s.size--;
  while (s.size && is_blank(*s.data)) s.data++, s.size--;
  return s;
}

static bool has_blank(struct hl_slice s) { return s.size && (memchr(s.data, ' ', s.size) || memchr(s.data, '\t', s.size)); }

static void put_value(struct hl_text *text, struct hl_slice value) {
  value = trim(value);
  if (!has_blank(value)) {
    hl_put(text, value);
    return;
  }
  for (size_t i = 0; i < value.size; i++) {
    if (!is_blank(value.data[i]))
      hl_put_char(text, value.data[i]);
    else if (!is_blank(value.data[i - 1]))
      hl_put_char(text, ' ');
  }
}

static bool continues(const struct hl_headers *headers, size_t i) {
  return i > 0 && hl_slice_is(headers->list[i].name, headers->list[i - 1].name);
}

void hl_put_headers(struct hl_text *text, const struct hl_headers *headers) {
  for (size_t i = 0; i < headers->count; i++) {
    if (continues(headers, i)) {
      hl_put_char(text, ',');
    } else {
      if (i) hl_put_char(text, '\n');
      hl_put(text, headers->list[i].name);
      hl_put_char(text, ':');
    }
    put_value(text, headers->list[i].value);
  }
  hl_put_char(text, '\n');
}

void hl_put_header_names(struct hl_text *text, const struct hl_headers *headers) {
  for (size_t i = 0; i < headers->count; i++) {
    if (continues(headers, i)) continue;
    if (i) hl_put_char(text, ';');
    hl_put(text, headers->list[i].name);
  }
}
