/* SPDX-License-Identifier: MIT */
#include "rows/set.h"

static uint32_t load_u32(const uint8_t *bytes) {
  return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* Adds the row of a tag. False: there is no such row. */
static bool add_row(struct hl_row_set *set, const uint8_t *tag) {
  uint32_t row = load_u32(tag);
  if (row >= set->count) return false;
  hl_row_set_add(set, row);
  return true;
}

bool hl_row_set_add_tagged(struct hl_row_set *set, const uint8_t *tags, size_t bytes, uint32_t value) {
  bool all_in = true;
  for (size_t i = 0; i + HL_TAG_BYTES <= bytes; i += HL_TAG_BYTES)
    if (load_u32(tags + i + 4) == value) all_in &= add_row(set, tags + i);
  return all_in;
}

bool hl_row_set_add_tagged_any(struct hl_row_set *set, const uint8_t *tags, size_t bytes, const struct hl_row_set *values) {
  bool all_in = true;
  for (size_t i = 0; i + HL_TAG_BYTES <= bytes; i += HL_TAG_BYTES) {
    uint32_t value = load_u32(tags + i + 4);
    if (value < values->count && hl_row_set_has(values, value)) all_in &= add_row(set, tags + i);
  }
  return all_in;
}

void hl_row_set_keep(struct hl_row_set *set, const struct hl_row_set *other) {
  for (size_t i = 0; i < hl_row_set_words(set->count); i++) set->words[i] &= other->words[i];
}

void hl_row_set_remove(struct hl_row_set *set, const struct hl_row_set *other) {
  for (size_t i = 0; i < hl_row_set_words(set->count); i++) set->words[i] &= ~other->words[i];
}

void hl_row_set_invert(struct hl_row_set *set) {
  size_t words = hl_row_set_words(set->count);
  for (size_t i = 0; i < words; i++) set->words[i] = ~set->words[i];
  if (set->count % 64) set->words[words - 1] &= (UINT64_C(1) << set->count % 64) - 1;
}

size_t hl_row_set_size(const struct hl_row_set *set) {
  size_t size = 0;
  for (size_t i = 0; i < hl_row_set_words(set->count); i++) size += (size_t)__builtin_popcountll(set->words[i]);
  return size;
}

uint64_t hl_row_set_word(const struct hl_row_set *set, size_t word, size_t from, size_t end) {
  uint64_t bits = set->words[word];
  if (word < from / 64 || word > end / 64) return 0;
  if (word == from / 64) bits &= UINT64_MAX << from % 64;
  if (word == end / 64) bits &= (UINT64_C(1) << end % 64) - 1;
  return bits;
}

size_t hl_row_set_list(const struct hl_row_set *set, size_t from, size_t end, uint32_t *out) {
  size_t found = 0;
  for (size_t word = from / 64; word < hl_row_set_words(end); word++)
    for (uint64_t bits = hl_row_set_word(set, word, from, end); bits; bits &= bits - 1)
      out[found++] = (uint32_t)(word * 64 + (size_t)__builtin_ctzll(bits));
  return found;
}
