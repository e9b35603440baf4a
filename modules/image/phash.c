/* SPDX-License-Identifier: MIT */
#include "image/phash.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 64, LOWEST = 16 };

/* The lowest frequencies of the rows of x, transposed: twice is the transform of both directions. */
static void transform_rows(const float *x, size_t rows, const float cosine[LOWEST][SIDE], float *out) {
  for (size_t row = 0; row < rows; row++)
    for (size_t k = 0; k < LOWEST; k++) {
      float sum = 0;
      for (size_t i = 0; i < SIDE; i++) sum += x[row * SIDE + i] * cosine[k][i];
      out[k * rows + row] = sum;
    }
}

static void fill_cosines(float cosine[LOWEST][SIDE]) {
  for (size_t k = 0; k < LOWEST; k++)
    for (size_t i = 0; i < SIDE; i++) cosine[k][i] = (float)cos(M_PI / SIDE * ((double)i + 0.5) * (double)k);
}

static int compare(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

static float median(const float *values, size_t count) {
  float sorted[HL_PHASH_BITS];
  memcpy(sorted, values, count * sizeof *values);
  qsort(sorted, count, sizeof *sorted, compare);
  return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

static bool is_flat(const float x[64 * 64]) {
  for (size_t i = 1; i < SIDE * SIDE; i++)
    if (fabsf(x[i] - x[0]) >= 0.5f) return false;
  return true;
}

void hl_phash(const float x[64 * 64], struct hl_phash *hash) {
  float cosine[LOWEST][SIDE], half[LOWEST * SIDE], lowest[HL_PHASH_BITS];
  *hash = (struct hl_phash){{0}};
  if (is_flat(x)) return;
  fill_cosines(cosine);
  transform_rows(x, SIDE, cosine, half);
  transform_rows(half, LOWEST, cosine, lowest);
  lowest[0] = 0; /* the brightness */
  float middle = median(lowest + 1, HL_PHASH_BITS - 1);
  for (size_t bit = 0; bit < HL_PHASH_BITS; bit++)
    if (lowest[bit] > middle) hash->words[bit / 64] |= UINT64_C(1) << bit % 64;
}

unsigned hl_phash_distance(const struct hl_phash *a, const struct hl_phash *b) {
  unsigned distance = 0;
  for (size_t i = 0; i < HL_PHASH_WORDS; i++) distance += (unsigned)__builtin_popcountll(a->words[i] ^ b->words[i]);
  return distance;
}

/* Puts one into the list, which is in order of distance; what no longer fits falls off. */
static size_t insert(struct hl_phash_near *near, size_t count, size_t room, struct hl_phash_near one) {
  if (count == room && near[count - 1].distance <= one.distance) return count;
  size_t at = count < room ? count++ : count - 1;
  for (; at > 0 && near[at - 1].distance > one.distance; at--) near[at] = near[at - 1];
  near[at] = one;
  return count;
}

static bool is_empty(const struct hl_phash *hash) { return !(hash->words[0] | hash->words[1] | hash->words[2] | hash->words[3]); }

size_t hl_phash_nearest(const struct hl_phash *hashes, size_t of, unsigned most, struct hl_phash_near *near, size_t room) {
  size_t count = 0;
  if (is_empty(&hashes[of])) return 0;
  for (size_t other = 0; other < of; other++) {
    const struct hl_phash *a = &hashes[of], *b = &hashes[other];
    unsigned half = (unsigned)(__builtin_popcountll(a->words[0] ^ b->words[0]) + __builtin_popcountll(a->words[1] ^ b->words[1]));
    if (half > most) continue; /* nearly always: two words suffice to tell most apart */
    unsigned distance = hl_phash_distance(a, b);
    if (distance <= most && !is_empty(&hashes[other])) count = insert(near, count, room, (struct hl_phash_near){other, distance});
  }
  return count;
}

double hl_correlation(const uint8_t *a, const uint8_t *b, size_t count) {
  uint64_t sum_a = 0, sum_b = 0, square_a = 0, square_b = 0, product = 0;
  for (size_t i = 0; i < count; i++) {
    sum_a += a[i];
    sum_b += b[i];
    square_a += (uint32_t)a[i] * a[i];
    square_b += (uint32_t)b[i] * b[i];
    product += (uint32_t)a[i] * b[i];
  }
  double n = (double)count, mean_a = (double)sum_a / n, mean_b = (double)sum_b / n;
  double variance_a = (double)square_a / n - mean_a * mean_a, variance_b = (double)square_b / n - mean_b * mean_b;
  if (variance_a <= 0 || variance_b <= 0) return 0;
  return ((double)product / n - mean_a * mean_b) / sqrt(variance_a * variance_b);
}
