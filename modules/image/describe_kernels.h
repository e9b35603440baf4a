/* SPDX-License-Identifier: MIT
 *
 * The descriptor's arithmetic, as loops that compilers vectorise. Included once per instruction set, by describe.c,
 * describe_avx2.c and describe_avx512.c, with KERNEL(name) giving the name its suffix. Sums are taken in a written-out order and
 * nothing is contracted, so that every instruction set gives the same bits.
 */
#include "image/describe_tables.h"

#include <math.h>
#include <string.h>

enum { SIDE = 64, PIXELS = SIDE * SIDE, STRIP = 2048 };

/* Reduction to 64 x 64. */

/* acc += weight * row; the whole rows, which are most, skip the product. */
static void add_row(float *restrict acc, const uint8_t *restrict row, size_t width, float weight) {
  if (weight == 1.0F)
    for (size_t x = 0; x < width; x++) acc[x] += (float)row[x];
  else
    for (size_t x = 0; x < width; x++) acc[x] += weight * (float)row[x];
}

static float span_weight(const struct hl_span *span, size_t i) {
  return i == span->first ? span->head : i == span->last ? span->tail : 1.0F;
}

/* The part of a span's weighted sum that lies in values[0 .. count), which are the positions from `from` on. */
static float sum_span(const struct hl_span *span, const float *values, size_t from, size_t count) {
  size_t begin = span->first < from ? from : span->first, end = span->last + 1 < from + count ? span->last + 1 : from + count;
  float lanes[4] = {0};
  for (size_t i = begin; i < end; i++) lanes[i & 3] += span_weight(span, i) * values[i - from];
  return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

/* Columns from `from` on of one output row: the rows of the span are added first, then the columns of each cell. */
static void reduce_strip(const uint8_t *pixels, size_t width, size_t from, size_t count, const struct hl_span *rows,
                         const struct hl_span columns[SIDE], float out[SIDE]) {
  float acc[STRIP] = {0};
  for (size_t y = rows->first; y <= rows->last; y++) add_row(acc, pixels + y * width + from, count, span_weight(rows, y));
  for (size_t i = 0; i < SIDE; i++)
    if (columns[i].first < from + count && columns[i].last >= from)
      out[i] += rows->scale * columns[i].scale * sum_span(&columns[i], acc, from, count);
}

void KERNEL(hl_area64)(const uint8_t *pixels, size_t width, size_t height, float out[PIXELS]) {
  struct hl_span columns[SIDE];
  for (size_t i = 0; i < SIDE; i++) columns[i] = hl_describe_span(i, width);
  memset(out, 0, PIXELS * sizeof *out);
  for (size_t i = 0; i < SIDE; i++) {
    struct hl_span rows = hl_describe_span(i, height);
    for (size_t from = 0; from < width; from += STRIP)
      reduce_strip(pixels, width, from, width - from < STRIP ? width - from : STRIP, &rows, columns, out + i * SIDE);
  }
}

/* Percentiles. */

/* The value of that rank (0-based) when x is sorted: bisection over the bit patterns of the non-negative floats, which have the
 * same order as the floats. Every step is one vectorised count. */
static float select_rank(const float x[PIXELS], int rank) {
  uint32_t low = 0, high = 0x7F7FFFFF;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    float value;
    memcpy(&value, &middle, sizeof value);
    int count = 0;
    for (size_t i = 0; i < PIXELS; i++) count += x[i] <= value;
    if (count > rank)
      high = middle;
    else
      low = middle + 1;
  }
  float value;
  memcpy(&value, &low, sizeof value);
  return value;
}

/* y = x with its 2nd and 98th percentile mapped to 0 and 1. */
static void stretch(const float *restrict x, float *restrict y) {
  float low = select_rank(x, 81), high = select_rank(x, 4014), range = high - low > 8.0F ? high - low : 8.0F;
  for (size_t i = 0; i < PIXELS; i++) {
    float v = (x[i] - low) / range;
    v = v < -0.5F ? -0.5F : v;
    y[i] = v > 1.5F ? 1.5F : v;
  }
}

/* Gabor energies. A complex Gabor filter is the product of a complex filter along the row and one along the column; its real part
 * is corrected to answer 0 to a constant by taking off a multiple of the Gaussian blur. */

static void pad_row(const float *row, size_t n, float padded[SIDE + 2 * GABOR_RADIUS]) {
  for (size_t i = 0; i < GABOR_RADIUS; i++) padded[i] = row[0], padded[GABOR_RADIUS + n + i] = row[n - 1];
  memcpy(padded + GABOR_RADIUS, row, n * sizeof *row);
}

