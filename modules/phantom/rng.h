/* SPDX-License-Identifier: MIT
 *
 * The random numbers of the phantom: splitmix64 (Steele, Lea and Flood 2014). Which number is drawn when is part of the phantom's
 * definition: a draw more or less changes every picture after it.
 */
#ifndef HILUM_PHANTOM_RNG_H
#define HILUM_PHANTOM_RNG_H

#include <stdbool.h>
#include <stdint.h>

#define RNG_STEP UINT64_C(0x9E3779B97F4A7C15)

struct rng {
  uint64_t state;
};

static inline struct rng rng_seeded(uint64_t seed) { return (struct rng){seed * RNG_STEP + 0x1234567}; }

/* The finaliser of splitmix64: a bijection that scatters neighbouring numbers. */
static inline uint64_t rng_scatter(uint64_t z) {
  z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
  return z ^ z >> 31;
}

static inline uint64_t rng_next(struct rng *r) { return rng_scatter(r->state += RNG_STEP); }

/* Uniform in [0, 1), 53 bits. */
static inline double rng_unit(struct rng *r) { return (double)(rng_next(r) >> 11) * 0x1p-53; }

static inline float rng_between(struct rng *r, double low, double high) { return (float)(low + (high - low) * rng_unit(r)); }

/* Nearly normal: the sum of four uniform numbers, scaled to standard deviation sd. */
static inline float rng_normal(struct rng *r, double mean, double sd) {
  double sum = 0;
  for (int i = 0; i < 4; i++) sum += rng_unit(r);
  return (float)(mean + sd * (sum - 2) * 1.7320508);
}

static inline bool rng_chance(struct rng *r, double probability) { return rng_unit(r) < probability; }

/* 0 to count - 1. */
static inline int rng_below(struct rng *r, int count) { return (int)(rng_unit(r) * count); }

#endif
