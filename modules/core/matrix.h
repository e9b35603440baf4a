/* SPDX-License-Identifier: MIT
 *
 * A float32 matrix, row-major and contiguous, in memory of its own or mapped from a file: what image.describe makes, vec computes
 * with, and npy reads and writes. The data start on a 64-byte boundary.
 */
#ifndef HILUM_CORE_MATRIX_H
#define HILUM_CORE_MATRIX_H

#include <stdbool.h>
#include <stddef.h>

struct hl_matrix {
  float *data; /* NULL when closed; non-NULL even for 0 rows */
  size_t rows, cols;
  void *map;       /* base of the mapping that data lies in, NULL if the memory is ours */
  size_t map_size; /* bytes */
  bool readonly;   /* a mapped file: writing would fault */
  int borrows;     /* operations under way that read or write data; main thread only */
};

/* Zeroed memory on a 64-byte boundary for the caller to free; in huge pages when it is large. NULL: there is none. */
void *hl_alloc_pages(size_t bytes);

/* Fills m with zeroed memory for rows x cols. False when the size overflows or memory runs out; m is then closed. */
bool hl_matrix_alloc(struct hl_matrix *m, size_t rows, size_t cols);

/* Frees or unmaps. Idempotent. */
void hl_matrix_free(struct hl_matrix *m);

#endif
