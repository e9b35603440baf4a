/* SPDX-License-Identifier: MIT */
#include "npy/header.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char magic[] = "\x93NUMPY";

enum { MAGIC = 6, LENGTH_AT = 8 };

/* The dictionary's text while it is read. */
struct text {
  const char *at, *end;
};

static bool fail(struct hl_error *err, const char *what) { return hl_fail(err, HL_PARSE, "npy", "%s", what); }

static void skip_blanks(struct text *text) {
  while (text->at < text->end && (*text->at == ' ' || *text->at == '\n')) text->at++;
}

/* Takes one character, after blanks, if it is the next. */
static bool take(struct text *text, char wanted) {
  skip_blanks(text);
  if (text->at == text->end || *text->at != wanted) return false;
  text->at++;
  return true;
}

static bool take_word(struct text *text, const char *word) {
  size_t size = strlen(word);
  skip_blanks(text);
  if ((size_t)(text->end - text->at) < size || memcmp(text->at, word, size) != 0) return false;
  text->at += size;
  return true;
}

/* 'text' or "text", without escapes, of at most room - 1 bytes. */
static bool take_string(struct text *text, char *string, size_t room) {
  skip_blanks(text);
  if (text->at == text->end || (*text->at != '\'' && *text->at != '"')) return false;
  char quote = *text->at++;
  const char *close = memchr(text->at, quote, (size_t)(text->end - text->at));
  if (!close || (size_t)(close - text->at) >= room) return false;
  size_t size = (size_t)(close - text->at);
  memcpy(string, text->at, size);
  string[size] = '\0';
  text->at = close + 1;
  return true;
}

static bool take_number(struct text *text, size_t *number) {
  skip_blanks(text);
  const char *start = text->at;
  for (*number = 0; text->at < text->end && isdigit((unsigned char)*text->at); text->at++)
    if (__builtin_mul_overflow(*number, (size_t)10, number) || __builtin_add_overflow(*number, (size_t)(*text->at - '0'), number))
      return false;
  return text->at > start;
}

/* (N,) or (N, D) */
static bool take_shape(struct text *text, struct hl_npy_info *info) {
  info->cols = 1;
  info->dimensions = 1;
  if (!take(text, '(') || !take_number(text, &info->rows) || !take(text, ',')) return false;
  if (take(text, ')')) return true;
  info->dimensions = 2;
  if (!take_number(text, &info->cols)) return false;
  take(text, ',');
  return take(text, ')');
}

static bool take_type(struct text *text, struct hl_npy_info *info) {
  char type[8];
  if (!take_string(text, type, sizeof type) || strlen(type) != 3) return false;
  info->type = type[1];
  info->width = (uint8_t)(type[2] - '0');
  info->big_endian = type[0] == '>' && info->width > 1;
  bool known_width = info->width == 2 || info->width == 4 || info->width == 8 || (info->width == 1 && info->type != 'f');
  bool known_order = type[0] == '<' || type[0] == '>' || (type[0] == '|' && info->width == 1);
  return known_width && known_order && strchr("fiu", info->type);
}

static bool take_bool(struct text *text, bool *value) {
  *value = take_word(text, "True");
  return *value || take_word(text, "False");
}

static bool take_dictionary(struct text *text, struct hl_npy_info *info, struct hl_error *err) {
  enum { TYPE = 1, ORDER = 2, SHAPE = 4, ALL = 7 };
  int seen = 0;
  if (!take(text, '{')) return fail(err, "the header is no dictionary");
  while (!take(text, '}')) {
    char key[16];
    if (!take_string(text, key, sizeof key) || !take(text, ':')) return fail(err, "the header is damaged");
    int part = strcmp(key, "descr") == 0           ? TYPE
               : strcmp(key, "fortran_order") == 0 ? ORDER
               : strcmp(key, "shape") == 0         ? SHAPE
                                                   : 0;
    if (!part || seen & part) return fail(err, "the header has keys that do not belong there");
    seen |= part;
    if (part == TYPE && !take_type(text, info)) return fail(err, "numbers of another type than f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8");
    if (part == ORDER && !take_bool(text, &info->fortran)) return fail(err, "fortran_order is neither True nor False");
    if (part == SHAPE && !take_shape(text, info)) return fail(err, "a shape of other than one or two dimensions");
    if (!take(text, ',') && (skip_blanks(text), text->at == text->end || *text->at != '}'))
      return fail(err, "the header is damaged");
  }
  skip_blanks(text);
  return (seen == ALL && text->at == text->end) || fail(err, "the header is damaged");
}

/* Where the dictionary lies. */
static bool find_text(const uint8_t *bytes, size_t size, struct text *text, struct hl_error *err) {
  if (size < LENGTH_AT + 4 || memcmp(bytes, magic, MAGIC) != 0) return fail(err, "not a .npy file");
  size_t length = bytes[LENGTH_AT] | (size_t)bytes[LENGTH_AT + 1] << 8, start = LENGTH_AT + 2;
  if (bytes[MAGIC] == 2 || bytes[MAGIC] == 3) { /* 3 differs in names of fields, which no plain array has */
    length |= (size_t)bytes[LENGTH_AT + 2] << 16 | (size_t)bytes[LENGTH_AT + 3] << 24;
    start += 2;
  } else if (bytes[MAGIC] != 1) {
    return fail(err, "a version of the .npy format that is not 1.0, 2.0 or 3.0");
  }
  if (bytes[MAGIC + 1] != 0 || length > size - start) return fail(err, "the header is cut off or too long");
  *text = (struct text){(const char *)bytes + start, (const char *)bytes + start + length};
  return true;
}

bool hl_npy_parse(const uint8_t *bytes, size_t size, struct hl_npy_info *info, struct hl_error *err) {
  struct text text = {0};
  *info = (struct hl_npy_info){0};
  if (!find_text(bytes, size, &text, err)) return false;
  info->offset = (size_t)(text.end - (const char *)bytes);
  if (!take_dictionary(&text, info, err)) return false;
  size_t total;
  if (__builtin_mul_overflow(info->rows, info->cols, &total) || __builtin_mul_overflow(total, sizeof(double), &total) ||
      total > PTRDIFF_MAX - HL_NPY_HEADER_MAX)
    return fail(err, "the shape is impossibly large");
  return true;
}

void hl_npy_format(uint8_t header[HL_NPY_WRITTEN], size_t rows, size_t cols) {
  enum { TEXT_AT = LENGTH_AT + 2 };
  char text[HL_NPY_WRITTEN];
  int size = snprintf(text, sizeof text, "{'descr': '<f4', 'fortran_order': False, 'shape': (%zu, %zu), }", rows, cols);
  memset(header, ' ', HL_NPY_WRITTEN);
  memcpy(header, magic, MAGIC);
  memcpy(header + MAGIC, "\1\0", 2);
  header[LENGTH_AT] = HL_NPY_WRITTEN - TEXT_AT;
  header[LENGTH_AT + 1] = 0;
  memcpy(header + TEXT_AT, text, (size_t)size);
  header[HL_NPY_WRITTEN - 1] = '\n';
}
