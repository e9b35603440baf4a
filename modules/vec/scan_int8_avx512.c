/* SPDX-License-Identifier: MIT
 *
 * The loops for AVX-512 VNNI, whose products are of unsigned with signed numbers: rows are taken as number + 128, and 128 times
 * the query is taken off again.
 */
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "vec/scan_int8.h"

enum { AHEAD = 2048 /* bytes between what is read and what is fetched */, WIDTH = 64, LANES = 16, MOST_PANELS = 4 };

void hl_int8_dot_streams_avx512(const int8_t *const rows[HL_INT8_STREAMS], const struct hl_digits *query, size_t n,
                                int32_t out[HL_INT8_STREAMS]) {
  __m512i zero = _mm512_setzero_si512(), flip = _mm512_set1_epi8(-128), high_offset = zero, low_offset = zero;
  __m512i high[HL_INT8_STREAMS] = {zero, zero, zero, zero}, low[HL_INT8_STREAMS] = {zero, zero, zero, zero};
  for (size_t i = 0; i < n; i += WIDTH) {
    __m512i h = _mm512_loadu_si512(query->high + i), l = _mm512_loadu_si512(query->low + i);
    high_offset = _mm512_dpbusd_epi32(high_offset, flip, h);
    low_offset = _mm512_dpbusd_epi32(low_offset, flip, l);
    for (size_t s = 0; s < HL_INT8_STREAMS; s++) {
      __builtin_prefetch(rows[s] + i + AHEAD, 0, 2);
      __m512i row = _mm512_xor_si512(_mm512_loadu_si512(rows[s] + i), flip);
      high[s] = _mm512_dpbusd_epi32(high[s], row, h);
      low[s] = _mm512_dpbusd_epi32(low[s], row, l);
    }
  }
  __m128i shift = _mm_cvtsi32_si128((int)query->shift);
  for (size_t s = 0; s < HL_INT8_STREAMS; s++) {
    __m512i h = _mm512_sub_epi32(high[s], high_offset), l = _mm512_sub_epi32(low[s], low_offset);
    out[s] = _mm512_reduce_add_epi32(_mm512_add_epi32(_mm512_sll_epi32(h, shift), l));
  }
}

/* 128 times the sum of each query of a panel. */
static inline __m512i offset_of(const int8_t *panel, size_t n) {
  __m512i sum = _mm512_setzero_si512();
  for (size_t i = 0; i < n; i += 4, panel += WIDTH)
    sum = _mm512_dpbusd_epi32(sum, _mm512_set1_epi8(-128), _mm512_loadu_si512(panel));
  return sum;
}

/* Four rows with up to MOST_PANELS panels; panels is a constant where this is inlined, so that the sums stay in registers. */
__attribute__((always_inline)) static inline void multiply(const int8_t *rows, const int8_t *first, size_t panels,
                                                           const __m512i *offsets, size_t n, int32_t *out, size_t stride) {
  __m512i flip = _mm512_set1_epi8(-128), sums[4][MOST_PANELS], queries[MOST_PANELS];
  for (size_t r = 0; r < 4; r++)
    for (size_t p = 0; p < panels; p++) sums[r][p] = _mm512_setzero_si512();
  for (size_t i = 0; i < n; i += 4) {
    for (size_t p = 0; p < panels; p++) queries[p] = _mm512_loadu_si512(first + (p * n + i) * HL_INT8_PANEL);
    for (size_t r = 0; r < 4; r++) {
      int32_t four;
      memcpy(&four, rows + r * n + i, sizeof four);
      __m512i row = _mm512_xor_si512(_mm512_set1_epi32(four), flip);
      for (size_t p = 0; p < panels; p++) sums[r][p] = _mm512_dpbusd_epi32(sums[r][p], row, queries[p]);
    }
  }
  for (size_t r = 0; r < 4; r++)
    for (size_t p = 0; p < panels; p++)
      _mm512_storeu_si512(out + r * stride + p * LANES, _mm512_sub_epi32(sums[r][p], offsets[p]));
}

__attribute__((always_inline)) static inline void multiply_panels(const int8_t *rows, const int8_t *first, size_t panels, size_t n,
                                                                  int32_t *out, size_t stride) {
  __m512i offsets[MOST_PANELS];
  for (size_t p = 0; p < panels; p++) offsets[p] = offset_of(first + p * n * HL_INT8_PANEL, n);
  for (size_t r = 0; r < HL_INT8_ROWS; r += 4) multiply(rows + r * n, first, panels, offsets, n, out + r * stride, stride);
}

void hl_int8_multiply_avx512(const int8_t *rows, const int8_t *panels, size_t count, size_t n, int32_t *out) {
  size_t stride = count * HL_INT8_PANEL, done = 0;
  for (; done + MOST_PANELS <= count; done += MOST_PANELS)
    multiply_panels(rows, panels + done * n * HL_INT8_PANEL, MOST_PANELS, n, out + done * HL_INT8_PANEL, stride);
  for (; done < count; done++)
    multiply_panels(rows, panels + done * n * HL_INT8_PANEL, 1, n, out + done * HL_INT8_PANEL, stride);
}

size_t hl_int8_reach_avx512(const int32_t *dots, const float *const many[HL_TERMS], const float one[HL_TERMS], size_t n,
                            uint32_t *found) {
  size_t count = 0;
  for (size_t i = 0; i < n; i += LANES) {
    __m512 product = _mm512_cvtepi32_ps(_mm512_loadu_si512(dots + i));
    product = _mm512_mul_ps(_mm512_mul_ps(product, _mm512_loadu_ps(many[0] + i)), _mm512_set1_ps(one[0]));
    __m512 residual = _mm512_mul_ps(_mm512_loadu_ps(many[1] + i), _mm512_set1_ps(one[1]));
    __m512 length = _mm512_mul_ps(_mm512_loadu_ps(many[2] + i), _mm512_set1_ps(one[2]));
    __m512 base = _mm512_add_ps(_mm512_loadu_ps(many[3] + i), _mm512_set1_ps(one[3]));
    __m512 margin = _mm512_add_ps(_mm512_add_ps(product, residual), _mm512_add_ps(length, base));
    unsigned mask = _mm512_cmp_ps_mask(margin, _mm512_setzero_ps(), _CMP_NLT_UQ);
    for (; mask; mask &= mask - 1) found[count++] = (uint32_t)i + (uint32_t)__builtin_ctz(mask);
  }
  return count;
}
#endif
