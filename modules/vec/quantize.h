/* SPDX-License-Identifier: MIT
 *
 * Rows of a float32 matrix as int8: row i is nearly scale[i] * digits[i], and what is left over is no longer than residual[i]. A
 * quarter of the memory, which certified.h searches without losing a row. Rows and memory are padded with zeros.
 */
#ifndef HILUM_VEC_QUANTIZE_H
#define HILUM_VEC_QUANTIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/matrix.h"

/* Numbers in a row: more could overflow the 32 bits in which products of digits are summed. */
enum { HL_QUANTIZED_COLS = 1 << 17 };

struct hl_quantized {
  size_t rows, cols;
  size_t stride;   /* cols padded to HL_INT8_ALIGN, and never 0 */
  int8_t *digits;  /* -127 to 127; rows padded to HL_INT8_ROWS; NULL when closed */
  float *scale;    /* 0 for rows too small to be scaled */
  float *residual; /* at least the length of row - scale * digits */
  float *length;   /* of the row, to hl_rounding(cols) of itself */
  void *map;       /* base of the mapping, NULL if the memory is ours */
  size_t map_size; /* bytes */
  int borrows;     /* operations under way that read it; main thread only */
  bool unchecked;  /* a mapped file that may be damaged: nothing found in it counts before every block is sound */
};

/* How far a sum of n float32 products may be off, as a part of the sum of their magnitudes, in the order of the kernels. */
double hl_rounding(size_t n);

/* Zeroed memory for rows x cols (at most HL_QUANTIZED_COLS). False: there is none; q is closed. */
bool hl_quantized_alloc(struct hl_quantized *q, size_t rows, size_t cols);

/* Idempotent. */
void hl_quantized_free(struct hl_quantized *q);

/* Bytes of digits and terms together, as they lie in memory and in a file. */
size_t hl_quantized_size(const struct hl_quantized *q);

/* Quantising, in parts that any threads may do at the same time. */
struct hl_quantize {
  const struct hl_matrix *data;
  struct hl_quantized *out; /* allocated for data's shape */
  size_t *refused;          /* one per part: 1 + the first row with NaN, infinity or a length beyond float32, or 0 */
};

size_t hl_quantize_parts(const struct hl_quantize *job);
void hl_quantize_part(const struct hl_quantize *job, size_t part);

/* Writes q to a file, atomically. */
bool hl_quantized_save(const char *op, const char *path, const struct hl_quantized *q, struct hl_error *err);

/* Maps such a file. Refuses another format or shape, a damaged header, a wrong size, and digits that do not belong to data (a few
 * rows are compared, so that opening takes no longer for large files). The rest is unchecked. */
bool hl_quantized_map(const char *op, const char *path, const struct hl_matrix *data, struct hl_quantized *q,
                      struct hl_error *err);

/* Whether a block of a mapped file is as it was written; any thread. */
size_t hl_quantized_blocks(const struct hl_quantized *q);
bool hl_quantized_is_sound(const struct hl_quantized *q, size_t block);

#endif