/* The real (even) and imaginary (odd) part of the row filter, for each row of the n x n image. */
static void filter_rows(const float *image, size_t n, const struct hl_taps *taps, float *restrict real,
                        float *restrict imaginary) {
  float padded[SIDE + 2 * GABOR_RADIUS];
  const float *c = taps->cosine, *s = taps->sine, *p = padded + GABOR_RADIUS;
  for (size_t y = 0; y < n; y++, real += n, imaginary += n) {
    pad_row(image + y * n, n, padded);
    for (size_t x = 0; x < n; x++) {
      const float *q = p + x;
      real[x] = c[0] * q[0] + c[1] * (q[1] + q[-1]) + c[2] * (q[2] + q[-2]) + c[3] * (q[3] + q[-3]) + c[4] * (q[4] + q[-4]);
      imaginary[x] = s[1] * (q[1] - q[-1]) + s[2] * (q[2] - q[-2]) + s[3] * (q[3] - q[-3]) + s[4] * (q[4] - q[-4]);
    }
  }
}

/* The rows of an n x n image that a column filter meets at row y, the edges repeated: rows[GABOR_RADIUS] is row y. */
static void rows_around(const float *image, size_t n, size_t y, const float *rows[2 * GABOR_RADIUS + 1]) {
  for (size_t k = 0; k <= 2 * GABOR_RADIUS; k++) {
    size_t at = y + k < GABOR_RADIUS ? 0 : y + k - GABOR_RADIUS;
    rows[k] = image + (at < n ? at : n - 1) * n;
  }
}

static void even_columns(const float *const rows[2 * GABOR_RADIUS + 1], const float *weight, size_t n, float *restrict out) {
  const float *const *q = rows + GABOR_RADIUS;
  for (size_t x = 0; x < n; x++)
    out[x] = weight[0] * q[0][x] + weight[1] * (q[1][x] + q[-1][x]) + weight[2] * (q[2][x] + q[-2][x]) +
             weight[3] * (q[3][x] + q[-3][x]) + weight[4] * (q[4][x] + q[-4][x]);
}

static void odd_columns(const float *const rows[2 * GABOR_RADIUS + 1], const float *weight, size_t n, float *restrict out) {
  const float *const *q = rows + GABOR_RADIUS;
  for (size_t x = 0; x < n; x++)
    out[x] = weight[1] * (q[1][x] - q[-1][x]) + weight[2] * (q[2][x] - q[-2][x]) + weight[3] * (q[3][x] - q[-3][x]) +
             weight[4] * (q[4][x] - q[-4][x]);
}

/* What the row filter has left of a level, and the energies summed so far over the rows of one row of cells. */
struct filtered {
  float real[PIXELS], imaginary[PIXELS], blur[PIXELS];
  float energy[SIDE], mirrored[SIDE];
};

static void add_energy(float *restrict sum, const float *even, const float *odd, size_t n) {
  for (size_t x = 0; x < n; x++) sum[x] += sqrtf(even[x] * even[x] + odd[x] * odd[x]);
}

/* Adds row y's energies for an orientation and for its mirror image, whose row filter is the complex conjugate. */
static void add_row_energies(struct filtered *f, size_t n, size_t y, const struct hl_gabor *gabor) {
  const float *real[2 * GABOR_RADIUS + 1], *imaginary[2 * GABOR_RADIUS + 1], *blur = f->blur + y * n;
  float cr[SIDE], ci[SIDE], sr[SIDE], si[SIDE], even[SIDE], odd[SIDE], mirrored_even[SIDE], mirrored_odd[SIDE];
  rows_around(f->real, n, y, real);
  rows_around(f->imaginary, n, y, imaginary);
  even_columns(real, gabor->column.cosine, n, cr);
  even_columns(imaginary, gabor->column.cosine, n, ci);
  odd_columns(real, gabor->column.sine, n, sr);
  odd_columns(imaginary, gabor->column.sine, n, si);
  for (size_t x = 0; x < n; x++) {
    float constant = gabor->constant * blur[x];
    even[x] = (cr[x] - si[x] - constant) * gabor->even_scale;
    odd[x] = (ci[x] + sr[x]) * gabor->odd_scale;
    mirrored_even[x] = (cr[x] + si[x] - constant) * gabor->even_scale;
    mirrored_odd[x] = (sr[x] - ci[x]) * gabor->odd_scale;
  }
  add_energy(f->energy, even, odd, n);
  add_energy(f->mirrored, mirrored_even, mirrored_odd, n);
}

/* Ends a row of cells: the square roots of the four cells' mean energies. */
static void finish_cells(float sums[SIDE], size_t n, float out[4]) {
  size_t cell = n / 4;
  for (size_t i = 0; i < 4; i++) {
    float total = 0;
    for (size_t x = 0; x < cell; x++) total += sums[i * cell + x];
    out[i] = sqrtf(total / (float)(cell * cell));
  }
  memset(sums, 0, n * sizeof *sums);
}

