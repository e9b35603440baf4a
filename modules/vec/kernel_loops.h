/* SPDX-License-Identifier: MIT
 *
 * The loops behind hl_kernels, written once and compiled for each instruction set by kernels.c, kernels_avx2.c and
 * kernels_avx512.c, which define TABLE, the table's name. Sums run in sixteen lanes whatever the width of the registers.
 */
#include "vec/kernels.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { LANES = 16, AHEAD = 512 /* floats between what is read and what is fetched */ };

typedef float lanes __attribute__((vector_size(LANES * sizeof(float))));
typedef double wide_lanes __attribute__((vector_size(LANES / 2 * sizeof(double))));
typedef int32_t whole_lanes __attribute__((vector_size(LANES * sizeof(int32_t))));
typedef int8_t byte_lanes __attribute__((vector_size(LANES), aligned(1), may_alias));
typedef float half_lanes __attribute__((vector_size(LANES / 2 * sizeof(float)), aligned(sizeof(float)), may_alias));
typedef float unaligned_lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float)), may_alias));

#define WIDE(p) __builtin_convertvector(*(const half_lanes *)(p), wide_lanes)
#define LOAD(p) (*(const unaligned_lanes *)(p))

static inline float sum_lanes(const lanes *v) {
  float s[LANES];
  memcpy(s, v, sizeof s);
  for (size_t half = LANES / 2; half; half /= 2)
    for (size_t i = 0; i < half; i++) s[i] += s[i + half];
  return s[0];
}

static float dot(const float *a, const float *b, size_t n) {
  lanes s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
  size_t i = 0;
  for (; i + 4 * LANES <= n; i += 4 * LANES) {
    s0 += LOAD(a + i) * LOAD(b + i);
    s1 += LOAD(a + i + LANES) * LOAD(b + i + LANES);
    s2 += LOAD(a + i + 2 * LANES) * LOAD(b + i + 2 * LANES);
    s3 += LOAD(a + i + 3 * LANES) * LOAD(b + i + 3 * LANES);
  }
  for (; i + LANES <= n; i += LANES) s0 += LOAD(a + i) * LOAD(b + i);
  float rest = 0;
  for (; i < n; i++) rest += a[i] * b[i];
  s0 = (s0 + s1) + (s2 + s3);
  return sum_lanes(&s0) + rest;
}

static void dot_streams(const float *const rows[4], const float *query, size_t n, float out[4]) {
  const float *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3];
  lanes s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    lanes q = LOAD(query + i);
    __builtin_prefetch(r0 + i + AHEAD, 0, 2);
    __builtin_prefetch(r1 + i + AHEAD, 0, 2);
    __builtin_prefetch(r2 + i + AHEAD, 0, 2);
    __builtin_prefetch(r3 + i + AHEAD, 0, 2);
    s0 += LOAD(r0 + i) * q;
    s1 += LOAD(r1 + i) * q;
    s2 += LOAD(r2 + i) * q;
    s3 += LOAD(r3 + i) * q;
  }
  float rest[4] = {0};
  for (; i < n; i++)
    for (size_t k = 0; k < 4; k++) rest[k] += rows[k][i] * query[i];
  out[0] = sum_lanes(&s0) + rest[0];
  out[1] = sum_lanes(&s1) + rest[1];
  out[2] = sum_lanes(&s2) + rest[2];
  out[3] = sum_lanes(&s3) + rest[3];
}

static double sum_wide(const wide_lanes *v) {
  double s[LANES / 2], total = 0;
  memcpy(s, v, sizeof s);
  for (size_t i = 0; i < LANES / 2; i++) total += s[i];
  return total;
}

static double dot_wide(const float *a, const float *b, size_t n) {
  wide_lanes s = {0};
  size_t i = 0;
  for (; i + LANES / 2 <= n; i += LANES / 2) s += WIDE(a + i) * WIDE(b + i);
  double total = sum_wide(&s);
  for (; i < n; i++) total += (double)a[i] * (double)b[i];
  return total;
}

static double distance_wide(const float *a, const float *b, size_t n) {
  wide_lanes s = {0};
  size_t i = 0;
  for (; i + LANES / 2 <= n; i += LANES / 2) {
    wide_lanes difference = WIDE(a + i) - WIDE(b + i);
    s += difference * difference;
  }
  double total = sum_wide(&s);
  for (; i < n; i++) {
    double difference = (double)a[i] - (double)b[i];
    total += difference * difference;
  }
  return total;
}

static float sum(const float *x, size_t n) {
  lanes s = {0};
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) s += LOAD(x + i);
  float rest = 0;
  for (; i < n; i++) rest += x[i];
  return sum_lanes(&s) + rest;
}

static void max_into(float *restrict y, const float *restrict x, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = x[i] > y[i] ? x[i] : y[i];
}

