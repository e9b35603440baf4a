/* SPDX-License-Identifier: MIT
 *
 * The loops for AVX-512 VNNI, whose products are of unsigned with signed numbers: rows are taken as number + 128, and 128 times
 * the query is taken off again.
 */
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "vec/scan_int8.h"

enum { WIDTH = 64, LANES = 16, MOST_PANELS = 4, DEPTH = 256 };

/* What _mm512_dpbusd_epi32 does; around that, GCC 12 copies every sum twice. */
static inline __m512i add_products(__m512i sum, __m512i row, __m512i queries) {
  __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(row), "v"(queries));
  return sum;
}

void hl_int8_dot_streams_avx512(const int8_t *const rows[HL_INT8_STREAMS], const int8_t *const next[HL_INT8_STREAMS],
                                const struct hl_digits *query, size_t n, int32_t out[HL_INT8_STREAMS]) {
  __m512i zero = _mm512_setzero_si512(), flip = _mm512_set1_epi8(-128), high_offset = zero, low_offset = zero;
  __m512i high[HL_INT8_STREAMS] = {zero, zero, zero, zero}, low[HL_INT8_STREAMS] = {zero, zero, zero, zero};
  for (size_t i = 0; i < n; i += WIDTH) {
    __m512i h = _mm512_loadu_si512(query->high + i), l = _mm512_loadu_si512(query->low + i);
    high_offset = add_products(high_offset, flip, h);
    low_offset = add_products(low_offset, flip, l);
    for (size_t s = 0; s < HL_INT8_STREAMS; s++) {
      __builtin_prefetch(next[s] + i, 0, 2);
      __m512i row = _mm512_xor_si512(_mm512_loadu_si512(rows[s] + i), flip);
      high[s] = add_products(high[s], row, h);
      low[s] = add_products(low[s], row, l);
    }
  }
  __m128i shift = _mm_cvtsi32_si128((int)query->shift);
  for (size_t s = 0; s < HL_INT8_STREAMS; s++) {
    __m512i h = _mm512_sub_epi32(high[s], high_offset), l = _mm512_sub_epi32(low[s], low_offset);
    out[s] = _mm512_reduce_add_epi32(_mm512_add_epi32(_mm512_sll_epi32(h, shift), l));
  }
}

/* One step of the product: DEPTH numbers of all rows, as unsigned, and of some panels fit the first cache together. */
struct step {
  uint8_t rows[HL_INT8_ROWS][DEPTH];
  const int8_t *panels; /* apart bytes after each other */
  size_t apart, depth;
  int32_t *out;
  size_t stride; /* of out */
};

static void flip_rows(struct step *step, const int8_t *rows, size_t n) {
  for (size_t r = 0; r < HL_INT8_ROWS; r++)
    for (size_t i = 0; i < step->depth; i += WIDTH) {
      __m512i row = _mm512_xor_si512(_mm512_loadu_si512(rows + r * n + i), _mm512_set1_epi8(-128));
      _mm512_storeu_si512(step->rows[r] + i, row);
    }
}

/* Sums begin at minus 128 times the sum of each query. */
static void begin_sums(const int8_t *panel, size_t n, int32_t *out, size_t stride) {
  __m512i sum = _mm512_setzero_si512();
  for (size_t i = 0; i < n; i += 4) sum = _mm512_dpbusd_epi32(sum, _mm512_set1_epi8(-128), _mm512_loadu_si512(panel + i * LANES));
  for (size_t r = 0; r < HL_INT8_ROWS; r++) _mm512_storeu_si512(out + r * stride, _mm512_sub_epi32(_mm512_setzero_si512(), sum));
}

/* Numbers i to i + 3 of a row, for every query. */
static inline __m512i four_of(const struct step *step, size_t row, size_t i) {
  int32_t four;
  memcpy(&four, step->rows[row] + i, sizeof four);
  return _mm512_set1_epi32(four);
}

/* Adds the products of four rows. Inlined with a constant number of panels, so that the sums stay in registers. */
__attribute__((always_inline)) static inline void multiply(const struct step *step, size_t row, size_t panels) {
  __m512i sums[4][MOST_PANELS];
  int32_t *out = step->out + row * step->stride;
  for (size_t r = 0; r < 4; r++)
    for (size_t p = 0; p < panels; p++) sums[r][p] = _mm512_loadu_si512(out + r * step->stride + p * LANES);
  for (size_t i = 0; i < step->depth; i += 4) {
    __m512i r0 = four_of(step, row, i), r1 = four_of(step, row + 1, i), r2 = four_of(step, row + 2, i),
            r3 = four_of(step, row + 3, i);
    for (size_t p = 0; p < panels; p++) {
      __m512i queries = _mm512_loadu_si512(step->panels + p * step->apart + i * LANES);
      sums[0][p] = add_products(sums[0][p], r0, queries);
      sums[1][p] = add_products(sums[1][p], r1, queries);
      sums[2][p] = add_products(sums[2][p], r2, queries);
      sums[3][p] = add_products(sums[3][p], r3, queries);
    }
  }
  for (size_t r = 0; r < 4; r++)
    for (size_t p = 0; p < panels; p++) _mm512_storeu_si512(out + r * step->stride + p * LANES, sums[r][p]);
}

/* Functions of their own: inlined into the loops over rows, they would lack registers. */
__attribute__((noinline)) static void multiply_most(const struct step *step, size_t row) { multiply(step, row, MOST_PANELS); }
__attribute__((noinline)) static void multiply_one(const struct step *step, size_t row) { multiply(step, row, 1); }

void hl_int8_multiply_avx512(const int8_t *rows, const int8_t *panels, size_t count, size_t n, int32_t *out) {
  struct step step = {.apart = n * HL_INT8_PANEL, .stride = count * HL_INT8_PANEL};
  for (size_t p = 0; p < count; p++) begin_sums(panels + p * step.apart, n, out + p * LANES, step.stride);
  for (size_t i = 0; i < n; i += DEPTH) {
    step.depth = n - i < DEPTH ? n - i : DEPTH;
    flip_rows(&step, rows + i, n);
    for (size_t done = 0, some; done < count; done += some) {
      some = count - done < MOST_PANELS ? 1 : MOST_PANELS;
      step.panels = panels + done * step.apart + i * HL_INT8_PANEL;
      step.out = out + done * LANES;
      for (size_t row = 0; row < HL_INT8_ROWS; row += 4) (some == 1 ? multiply_one : multiply_most)(&step, row);
    }
  }
}

size_t hl_int8_reach_avx512(const int32_t *dots, const float *const many[HL_TERMS], const float one[HL_TERMS], size_t n,
                            uint32_t *found) {
  size_t count = 0;
  for (size_t i = 0; i < n; i += LANES) {
    __m512 product = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_loadu_si512(dots + i)), _mm512_loadu_ps(many[0] + i));
    __m512 margin = _mm512_add_ps(_mm512_loadu_ps(many[3] + i), _mm512_set1_ps(one[3]));
    margin = _mm512_fmadd_ps(product, _mm512_set1_ps(one[0]), margin);
    margin = _mm512_fmadd_ps(_mm512_loadu_ps(many[1] + i), _mm512_set1_ps(one[1]), margin);
    margin = _mm512_fmadd_ps(_mm512_loadu_ps(many[2] + i), _mm512_set1_ps(one[2]), margin);
    unsigned mask = _mm512_cmp_ps_mask(margin, _mm512_setzero_ps(), _CMP_NLT_UQ);
    for (; mask; mask &= mask - 1) found[count++] = (uint32_t)i + (uint32_t)__builtin_ctz(mask);
  }
  return count;
}
#endif
