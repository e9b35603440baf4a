/* SPDX-License-Identifier: MIT
 *
 * The wave front of unfilter.h, once for every vector width. Whoever includes it has defined LANES (bytes in a vector), vec and
 * the primitives below it on vectors of LANES bytes: zero(), add(a, b), bit_and(a, b), choose(mask, yes, no), fill_lanes(bytes),
 * average(a, b) rounded down, paeth(left, up, corner), move_down(v) (lane i gets lane i - 1), load_span(row, at, size) (bytes
 * at.. of a row of size bytes, 0 outside of it), store_span(row, at, size, v), interleave_low(a, b), interleave_high(a, b) within
 * 128 bits, transpose_lanes(v) (of 128 bits, among v[0], v[16], ...).
 *
 * Lane r of a vector belongs to row r of a block; lane 0 to the finished row above it. At step t lane r is at byte t - r *
 * pixel_bytes: what its pixel needs from the left, lane r had pixel_bytes steps ago; what it needs from above, lane r - 1 had at
 * the same time. Rows become such slanted columns, and columns rows again, by loading each row that much further left and
 * transposing a square of bytes.
 */
#include "image/unfilter.h"

enum { BLOCK_ROWS = LANES - 1, MAX_PIXEL_BYTES = 8 };

/* All filters at once: Sub, Up and None are Paeth with some of its three neighbours taken for 0. */
struct filters {
  vec use_left, use_up, use_corner, use_average; /* 255 in the lanes of rows that do */
};

struct front {
  vec left[MAX_PIXEL_BYTES], corner[MAX_PIXEL_BYTES];
};

static struct filters read_filters(const struct hl_filtered *f, size_t first, size_t rows) {
  uint8_t left[LANES] = {0}, up[LANES] = {0}, corner[LANES] = {0}, mean[LANES] = {0};
  for (size_t row = 0; row < rows; row++) {
    uint8_t filter = f->in[(first + row) * (f->row_bytes + 1)];
    left[row + 1] = filter == 1 || filter == 4 ? 255 : 0;
    up[row + 1] = filter == 2 || filter == 4 ? 255 : 0;
    mean[row + 1] = filter == 3 ? 255 : 0;
    corner[row + 1] = filter == 4 ? 255 : 0;
  }
  return (struct filters){fill_lanes(left), fill_lanes(up), fill_lanes(corner), fill_lanes(mean)};
}

/* Four perfect shuffles transpose 16 x 16 bytes in every 128-bit lane. */
static inline void transpose_16(vec v[16]) {
  for (int round = 0; round < 4; round++) {
    vec shuffled[16];
    for (int i = 0; i < 8; i++) {
      shuffled[2 * i] = interleave_low(v[i], v[i + 8]);
      shuffled[2 * i + 1] = interleave_high(v[i], v[i + 8]);
    }
    for (int i = 0; i < 16; i++) v[i] = shuffled[i];
  }
}

static inline void transpose(vec square[LANES]) {
  for (int i = 0; i < LANES; i += 16) transpose_16(square + i);
  for (int i = 0; i < 16; i++) transpose_lanes(square + i);
}

static void load_square(const struct hl_filtered *f, size_t first, size_t rows, size_t step, vec square[LANES]) {
  ptrdiff_t at = (ptrdiff_t)step;
  square[0] = first ? load_span(f->out + (first - 1) * f->out_stride, at, f->row_bytes) : zero();
  for (size_t row = 0; row < BLOCK_ROWS; row++) {
    at -= f->pixel_bytes;
    square[row + 1] = row < rows ? load_span(f->in + (first + row) * (f->row_bytes + 1) + 1, at, f->row_bytes) : zero();
  }
}

static void store_square(const struct hl_filtered *f, size_t first, size_t rows, size_t step, const vec square[LANES]) {
  ptrdiff_t at = (ptrdiff_t)step;
  for (size_t row = 0; row < rows; row++) {
    at -= f->pixel_bytes;
    store_span(f->out + (first + row) * f->out_stride, at, f->row_bytes, square[row + 1]);
  }
}

static inline vec undo_step(vec in, vec left, vec up, vec corner, const struct filters *use) {
  vec guess = paeth(bit_and(left, use->use_left), bit_and(up, use->use_up), bit_and(corner, use->use_corner));
  return add(in, choose(use->use_average, average(left, up), guess));
}

/* Advances the front through the first columns of a square, as many whole pixels as fit. Inlined for each constant pixel_bytes.
 */
static inline __attribute__((always_inline)) void advance(vec square[LANES], struct front *front, const struct filters *filters,
                                                          size_t pixel_bytes) {
  struct front now = *front;
  const struct filters use = *filters;
  for (size_t column = 0; column + pixel_bytes <= LANES; column += pixel_bytes)
    for (size_t i = 0; i < pixel_bytes; i++) {
      vec up = move_down(now.left[i]);
      now.left[i] = undo_step(square[column + i], now.left[i], up, now.corner[i], &use);
      now.corner[i] = up;
      square[column + i] = now.left[i];
    }
  *front = now;
}

static void advance_by(vec square[LANES], struct front *front, const struct filters *filters, unsigned pixel_bytes) {
  switch (pixel_bytes) {
  case 1: advance(square, front, filters, 1); break;
  case 2: advance(square, front, filters, 2); break;
  case 3: advance(square, front, filters, 3); break;
  case 4: advance(square, front, filters, 4); break;
  case 6: advance(square, front, filters, 6); break;
  default: advance(square, front, filters, 8); break;
  }
}

static void undo_block(const struct hl_filtered *f, size_t first, size_t rows) {
  const struct filters filters = read_filters(f, first, rows);
  struct front front;
  vec square[LANES];
  size_t stride = LANES - LANES % f->pixel_bytes, steps = f->row_bytes + rows * f->pixel_bytes;
  for (size_t i = 0; i < MAX_PIXEL_BYTES; i++) front.left[i] = front.corner[i] = zero();
  for (size_t step = 0; step < steps; step += stride) {
    load_square(f, first, rows, step, square);
    transpose(square);
    advance_by(square, &front, &filters, f->pixel_bytes);
    transpose(square);
    store_square(f, first, rows, step, square);
  }
}

/* A front costs the same for few rows as for a full block, and as much again for its slant in short rows. */
static void undo_by_waves(const struct hl_filtered *f) {
  size_t first = 0;
  if (f->row_bytes >= 2 * LANES)
    for (size_t rows; (rows = f->rows - first) >= BLOCK_ROWS / 4; first += rows) {
      if (rows > BLOCK_ROWS) rows = BLOCK_ROWS;
      undo_block(f, first, rows);
    }
  hl_unfilter_rows(f, first, f->rows - first);
}
