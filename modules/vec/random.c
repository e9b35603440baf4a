/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "vec/vec.h"

uint64_t hl_splitmix(uint64_t seed, uint64_t index) {
  uint64_t z = seed + (index + 1) * 0x9E3779B97F4A7C15U;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
  z = (z ^ z >> 27) * 0x94D049BB133111EBU;
  return z ^ z >> 31;
}

/* In [0, 1), from the upper 53 bits. */
static double uniform(uint64_t seed, uint64_t index) { return (double)(hl_splitmix(seed, index) >> 11) * 0x1p-53; }

void hl_gauss(uint64_t seed, uint64_t first, float scale, float *out, size_t n) {
  for (size_t i = 0; i < n; i += 2) {
    double radius = sqrt(-2 * log(1 - uniform(seed, first + i))), angle = 2 * M_PI * uniform(seed, first + i + 1);
    out[i] = (float)(radius * cos(angle)) * scale;
    if (i + 1 < n) out[i + 1] = (float)(radius * sin(angle)) * scale;
  }
}

void hl_permutation(uint64_t seed, uint32_t *out, size_t n) {
  for (size_t i = 0; i < n; i++) {
    size_t other = (size_t)(uniform(seed, i) * (double)(i + 1));
    out[i] = (uint32_t)i;
    out[i] = out[other];
    out[other] = (uint32_t)i;
  }
}
