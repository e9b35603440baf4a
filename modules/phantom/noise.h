/* SPDX-License-Identifier: MIT
 *
 * Value noise: random numbers on a lattice, smoothly interpolated. The lattice is hashed from a seed, so it needs no stream.
 */
#ifndef HILUM_PHANTOM_NOISE_H
#define HILUM_PHANTOM_NOISE_H

#include <stddef.h>

#include "phantom/rng.h"
#include "phantom/shape.h"

enum { NOISE_MAX_CELLS = 60, NOISE_MARGIN = 3 };

struct noise {
  int cells; /* across the picture */
  float lattice[(NOISE_MAX_CELLS + NOISE_MARGIN) * (NOISE_MAX_CELLS + NOISE_MARGIN)];
};

/* Number index of the lattice of a seed, in [-1, 1). */
static inline float noise_hash(uint64_t seed, uint64_t index) {
  return (float)(int32_t)(rng_scatter((index + 1) * RNG_STEP + seed) >> 40) * 0x1p-23f - 1;
}

/* cells <= NOISE_MAX_CELLS. */
static inline void noise_fill(struct noise *noise, uint64_t seed, int cells) {
  size_t points = (size_t)(cells + NOISE_MARGIN);
  noise->cells = cells;
  for (size_t i = 0; i < points * points; i++) noise->lattice[i] = noise_hash(seed, i);
}

/* The noise at a point of the picture, whose sides are -1 and 1; in [-1, 1]. Outside, the border goes on. */
static inline float noise_at(const struct noise *noise, float u, float v) {
  int points = noise->cells + NOISE_MARGIN;
  float last = (float)points - 2.001f, scale = .5f * (float)noise->cells;
  float x = clamp((u + 1) * scale, 0, last), y = clamp((v + 1) * scale, 0, last);
  int column = (int)x, row = (int)y;
  float fx = ease(x - (float)column), fy = ease(y - (float)row);
  const float *top = noise->lattice + row * points + column, *bottom = top + points;
  return (top[0] + (top[1] - top[0]) * fx) * (1 - fy) + (bottom[0] + (bottom[1] - bottom[0]) * fx) * fy;
}

#endif
