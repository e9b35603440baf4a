/* SPDX-License-Identifier: MIT
 *
 * What quantize.c and quantize_file.c share: how a struct hl_quantized lies in memory and in a file, and one row of it.
 */
#ifndef HILUM_VEC_QUANTIZED_LAYOUT_H
#define HILUM_VEC_QUANTIZED_LAYOUT_H

#include "vec/quantize.h"
#include "vec/scan_int8.h"

static inline size_t padded_rows(const struct hl_quantized *q) {
  return (q->rows + HL_INT8_ROWS - 1) / HL_INT8_ROWS * HL_INT8_ROWS;
}

/* A closed q of that shape. */
void set_quantized_shape(struct hl_quantized *q, size_t rows, size_t cols);

/* Digits, scales, residuals and lengths lie one after another. */
void set_quantized_memory(struct hl_quantized *q, void *memory);

struct quantized_row {
  int8_t *digits; /* the caller's, cols of them */
  float scale, residual, length;
};

/* False: x has NaN or infinity, or its length is beyond float32. */
bool quantize_row(const float *x, size_t cols, struct quantized_row *row);

#endif
