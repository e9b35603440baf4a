/* SPDX-License-Identifier: MIT
 *
 * Matrices for the tests.
 */
#ifndef HILUM_TESTS_VEC_MATRICES_H
#define HILUM_TESTS_VEC_MATRICES_H

#include "vec/vec.h"

/* In memory that ends at an unreadable page. Never freed. */
static inline struct hl_matrix zeros(size_t rows, size_t cols) {
  struct hl_matrix m;
  if (!hl_matrix_alloc(&m, rows, cols)) abort();
  float *values = m.data;
  m.data = guard_copy(values, rows * cols * sizeof *values);
  free(values);
  return m;
}

/* Normal numbers. */
static inline struct hl_matrix gaussian(uint64_t seed, size_t rows, size_t cols) {
  struct hl_matrix m = zeros(rows, cols);
  hl_gauss(seed, 0, 1, m.data, rows * cols);
  return m;
}

static inline float at(const struct hl_matrix *m, size_t row, size_t col) { return m->data[row * m->cols + col]; }

#endif
