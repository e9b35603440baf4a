/* SPDX-License-Identifier: MIT */
#include "core/matrix.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGNMENT = 64 };

bool hl_matrix_alloc(struct hl_matrix *m, size_t rows, size_t cols) {
  *m = (struct hl_matrix){0};
  size_t count, bytes;
  if (__builtin_mul_overflow(rows, cols, &count) || __builtin_mul_overflow(count, sizeof(float), &bytes) ||
      bytes > PTRDIFF_MAX - ALIGNMENT)
    return false;
  size_t rounded = (bytes / ALIGNMENT + 1) * ALIGNMENT;
  m->data = aligned_alloc(ALIGNMENT, rounded);
  if (!m->data) return false;
  memset(m->data, 0, rounded);
  m->rows = rows;
  m->cols = cols;
  return true;
}

void hl_matrix_free(struct hl_matrix *m) {
  if (m->map)
    munmap(m->map, m->map_size);
  else
    free(m->data);
  m->map = NULL;
  m->data = NULL;
}
