/* SPDX-License-Identifier: MIT */
#include "core/matrix.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* From LARGE on, memory comes in huge pages where the kernel has them: a scan is bound by memory, and saves a tenth. */
enum { ALIGNMENT = 64, HUGE_PAGE = 2 << 20, LARGE = 4 * HUGE_PAGE };

void *hl_alloc_pages(size_t bytes) {
  if (bytes > PTRDIFF_MAX - HUGE_PAGE) return NULL;
  size_t alignment = bytes < LARGE ? ALIGNMENT : HUGE_PAGE, rounded = (bytes / alignment + 1) * alignment;
  void *memory = aligned_alloc(alignment, rounded);
  if (!memory) return NULL;
  if (bytes >= LARGE) madvise(memory, rounded, MADV_HUGEPAGE);
  return memset(memory, 0, rounded);
}

bool hl_matrix_alloc(struct hl_matrix *m, size_t rows, size_t cols) {
  *m = (struct hl_matrix){0};
  size_t count, bytes;
  if (__builtin_mul_overflow(rows, cols, &count) || __builtin_mul_overflow(count, sizeof(float), &bytes)) return false;
  m->data = hl_alloc_pages(bytes);
  if (!m->data) return false;
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
