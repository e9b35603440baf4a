/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "vec/kernels.h"
#include "vec/vec.h"

/* Columns are summed in groups small enough for the stack. */
enum { GROUP = 512 };

/* Per column of a group, the sum of value or, around given means, of its squared distance. */
static void sum_group(const struct hl_matrix *x, size_t from, size_t count, const float *means, double sums[GROUP]) {
  memset(sums, 0, count * sizeof *sums);
  for (size_t row = 0; row < x->rows; row++) {
    const float *values = x->data + row * x->cols + from;
    if (means)
      for (size_t i = 0; i < count; i++) {
        double distance = (double)values[i] - (double)means[from + i];
        sums[i] += distance * distance;
      }
    else
      for (size_t i = 0; i < count; i++) sums[i] += (double)values[i];
  }
}

static void sum_columns(const struct hl_matrix *x, const float *means, double scale, bool root, float *out) {
  double sums[GROUP];
  for (size_t from = 0; from < x->cols; from += GROUP) {
    size_t count = x->cols - from < GROUP ? x->cols - from : GROUP;
    sum_group(x, from, count, means, sums);
    for (size_t i = 0; i < count; i++) out[from + i] = (float)(root ? sqrt(sums[i] * scale) : sums[i] * scale);
  }
}

static double per_row(const struct hl_matrix *x) { return x->rows ? 1 / (double)x->rows : 0; }

void hl_column_sums(const struct hl_matrix *x, float *sums) { sum_columns(x, NULL, 1, false, sums); }

void hl_column_means(const struct hl_matrix *x, float *means) { sum_columns(x, NULL, per_row(x), false, means); }

void hl_column_deviations(const struct hl_matrix *x, const float *means, float *deviations) {
  sum_columns(x, means, per_row(x), true, deviations);
}

void hl_normalize(float *rows, size_t n, size_t cols, float floor, float epsilon, float *divisors) {
  const struct hl_kernels *kernels = hl_kernels();
  for (size_t i = 0; i < n; i++) {
    float *row = rows + i * cols, length = sqrtf(kernels->dot(row, row, cols));
    divisors[i] = fmaxf(length, floor) + epsilon;
    kernels->scale(row, 1 / divisors[i], cols);
  }
}
