/* SPDX-License-Identifier: MIT */
#include "sigv4/target.h"

/* The part of s before separator, or all of it; s becomes what follows the separator. */
static struct hl_slice cut(struct hl_slice *s, char separator) {
  const char *found = s->size ? memchr(s->data, separator, s->size) : NULL;
  struct hl_slice part = {s->data, found ? (size_t)(found - s->data) : s->size};
  size_t gone = part.size + (found ? 1 : 0);
  *s = (struct hl_slice){s->data + gone, s->size - gone};
  return part;
}

/* Path. */

static void put_segment(struct hl_text *text, struct hl_slice segment, bool encode) {
  if (encode)
    hl_put_escaped(text, segment, true);
  else
    hl_put(text, segment);
}

static void drop_segment(struct hl_text *text, const char *start) {
  while (text->at > start && *--text->at != '/') continue;
}

static void put_normalized(struct hl_text *text, struct hl_slice path, bool encode) {
  const char *start = text->at;
  bool is_folder = path.data[path.size - 1] == '/';
  while (path.size) {
    struct hl_slice segment = cut(&path, '/');
    if (!segment.size || hl_slice_is(segment, HL_SLICE("."))) continue;
    if (hl_slice_is(segment, HL_SLICE(".."))) {
      drop_segment(text, start);
      continue;
    }
    hl_put_char(text, '/');
    put_segment(text, segment, encode);
  }
  if (is_folder || text->at == start) hl_put_char(text, '/');
}

void hl_put_path(struct hl_text *text, struct hl_slice path, struct hl_sigv4_rules rules) {
  if (!path.size)
    hl_put_char(text, '/');
  else if (rules.normalize)
    put_normalized(text, path, !rules.s3);
  else
    put_segment(text, path, !rules.s3);
}

/* Query. */

struct parameter {
  struct hl_slice name, value; /* as sent */
};

static int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = (char)(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The next byte of percent-encoded text, -1 at its end. A "%" that begins no code stands for itself. */
static int take(struct hl_slice *s) {
  if (!s->size) return -1;
  int high = -1, low = -1, c = (unsigned char)*s->data;
  if (c == '%' && s->size > 2) high = hex_value(s->data[1]), low = hex_value(s->data[2]);
  size_t size = high >= 0 && low >= 0 ? 3 : 1;
  *s = (struct hl_slice){s->data + size, s->size - size};
  return size == 3 ? high << 4 | low : c;
}

/* Encoded texts compare as these do: a code begins with "%", which is less than every character that needs none. */
static int rank(int c) { return c >= 0 && hl_is_unreserved(c) ? c + 256 : c; }

static int compare_texts(struct hl_slice a, struct hl_slice b) {
  for (;;) {
    int x = rank(take(&a)), y = rank(take(&b));
    if (x != y || x < 0) return x - y;
  }
}

static int compare(const struct parameter *a, const struct parameter *b) {
  int order = compare_texts(a->name, b->name);
  return order ? order : compare_texts(a->value, b->value);
}

static void insert(struct parameter *list, size_t count, struct parameter added) {
  struct parameter *at = list + count;
  for (; at > list && compare(at - 1, &added) > 0; at--) at[0] = at[-1];
  *at = added;
}

static void put_canonical(struct hl_text *text, struct hl_slice s) {
  for (int c = take(&s); c >= 0; c = take(&s)) hl_put_encoded(text, c);
}

bool hl_put_query(struct hl_text *text, struct hl_slice query, struct hl_error *err) {
  struct parameter list[HL_SIGV4_HEADERS];
  size_t count = 0;
  while (query.size) {
    struct hl_slice value = cut(&query, '&');
    if (!value.size) continue;
    if (count == HL_SIGV4_HEADERS)
      return hl_fail(err, HL_USAGE, "sigv4", "a query with more than %d parameters is not signed", HL_SIGV4_HEADERS);
    struct hl_slice name = cut(&value, '=');
    insert(list, count++, (struct parameter){name, value});
  }
  for (size_t i = 0; i < count; i++) {
    if (i) hl_put_char(text, '&');
    put_canonical(text, list[i].name);
    hl_put_char(text, '=');
    put_canonical(text, list[i].value);
  }
  return true;
}
