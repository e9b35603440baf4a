/* SPDX-License-Identifier: MIT
 *
 * Sets of row numbers as bitmaps, and the tags that fill them: pairs of a row and a value, two little-endian 32-bit numbers each,
 * in any order. Rows count from 0 here. Any thread.
 */
#ifndef HILUM_ROWS_SET_H
#define HILUM_ROWS_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HL_TAG_BYTES 8

/* Rows 0 to count - 1, bit row % 64 of word row / 64; the bits behind the last row are 0. */
struct hl_row_set {
  size_t count;
  uint64_t words[];
};

static inline size_t hl_row_set_words(size_t count) { return count / 64 + (count % 64 != 0); }

static inline void hl_row_set_add(struct hl_row_set *set, size_t row) { set->words[row / 64] |= UINT64_C(1) << row % 64; }

static inline bool hl_row_set_has(const struct hl_row_set *set, size_t row) { return set->words[row / 64] >> row % 64 & 1; }

/* Adds the rows that the tags give this value. False: one of them is not below set->count. */
bool hl_row_set_add_tagged(struct hl_row_set *set, const uint8_t *tags, size_t bytes, uint32_t value);

/* The same for every value in a set of values. */
bool hl_row_set_add_tagged_any(struct hl_row_set *set, const uint8_t *tags, size_t bytes, const struct hl_row_set *values);

/* set = set and other, set and not other, not set. Both have the same count. */
void hl_row_set_keep(struct hl_row_set *set, const struct hl_row_set *other);
void hl_row_set_remove(struct hl_row_set *set, const struct hl_row_set *other);
void hl_row_set_invert(struct hl_row_set *set);

/* How many rows are in it. */
size_t hl_row_set_size(const struct hl_row_set *set);

/* A word of it without the rows before `from` and from end on. */
uint64_t hl_row_set_word(const struct hl_row_set *set, size_t word, size_t from, size_t end);

/* The rows in it from `from` to before end, rising, into out, which has room for all of them. Returns how many. */
size_t hl_row_set_list(const struct hl_row_set *set, size_t from, size_t end, uint32_t *out);

#endif
