/* SPDX-License-Identifier: MIT
 *
 * The header of NumPy's .npy files, versions 1.0 and 2.0 (NEP 1; numpy/lib/format.py): a magic number, a length, and a Python
 * dictionary with the type, order and shape of the numbers that follow. Strict: what NumPy does not write is refused. Any thread.
 */
#ifndef HILUM_NPY_HEADER_H
#define HILUM_NPY_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

enum {
  HL_NPY_HEADER_MAX = 1 << 16, /* the most that hl_npy_parse looks at */
  HL_NPY_WRITTEN = 128         /* what hl_npy_format writes: the data then begin on a multiple of 64 */
};

struct hl_npy_info {
  char type;       /* 'f', 'i' or 'u' */
  uint8_t width;   /* bytes of a number: 1, 2, 4 or 8 */
  bool big_endian; /* false for one byte */
  bool fortran;    /* columns follow each other, not rows */
  uint8_t dimensions;
  size_t rows, cols; /* one dimension: rows x 1 */
  size_t offset;     /* of the data in the file */
};

/* Parses the beginning of a file, of which size bytes (or the whole) are given. False: err, whose message has no path; two
 * dimensions at most, and a total size in bytes that fits in size_t. */
bool hl_npy_parse(const uint8_t *bytes, size_t size, struct hl_npy_info *info, struct hl_error *err);

/* The header of a float32 matrix in C order. Its length is the same for any number of rows, so that rows can be added in place.
 */
void hl_npy_format(uint8_t header[HL_NPY_WRITTEN], size_t rows, size_t cols);

/* Bytes of data. */
static inline size_t hl_npy_size(const struct hl_npy_info *info) { return info->rows * info->cols * info->width; }

#endif
