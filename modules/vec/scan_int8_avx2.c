/* SPDX-License-Identifier: MIT
 *
 * The loops for AVX2, which multiplies signed numbers in 16 bits.
 */
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "vec/scan_int8.h"

enum { WIDTH = 16, LANES = 8 };

static inline __m256i load_wide(const int8_t *p) { return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)p)); }

static inline int32_t sum_lanes(__m256i v) {
  __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4E));
  return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xB1)));
}

/* Both digits of the query together fit 16 bits, and two of their products with a row 32. */
void hl_int8_dot_streams_avx2(const int8_t *const rows[HL_INT8_STREAMS], const int8_t *const next[HL_INT8_STREAMS],
                              const struct hl_digits *query, size_t n, int32_t out[HL_INT8_STREAMS]) {
  __m256i sums[HL_INT8_STREAMS] = {_mm256_setzero_si256()};
  __m128i shift = _mm_cvtsi32_si128((int)query->shift);
  for (size_t i = 0; i < n; i += WIDTH) {
    __m256i q = _mm256_add_epi16(_mm256_sll_epi16(load_wide(query->high + i), shift), load_wide(query->low + i));
    for (size_t s = 0; s < HL_INT8_STREAMS; s++) {
      __builtin_prefetch(next[s] + i, 0, 2);
      sums[s] = _mm256_add_epi32(sums[s], _mm256_madd_epi16(load_wide(rows[s] + i), q));
    }
  }
  for (size_t s = 0; s < HL_INT8_STREAMS; s++) out[s] = sum_lanes(sums[s]);
}

/* |row| times the query with the row's sign: as no number is -128, two products fit 16 bits. */
static inline __m256i multiply_four(__m256i sum, __m256i row, __m256i size, __m256i queries) {
  __m256i pairs = _mm256_maddubs_epi16(size, _mm256_sign_epi8(queries, row));
  return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

/* Four rows with one panel. */
static inline void multiply(const int8_t *rows, const int8_t *panel, size_t n, int32_t *out, size_t stride) {
  __m256i sums[4][2] = {{_mm256_setzero_si256()}};
  for (size_t i = 0; i < n; i += 4, panel += 4 * HL_INT8_PANEL) {
    __m256i queries[2] = {_mm256_loadu_si256((const __m256i *)panel), _mm256_loadu_si256((const __m256i *)panel + 1)};
    for (size_t r = 0; r < 4; r++) {
      int32_t four;
      memcpy(&four, rows + r * n + i, sizeof four);
      __m256i row = _mm256_set1_epi32(four), size = _mm256_abs_epi8(row);
      for (size_t half = 0; half < 2; half++) sums[r][half] = multiply_four(sums[r][half], row, size, queries[half]);
    }
  }
  for (size_t r = 0; r < 4; r++)
    for (size_t half = 0; half < 2; half++) _mm256_storeu_si256((__m256i *)(out + r * stride + half * LANES), sums[r][half]);
}

void hl_int8_multiply_avx2(const int8_t *rows, const int8_t *panels, size_t count, size_t n, int32_t *out) {
  size_t stride = count * HL_INT8_PANEL;
  for (size_t p = 0; p < count; p++)
    for (size_t r = 0; r < HL_INT8_ROWS; r += 4)
      multiply(rows + r * n, panels + p * HL_INT8_PANEL * n, n, out + r * stride + p * HL_INT8_PANEL, stride);
}

size_t hl_int8_reach_avx2(const int32_t *dots, const float *const many[HL_TERMS], const float one[HL_TERMS], size_t n,
                          uint32_t *found) {
  size_t count = 0;
  for (size_t i = 0; i < n; i += LANES) {
    __m256 product = _mm256_cvtepi32_ps(_mm256_loadu_si256((const __m256i *)(dots + i)));
    product = _mm256_mul_ps(product, _mm256_loadu_ps(many[0] + i));
    __m256 margin = _mm256_add_ps(_mm256_loadu_ps(many[3] + i), _mm256_set1_ps(one[3]));
    margin = _mm256_fmadd_ps(product, _mm256_set1_ps(one[0]), margin);
    margin = _mm256_fmadd_ps(_mm256_loadu_ps(many[1] + i), _mm256_set1_ps(one[1]), margin);
    margin = _mm256_fmadd_ps(_mm256_loadu_ps(many[2] + i), _mm256_set1_ps(one[2]), margin);
    unsigned mask = (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(margin, _mm256_setzero_ps(), _CMP_NLT_UQ));
    for (; mask; mask &= mask - 1) found[count++] = (uint32_t)i + (uint32_t)__builtin_ctz(mask);
  }
  return count;
}
#endif
