/* SPDX-License-Identifier: MIT
 *
 * Every kernel on every instruction set of this machine: right against float64, inside its arrays, and the same bits as the
 * portable one.
 */
#include "../check.h"
#include "core/cpu.h"
#include "vec/kernels.h"
#include "vec/vec.h"

enum { SIZES = 12 };
static const size_t sizes[SIZES] = {0, 1, 3, 15, 16, 17, 63, 64, 65, 156, 780, 1027};

static float *random_values(uint64_t seed, size_t n) {
  float *values = malloc((n + 1) * sizeof *values);
  hl_gauss(seed, 0, 1, values, n);
  float *guarded = guard_copy(values, n * sizeof *values);
  free(values);
  return guarded;
}

static double exact_dot(const float *a, const float *b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)a[i] * (double)b[i];
  return sum;
}

static void test_sums(const struct hl_kernels *k, size_t n) {
  const float *rows[4] = {random_values(1, n), random_values(2, n), random_values(3, n), random_values(4, n)};
  const float *query = random_values(5, n);
  float out[4];
  double ones = 0;
  k->dot_streams(rows, query, n, out);
  for (int i = 0; i < 4; i++) {
    CHECK_NEAR(out[i], exact_dot(rows[i], query, n), 1e-4);
    CHECK_NEAR(k->dot(rows[i], query, n), exact_dot(rows[i], query, n), 1e-4);
    CHECK(k->dot(rows[i], query, n) == hl_kernels_portable.dot(rows[i], query, n));
  }
  for (size_t i = 0; i < n; i++) ones += (double)query[i];
  CHECK_NEAR(k->sum(query, n), ones, 1e-4);
  if (n) {
    float top = k->max(query, n);
    size_t equal = 0;
    for (size_t i = 0; i < n; i++) {
      CHECK(query[i] <= top);
      equal += query[i] == top;
    }
    CHECK(equal >= 1);
  }
}

static void test_elementwise(const struct hl_kernels *k, size_t n) {
  const float *a = random_values(6, n), *b = random_values(7, n);
  float *y = random_values(8, n), *was = random_values(8, n);
  k->add(y, a, 0.5F, n);
  for (size_t i = 0; i < n; i++) CHECK(y[i] == was[i] + 0.5F * a[i]);
  k->scale(y, 3, n);
  for (size_t i = 0; i < n; i++) CHECK(y[i] == 3 * (was[i] + 0.5F * a[i]));
  memcpy(y, was, n * sizeof *y);
  k->add_product(y, a, b, -2, n);
  for (size_t i = 0; i < n; i++) CHECK(y[i] == was[i] + -2 * (a[i] * b[i]));
  memcpy(y, was, n * sizeof *y);
  k->max_into(y, a, n);
  for (size_t i = 0; i < n; i++) CHECK(y[i] == fmaxf(was[i], a[i]));
}

static void test_exponentials(const struct hl_kernels *k, size_t n) {
  float *x = random_values(9, n), *y = random_values(10, n), *shift = random_values(11, n), *was = random_values(10, n);
  for (size_t i = 0; i < n; i++) x[i] *= 30;
  k->exp_minus(y, x, 0.25F, n);
  for (size_t i = 0; i < n; i++) {
    double wanted = exp(fmin(fmax((double)(x[i] - 0.25F), -87), 88));
    CHECK_NEAR(y[i], wanted, wanted * 2.4e-7);
  }
  memcpy(y, was, n * sizeof *y);
  k->add_exp_minus(y, x, x, shift, 2, n);
  for (size_t i = 0; i < n; i++) CHECK(y[i] == was[i] + 2 * shift[i]);
  memcpy(y, was, n * sizeof *y);
  k->add_exp_minus(y, x, x, NULL, 2, n);
  for (size_t i = 0; i < n; i++) CHECK(y[i] == was[i] + 2);
  float far[2] = {-1e9F, 1e9F};
  k->exp_minus(far + 1, far, 0, 1);
  CHECK(far[1] > 0 && far[1] < 2e-38F);
}

static void test_model_steps(const struct hl_kernels *k, size_t n) {
  float *x = random_values(12, n), *mean = random_values(13, n), *deviation = random_values(14, n),
        *weight = random_values(15, n);
  float *out = random_values(16, n), *value = random_values(17, n), *m = random_values(18, n), *s = random_values(19, n);
  for (size_t i = 0; i < n; i++) deviation[i] = fabsf(deviation[i]) + 0.1F, s[i] = fabsf(s[i]);
  k->standardize(out, x, mean, deviation, weight, 1.5F, n);
  for (size_t i = 0; i < n; i++)
    CHECK_NEAR(out[i], fmin(fmax(((double)x[i] - (double)mean[i]) / (double)deviation[i], -1.5), 1.5) * (double)weight[i], 1e-5);
  for (size_t i = 0; i < n; i++) {
    double g = (double)x[i], m1 = 0.9 * (double)m[i] + 0.1 * g, s1 = 0.999 * (double)s[i] + 0.001 * g * g;
    double wanted = (double)value[i] - 0.01 * m1 / (sqrt(s1 * 2) + 1e-8);
    k->adam(value + i, x + i, m + i, s + i, (struct hl_adam_rates){.step = 0.01F, .keep = 2}, 1);
    CHECK_NEAR(value[i], wanted, 1e-5);
    CHECK_NEAR(m[i], m1, 1e-6);
    CHECK_NEAR(s[i], s1, 1e-6);
  }
}

static void test_same_bits(const struct hl_kernels *k, size_t n) {
  const struct hl_kernels *p = &hl_kernels_portable;
  float *x = random_values(20, n), *a = random_values(21, n), *b = random_values(21, n), *c = random_values(22, n);
  float *m = random_values(23, n), *m2 = random_values(23, n), *s = random_values(24, n), *s2 = random_values(24, n);
  for (size_t i = 0; i < n; i++) s[i] = s2[i] = fabsf(s[i]);
  k->adam(a, x, m, s, (struct hl_adam_rates){.step = 0.01F, .keep = 2}, n);
  p->adam(b, x, m2, s2, (struct hl_adam_rates){.step = 0.01F, .keep = 2}, n);
  CHECK(memcmp(a, b, n * sizeof *a) == 0 && memcmp(m, m2, n * sizeof *m) == 0 && memcmp(s, s2, n * sizeof *s) == 0);
  k->exp_minus(a, x, 0.1F, n);
  p->exp_minus(b, x, 0.1F, n);
  CHECK(memcmp(a, b, n * sizeof *a) == 0);
  k->standardize(a, x, c, s, m, 2, n);
  p->standardize(b, x, c, s, m, 2, n);
  CHECK(memcmp(a, b, n * sizeof *a) == 0);
  CHECK(k->sum(x, n) == p->sum(x, n));
}

int main(void) {
  const struct hl_kernels *tables[3] = {&hl_kernels_portable};
  size_t count = 1;
#if defined(__x86_64__)
  if (hl_cpu() >= HL_CPU_AVX2) tables[count++] = &hl_kernels_avx2;
  if (hl_cpu() >= HL_CPU_AVX512) tables[count++] = &hl_kernels_avx512;
#endif
  CHECK(hl_kernels() == tables[count - 1]);
  for (size_t t = 0; t < count; t++)
    for (size_t i = 0; i < SIZES; i++) {
      test_sums(tables[t], sizes[i]);
      test_elementwise(tables[t], sizes[i]);
      test_exponentials(tables[t], sizes[i]);
      test_model_steps(tables[t], sizes[i]);
      test_same_bits(tables[t], sizes[i]);
    }
  return check_report();
}