static float max(const float *x, size_t n) {
  float best[LANES], top = x[0];
  for (size_t i = 0; i < LANES; i++) best[i] = top;
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) max_into(best, x + i, LANES);
  for (; i < n; i++) top = x[i] > top ? x[i] : top;
  for (i = 0; i < LANES; i++) top = best[i] > top ? best[i] : top;
  return top;
}

static void add(float *restrict y, const float *restrict x, float alpha, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] += alpha * x[i];
}

static void scale(float *x, float alpha, size_t n) {
  for (size_t i = 0; i < n; i++) x[i] *= alpha;
}

static void add_product(float *restrict y, const float *restrict a, const float *restrict b, float alpha, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] += alpha * (a[i] * b[i]);
}

/* e^x = 2^k e^r with |r| <= ln 2 / 2; k rounded by adding 1.5 x 2^23, ln 2 in two parts (Cody and Waite), e^r by its series. */
static inline float exp_of(float x) {
  x = x > -87.0F ? x : -87.0F;
  x = x < 88.0F ? x : 88.0F;
  float k = (x * 1.44269504F + 12582912.0F) - 12582912.0F;
  float r = (x - k * 0.693359375F) + k * 2.12194440e-4F;
  float series = r * (1.0F / 5040) + 1.0F / 720;
  series = series * r + 1.0F / 120;
  series = series * r + 1.0F / 24;
  series = series * r + 1.0F / 6;
  series = series * r + 0.5F;
  series = series * r + 1.0F;
  series = series * r + 1.0F;
  int32_t power = ((int32_t)k + 127) * (1 << 23);
  float two_to_k;
  memcpy(&two_to_k, &power, sizeof power);
  return series * two_to_k;
}

static void exp_minus(float *restrict y, const float *restrict x, float shift, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = exp_of(x[i] - shift);
}

static void add_exp_minus(float *restrict y, const float *restrict x, const float *restrict shift, const float *restrict factor,
                          float alpha, size_t n) {
  if (factor)
    for (size_t i = 0; i < n; i++) y[i] += alpha * (exp_of(x[i] - shift[i]) * factor[i]);
  else
    for (size_t i = 0; i < n; i++) y[i] += alpha * exp_of(x[i] - shift[i]);
}

static uint32_t largest(const float *x, size_t n) {
  uint32_t top = 0;
  for (size_t i = 0; i < n; i++) {
    uint32_t bits;
    memcpy(&bits, x + i, sizeof bits);
    bits &= 0x7FFFFFFFU;
    top = bits > top ? bits : top;
  }
  return top;
}

/* Adding 1.5 x 2^23 rounds to whole numbers. */
static void quantize(int8_t *restrict out, const float *restrict x, float inverse, size_t n, float sums[2]) {
  lanes all = {0}, left = {0};
  size_t i = 0;
  float rest[2] = {0};
  for (; i + LANES <= n; i += LANES) {
    lanes many = LOAD(x + i) * inverse, wholes = (many + 12582912.0F) - 12582912.0F;
    all += many * many;
    left += (many - wholes) * (many - wholes);
    *(byte_lanes *)(out + i) = __builtin_convertvector(__builtin_convertvector(wholes, whole_lanes), byte_lanes);
  }
  for (; i < n; i++) {
    float v = x[i] * inverse, whole = (v + 12582912.0F) - 12582912.0F;
    rest[0] += v * v;
    rest[1] += (v - whole) * (v - whole);
    out[i] = (int8_t)whole;
  }
  sums[0] = sum_lanes(&all) + rest[0];
  sums[1] = sum_lanes(&left) + rest[1];
}

static void standardize(float *restrict out, const float *restrict x, const float *restrict mean, const float *restrict deviation,
                        const float *restrict weight, float limit, size_t n) {
  for (size_t i = 0; i < n; i++) {
    float v = (x[i] - mean[i]) / deviation[i];
    v = v < -limit ? -limit : v;
    v = v > limit ? limit : v;
    out[i] = v * weight[i];
  }
}

static void adam(float *restrict value, const float *restrict gradient, float *restrict mean, float *restrict square,
                 struct hl_adam_rates rates, size_t n) {
  for (size_t i = 0; i < n; i++) {
    float g = gradient[i], m = 0.9F * mean[i] + 0.1F * g, s = 0.999F * square[i] + 0.001F * (g * g);
    mean[i] = m;
    square[i] = s;
    value[i] -= rates.step * m / (sqrtf(s * rates.keep) + 1e-8F);
  }
}

const struct hl_kernels TABLE = {
    .dot = dot,
    .dot_streams = dot_streams,
    .dot_wide = dot_wide,
    .distance_wide = distance_wide,
    .max = max,
    .sum = sum,
    .add = add,
    .scale = scale,
    .max_into = max_into,
    .add_product = add_product,
    .exp_minus = exp_minus,
    .add_exp_minus = add_exp_minus,
    .largest = largest,
    .quantize = quantize,
    .standardize = standardize,
    .adam = adam,
};
