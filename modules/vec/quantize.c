/* SPDX-License-Identifier: MIT */
#include "vec/quantize.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "vec/kernels.h"
#include "vec/quantized_layout.h"
#include "vec/scan_int8.h"

enum { BLOCK = 256, LARGEST = 127, INFINITE_BITS = 0x7F800000 };

/* Sixteen lanes, their sum, and room for a few operations more. */
double hl_rounding(size_t n) { return ((double)n / 16 + 64) * 0x1p-24; }

/* Scales, residuals and lengths are read a panel at a time from any row on. */
static size_t padded_terms(const struct hl_quantized *q) { return padded_rows(q) + HL_INT8_PANEL; }

size_t hl_quantized_size(const struct hl_quantized *q) {
  return q->stride * padded_rows(q) + 3 * sizeof(float) * padded_terms(q);
}

void set_quantized_shape(struct hl_quantized *q, size_t rows, size_t cols) {
  size_t widths = cols ? (cols + HL_INT8_ALIGN - 1) / HL_INT8_ALIGN : 1;
  *q = (struct hl_quantized){.rows = rows, .cols = cols, .stride = widths * HL_INT8_ALIGN};
}

void set_quantized_memory(struct hl_quantized *q, void *memory) {
  q->digits = memory;
  q->scale = (float *)(void *)(q->digits + q->stride * padded_rows(q));
  q->residual = q->scale + padded_terms(q);
  q->length = q->residual + padded_terms(q);
}

bool hl_quantized_alloc(struct hl_quantized *q, size_t rows, size_t cols) {
  set_quantized_shape(q, rows, cols);
  size_t bytes;
  void *memory = __builtin_mul_overflow(rows + HL_INT8_ROWS, q->stride + 4 * sizeof(float), &bytes)
                     ? NULL
                     : hl_alloc_pages(hl_quantized_size(q));
  if (memory)
    set_quantized_memory(q, memory);
  else
    *q = (struct hl_quantized){0};
  return memory != NULL;
}

void hl_quantized_free(struct hl_quantized *q) {
  if (q->map)
    munmap(q->map, q->map_size);
  else
    free(q->digits);
  *q = (struct hl_quantized){0};
}

/* The least float that is not below value. */
static float round_up(double value) {
  float rounded = (float)value;
  return (double)rounded < value ? nextafterf(rounded, INFINITY) : rounded;
}

/* Where x / scale is computed as v, it is off by 127 * 2^-23 (the rounding of the inverse and of the product) in each number. */
static double residual_of(float left, size_t cols) {
  return sqrt((double)left * (1 + hl_rounding(cols))) + sqrt((double)cols) * 0x1p-16;
}

bool quantize_row(const float *x, size_t cols, struct quantized_row *row) {
  const struct hl_kernels *kernels = hl_kernels();
  uint32_t bits = kernels->largest(x, cols);
  float largest, sums[2];
  if (bits >= INFINITE_BITS) return false;
  memcpy(&largest, &bits, sizeof largest);
  row->scale = largest / LARGEST;
  if (row->scale < FLT_MIN) {
    memset(row->digits, 0, cols);
    row->scale = 0;
    row->residual = row->length = round_up(sqrt(kernels->dot_wide(x, x, cols)));
    return true;
  }
  kernels->quantize(row->digits, x, 1 / row->scale, cols, sums);
  row->length = (float)((double)row->scale * sqrt((double)sums[0]));
  row->residual = round_up((double)row->scale * residual_of(sums[1], cols));
  return row->length <= FLT_MAX;
}

static size_t quantize_rows(const struct hl_quantize *job, size_t from, size_t end) {
  for (size_t i = from; i < end; i++) {
    struct quantized_row row = {.digits = job->out->digits + i * job->out->stride};
    if (!quantize_row(job->data->data + i * job->data->cols, job->data->cols, &row)) return i + 1;
    job->out->scale[i] = row.scale;
    job->out->residual[i] = row.residual;
    job->out->length[i] = row.length;
  }
  return 0;
}

size_t hl_quantize_parts(const struct hl_quantize *job) { return (job->data->rows + BLOCK - 1) / BLOCK; }

void hl_quantize_part(const struct hl_quantize *job, size_t part) {
  size_t from = part * BLOCK, left = job->data->rows - from;
  job->refused[part] = quantize_rows(job, from, from + (left < BLOCK ? left : BLOCK));
}
