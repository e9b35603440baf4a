/* SPDX-License-Identifier: MIT
 *
 * The inner loops, in a table per instruction set. All tables give the same bits: the order of every sum is written out and
 * nothing is contracted. Pointers need no alignment; lengths may be 0. Any thread.
 */
#ifndef HILUM_VEC_KERNELS_H
#define HILUM_VEC_KERNELS_H

#include <stddef.h>
#include <stdint.h>

struct hl_adam_rates {
  float step; /* the learning rate over (1 - beta1^t) */
  float keep; /* 1 / (1 - beta2^t) */
};

struct hl_kernels {
  float (*dot)(const float *a, const float *b, size_t n);

  /* out[i] = rows[i] . query, for four rows read as four streams: each row is expected to be followed by the stream's next one.
   */
  void (*dot_streams)(const float *const rows[4], const float *query, size_t n, float out[4]);

  /* The same summed in float64, and the squared distance. */
  double (*dot_wide)(const float *a, const float *b, size_t n);
  double (*distance_wide)(const float *a, const float *b, size_t n);

  float (*max)(const float *x, size_t n); /* n >= 1 */
  float (*sum)(const float *x, size_t n);

  void (*add)(float *y, const float *x, float alpha, size_t n); /* y += alpha x */
  void (*scale)(float *x, float alpha, size_t n);
  void (*max_into)(float *y, const float *x, size_t n);                                 /* y = max(y, x), elementwise */
  void (*add_product)(float *y, const float *a, const float *b, float alpha, size_t n); /* y += alpha a b, elementwise */

  /* Exponentials to 2 units in the last place; below -87 they stay at e^-87. The second adds alpha e^(x - shift) factor,
   * elementwise; factor may be NULL for 1. */
  void (*exp_minus)(float *y, const float *x, float shift, size_t n);
  void (*add_exp_minus)(float *y, const float *x, const float *shift, const float *factor, float alpha, size_t n);

  /* The bits of the largest magnitude; above those of infinity when there is a NaN. */
  uint32_t (*largest)(const float *x, size_t n);

  /* out = v rounded to whole numbers, where v = inverse x is within -127.4..127.4; sums receives the squared lengths of v and of
   * v - out. */
  void (*quantize)(int8_t *out, const float *x, float inverse, size_t n, float sums[2]);

  /* out = clip((x - mean) / deviation, -limit, limit) * weight, elementwise. */
  void (*standardize)(float *out, const float *x, const float *mean, const float *deviation, const float *weight, float limit,
                      size_t n);

  /* One step of Adam with betas 0.9 and 0.999 and epsilon 1e-8 (Kingma and Ba 2015, algorithm 1). */
  void (*adam)(float *value, const float *gradient, float *mean, float *square, struct hl_adam_rates rates, size_t n);
};

extern const struct hl_kernels hl_kernels_portable, hl_kernels_avx2, hl_kernels_avx512;

/* The table for this machine. */
const struct hl_kernels *hl_kernels(void);

#endif