static void gabor_pair(struct filtered *f, size_t n, const struct hl_gabor *gabor, float out[16], float mirrored[16]) {
  memset(f->energy, 0, sizeof f->energy);
  memset(f->mirrored, 0, sizeof f->mirrored);
  for (size_t cell = 0; cell < 4; cell++) {
    for (size_t y = cell * n / 4; y < (cell + 1) * n / 4; y++) add_row_energies(f, n, y, gabor);
    finish_cells(f->energy, n, out + cell * 4);
    finish_cells(f->mirrored, n, mirrored + cell * 4);
  }
}

/* One level of the pyramid: 6 orientations of 16 cells. Orientation o and 6 - o mirror each other; 0 and 3 are their own mirrors.
 */
static void gabor_level(const float *image, size_t n, const struct hl_describe_tables *tables, float out[6 * 16]) {
  struct filtered f;
  float unused[16];
  filter_rows(image, n, &tables->gabor[3].row, f.real, f.imaginary); /* frequency 0: the Gaussian */
  for (size_t y = 0; y < n; y++) {
    const float *rows[2 * GABOR_RADIUS + 1];
    rows_around(f.real, n, y, rows);
    even_columns(rows, tables->gabor[0].column.cosine, n, f.blur + y * n);
  }
  for (size_t o = 0; o <= 3; o++) {
    filter_rows(image, n, &tables->gabor[o].row, f.real, f.imaginary);
    gabor_pair(&f, n, &tables->gabor[o], out + o * 16, o % 3 ? out + (6 - o) * 16 : unused);
  }
}

static void halve(const float *restrict image, size_t n, float *restrict out) {
  for (size_t y = 0; y < n / 2; y++)
    for (size_t x = 0; x < n / 2; x++) {
      const float *p = image + 2 * y * n + 2 * x;
      out[y * (n / 2) + x] = 0.25F * (p[0] + p[1] + p[n] + p[n + 1]);
    }
}

static void gabor_pyramid(const float x[PIXELS], const struct hl_describe_tables *tables, float out[288]) {
  float full[PIXELS], half[PIXELS / 4], quarter[PIXELS / 16];
  stretch(x, full);
  halve(full, SIDE, half);
  halve(half, SIDE / 2, quarter);
  gabor_level(full, SIDE, tables, out);
  gabor_level(half, SIDE / 2, tables, out + 96);
  gabor_level(quarter, SIDE / 4, tables, out + 192);
}

/* Grey histogram: 16 cells, 16 bins, each pixel shared between the two nearest bins. */
static void grey_histogram(const float x[PIXELS], float out[256]) {
  memset(out, 0, 256 * sizeof *out);
  for (size_t i = 0; i < PIXELS; i++) {
    float v = x[i] / 16.0F - 0.5F;
    v = v < 0 ? 0 : v;
    v = v > 14.999F ? 14.999F : v;
    size_t bin = (size_t)v;
    float share = v - (float)bin, *cell = out + ((i >> 10) * 4 + ((i & 63) >> 4)) * 16;
    cell[bin] += 1.0F - share;
    cell[bin + 1] += share;
  }
  for (size_t i = 0; i < 256; i++) out[i] = sqrtf(out[i] / 256.0F);
}

/* Local binary patterns: bit b is set where the neighbour, clockwise from the top left, is not darker; 4 cells, 58 uniform codes
 * and one bin for the rest. */
static void binary_patterns(const float x[PIXELS], const uint8_t bin_of[256], float out[236]) {
  static const int down[8] = {-1, -1, -1, 0, 1, 1, 1, 0}, right[8] = {-1, 0, 1, 1, 1, 0, -1, -1};
  float padded[3][SIDE + 2];
  uint32_t counts[236] = {0};
  for (int y = 0; y < SIDE; y++) {
    uint32_t codes[SIDE] = {0};
    for (int k = 0; k < 3; k++) {
      int from = y + k - 1;
      const float *row = x + (from < 0 ? 0 : from < SIDE ? from : SIDE - 1) * SIDE;
      padded[k][0] = row[0], padded[k][SIDE + 1] = row[SIDE - 1];
      memcpy(padded[k] + 1, row, SIDE * sizeof *row);
    }
    for (int b = 0; b < 8; b++) {
      const float *neighbour = padded[1 + down[b]] + 1 + right[b];
      for (int i = 0; i < SIDE; i++) codes[i] |= (uint32_t)(neighbour[i] >= padded[1][1 + i]) << b;
    }
    for (int i = 0; i < SIDE; i++) counts[(y / 32 * 2 + i / 32) * 59 + bin_of[codes[i]]]++;
  }
  for (size_t i = 0; i < 236; i++) out[i] = sqrtf((float)counts[i] / 1024.0F);
}

void KERNEL(hl_describe)(const float x[PIXELS], const struct hl_describe_tables *tables, float out[HL_FEATURES]) {
  gabor_pyramid(x, tables, out);
  grey_histogram(x, out + 288);
  binary_patterns(x, tables->pattern_bin, out + 544);
}
