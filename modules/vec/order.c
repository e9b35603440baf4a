/* SPDX-License-Identifier: MIT
 *
 * Sorting scores: a radix sort of 32-bit keys that carry their row.
 */
#include <math.h>
#include <string.h>

#include "vec/vec.h"

enum { DIGIT = 11, DIGITS = 3, VALUES = 1 << DIGIT };

/* Rises as value falls; -0 equals 0, NaN comes last. */
static uint32_t falling_key(float value) {
  uint32_t bits;
  if (isnan(value)) return UINT32_MAX;
  value += 0.0F;
  memcpy(&bits, &value, sizeof bits);
  return bits & 0x80000000U ? bits : ~bits & 0x7FFFFFFFU;
}

/* One stable pass by the digit that begins at bit shift. */
static void sort_digit(const uint64_t *from, uint64_t *to, size_t n, unsigned shift) {
  uint32_t starts[VALUES] = {0}, start = 0;
  for (size_t i = 0; i < n; i++) starts[from[i] >> shift & (VALUES - 1)]++;
  for (size_t value = 0; value < VALUES; value++) {
    uint32_t count = starts[value];
    starts[value] = start;
    start += count;
  }
  for (size_t i = 0; i < n; i++) to[starts[from[i] >> shift & (VALUES - 1)]++] = from[i];
}

void hl_order(const float *values, size_t n, uint32_t *order, uint64_t *scratch) {
  uint64_t *a = scratch, *b = scratch + n;
  for (size_t i = 0; i < n; i++) a[i] = (uint64_t)falling_key(values[i]) << 32 | i;
  for (unsigned digit = 0; digit < DIGITS; digit++) {
    sort_digit(a, b, n, 32 + digit * DIGIT);
    uint64_t *sorted = b;
    b = a;
    a = sorted;
  }
  for (size_t i = 0; i < n; i++) order[i] = (uint32_t)a[i];
}
