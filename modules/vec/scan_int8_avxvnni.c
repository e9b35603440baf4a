/* SPDX-License-Identifier: MIT
 *
 * The loops for AVX-VNNI, whose products are of unsigned with signed numbers: rows are taken as number + 128, and 128 times the
 * query is taken off again.
 */
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "vec/scan_int8.h"

enum { WIDTH = 32, LANES = 8 };

static inline __m256i load(const int8_t *p) { return _mm256_loadu_si256((const __m256i *)p); }

static inline int32_t sum_lanes(__m256i v) {
  __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4E));
  return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xB1)));
}

void hl_int8_dot_streams_avxvnni(const int8_t *const rows[HL_INT8_STREAMS], const int8_t *const next[HL_INT8_STREAMS],
                                 const struct hl_digits *query, size_t n, int32_t out[HL_INT8_STREAMS]) {
  __m256i zero = _mm256_setzero_si256(), flip = _mm256_set1_epi8(-128), high_offset = zero, low_offset = zero;
  __m256i high[HL_INT8_STREAMS] = {zero, zero, zero, zero}, low[HL_INT8_STREAMS] = {zero, zero, zero, zero};
  for (size_t i = 0; i < n; i += WIDTH) {
    __m256i h = load(query->high + i), l = load(query->low + i);
    high_offset = _mm256_dpbusd_avx_epi32(high_offset, flip, h);
    low_offset = _mm256_dpbusd_avx_epi32(low_offset, flip, l);
    for (size_t s = 0; s < HL_INT8_STREAMS; s++) {
      __builtin_prefetch(next[s] + i, 0, 2);
      __m256i row = _mm256_xor_si256(load(rows[s] + i), flip);
      high[s] = _mm256_dpbusd_avx_epi32(high[s], row, h);
      low[s] = _mm256_dpbusd_avx_epi32(low[s], row, l);
    }
  }
  __m128i shift = _mm_cvtsi32_si128((int)query->shift);
  for (size_t s = 0; s < HL_INT8_STREAMS; s++) {
    __m256i h = _mm256_sub_epi32(high[s], high_offset), l = _mm256_sub_epi32(low[s], low_offset);
    out[s] = sum_lanes(_mm256_add_epi32(_mm256_sll_epi32(h, shift), l));
  }
}

/* 128 times the sum of each query of half a panel. */
static inline __m256i offset_of(const int8_t *half, size_t n) {
  __m256i sum = _mm256_setzero_si256();
  for (size_t i = 0; i < n; i += 4, half += 4 * HL_INT8_PANEL)
    sum = _mm256_dpbusd_avx_epi32(sum, _mm256_set1_epi8(-128), load(half));
  return sum;
}

/* Four rows with one panel. */
static inline void multiply(const int8_t *rows, const int8_t *panel, const __m256i offsets[2], size_t n, int32_t *out,
                            size_t stride) {
  __m256i zero = _mm256_setzero_si256(), flip = _mm256_set1_epi8(-128);
  __m256i sums[4][2] = {{zero, zero}, {zero, zero}, {zero, zero}, {zero, zero}};
  for (size_t i = 0; i < n; i += 4, panel += 4 * HL_INT8_PANEL) {
    __m256i queries[2] = {load(panel), load(panel + WIDTH)};
    for (size_t r = 0; r < 4; r++) {
      int32_t four;
      memcpy(&four, rows + r * n + i, sizeof four);
      __m256i row = _mm256_xor_si256(_mm256_set1_epi32(four), flip);
      for (size_t half = 0; half < 2; half++) sums[r][half] = _mm256_dpbusd_avx_epi32(sums[r][half], row, queries[half]);
    }
  }
  for (size_t r = 0; r < 4; r++)
    for (size_t half = 0; half < 2; half++)
      _mm256_storeu_si256((__m256i *)(out + r * stride + half * LANES), _mm256_sub_epi32(sums[r][half], offsets[half]));
}

void hl_int8_multiply_avxvnni(const int8_t *rows, const int8_t *panels, size_t count, size_t n, int32_t *out) {
  size_t stride = count * HL_INT8_PANEL;
  for (size_t p = 0; p < count; p++) {
    const int8_t *panel = panels + p * HL_INT8_PANEL * n;
    __m256i offsets[2] = {offset_of(panel, n), offset_of(panel + WIDTH, n)};
    for (size_t r = 0; r < HL_INT8_ROWS; r += 4)
      multiply(rows + r * n, panel, offsets, n, out + r * stride + p * HL_INT8_PANEL, stride);
  }
}

size_t hl_int8_reach_avxvnni(const int32_t *dots, const float *const many[HL_TERMS], const float one[HL_TERMS], size_t n,
                             uint32_t *found) {
  return hl_int8_reach_avx2(dots, many, one, n, found);
}
#endif
