/* SPDX-License-Identifier: MIT */
#include "archive/name.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The character at *at, which it steps over; -1 if it is not UTF-8. */
static int32_t next_character(const char **at) {
  static const int32_t least[] = {0, 0x80, 0x800, 0x10000};
  const uint8_t *bytes = (const uint8_t *)*at;
  int more = bytes[0] < 0x80 ? 0 : bytes[0] >> 5 == 6 ? 1 : bytes[0] >> 4 == 14 ? 2 : bytes[0] >> 3 == 30 ? 3 : -1;
  if (more < 0) return -1;
  int32_t character = more ? bytes[0] & 0x3F >> more : bytes[0];
  for (int i = 1; i <= more; i++) {
    if (bytes[i] >> 6 != 2) return -1;
    character = character << 6 | (bytes[i] & 0x3F);
  }
  *at += more + 1;
  bool is_surrogate = character >> 11 == 0xD800 >> 11;
  return character < least[more] || character > 0x10FFFF || is_surrogate ? -1 : character;
}

static const char *refuse_characters(const char *name) {
  while (*name) {
    int32_t character = next_character(&name);
    if (character < 0) return "its name is not UTF-8";
    if (character < 0x20 || (character >= 0x7F && character < 0xA0)) return "its name has control characters in it";
  }
  return NULL;
}

/* The length of the component that name begins with, and where the next one begins. */
static size_t component(const char *name, const char **next) {
  size_t length = strcspn(name, "/");
  *next = name + length + strspn(name + length, "/");
  return length;
}

static const char *refuse_components(const char *name) {
  const char *next, *refusal = "it has no name";
  for (; *name; name = next) {
    size_t length = component(name, &next);
    if (length == 2 && name[0] == '.' && name[1] == '.') return "its name leads out of the folder";
    if (length > 1 || *name != '.') refusal = NULL;
  }
  return refusal;
}

const char *hl_name_refusal(const char *name) {
  if (strlen(name) > HL_NAME_MAX) return "its name is too long";
  if (*name == '/') return "its name is absolute";
  const char *refusal = refuse_components(name);
  return refusal ? refusal : refuse_characters(name);
}

void hl_name_clean(const char *name, char *clean) {
  const char *next;
  char *end = clean;
  for (; *name; name = next) {
    size_t length = component(name, &next);
    if (length == 0 || (length == 1 && *name == '.')) continue;
    if (end > clean) *end++ = '/';
    memmove(end, name, length);
    end += length;
  }
  *end = '\0';
}
