/* SPDX-License-Identifier: MIT */
#include "image/unfilter.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/cpu.h"

enum { NONE, SUB, UP, AVERAGE, PAETH };

static uint8_t predict_paeth(int left, int up, int corner) {
  int to_left = abs(up - corner), to_up = abs(left - corner), to_corner = abs(left + up - 2 * corner);
  if (to_left <= to_up && to_left <= to_corner) return (uint8_t)left;
  return (uint8_t)(to_up <= to_corner ? up : corner);
}

static void undo_sub(const uint8_t *in, uint8_t *out, size_t size, size_t step) {
  size_t first = size < step ? size : step;
  memmove(out, in, first);
  for (size_t i = first; i < size; i++) out[i] = (uint8_t)(in[i] + out[i - step]);
}

static void undo_up(const uint8_t *in, const uint8_t *above, uint8_t *out, size_t size) {
  for (size_t i = 0; i < size; i++) out[i] = (uint8_t)(in[i] + above[i]);
}

static void undo_average(const uint8_t *in, const uint8_t *above, uint8_t *out, size_t size, size_t step) {
  for (size_t i = 0; i < size; i++) {
    int left = i < step ? 0 : out[i - step], up = above ? above[i] : 0;
    out[i] = (uint8_t)(in[i] + (left + up) / 2);
  }
}

static void undo_paeth(const uint8_t *in, const uint8_t *above, uint8_t *out, size_t size, size_t step) {
  for (size_t i = 0; i < size; i++) {
    uint8_t guess = i < step ? above[i] : predict_paeth(out[i - step], above[i], above[i - step]);
    out[i] = (uint8_t)(in[i] + guess);
  }
}

/* above is NULL for the first row, which counts as a row of zeros: Up is then None, and Paeth is Sub. */
static void undo_row(uint8_t filter, const uint8_t *in, const uint8_t *above, uint8_t *out, size_t size, size_t step) {
  if (filter == AVERAGE)
    undo_average(in, above, out, size, step);
  else if (filter == PAETH && above)
    undo_paeth(in, above, out, size, step);
  else if (filter == UP && above)
    undo_up(in, above, out, size);
  else if (filter == SUB || filter == PAETH)
    undo_sub(in, out, size, step);
  else
    memmove(out, in, size);
}

void hl_unfilter_rows(const struct hl_filtered *f, size_t first, size_t count) {
  for (size_t row = first; row < first + count; row++) {
    const uint8_t *in = f->in + row * (f->row_bytes + 1);
    uint8_t *out = f->out + row * f->out_stride;
    undo_row(in[0], in + 1, row ? out - f->out_stride : NULL, out, f->row_bytes, f->pixel_bytes);
  }
}

void hl_unfilter_portable(const struct hl_filtered *filtered) { hl_unfilter_rows(filtered, 0, filtered->rows); }

void hl_unfilter(const struct hl_filtered *filtered) {
  switch (hl_cpu()) {
#if defined(__x86_64__)
  case HL_CPU_AVX512: hl_unfilter_avx512(filtered); break;
  case HL_CPU_AVX2: hl_unfilter_avx2(filtered); break;
#endif
  default: hl_unfilter_portable(filtered); break;
  }
}
