/* SPDX-License-Identifier: MIT */
#if defined(__x86_64__)
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

enum { LANES = 64 };
typedef __m512i vec;

static inline vec zero(void) { return _mm512_setzero_si512(); }
static inline vec add(vec a, vec b) { return _mm512_add_epi8(a, b); }
static inline vec bit_and(vec a, vec b) { return _mm512_and_si512(a, b); }
static inline vec choose(vec mask, vec yes, vec no) { return _mm512_ternarylogic_epi64(mask, yes, no, 0xCA); }
static inline vec fill_lanes(const uint8_t *bytes) { return _mm512_loadu_si512(bytes); }
static inline vec interleave_low(vec a, vec b) { return _mm512_unpacklo_epi8(a, b); }
static inline vec interleave_high(vec a, vec b) { return _mm512_unpackhi_epi8(a, b); }

/* The instruction rounds up: take back the half where a + b is odd. */
static inline vec average(vec a, vec b) {
  vec odd = _mm512_and_si512(_mm512_xor_si512(a, b), _mm512_set1_epi8(1));
  return _mm512_sub_epi8(_mm512_avg_epu8(a, b), odd);
}

/* Distances to left + up - corner without leaving 8 bits: up - corner and left - corner are kept as two non-negative parts each.
 * Where they have the same sign the sum saturates, harmlessly: the corner is then never the nearest. */
static inline vec paeth(vec left, vec up, vec corner) {
  vec up_over = _mm512_subs_epu8(up, corner), up_under = _mm512_subs_epu8(corner, up);
  vec left_over = _mm512_subs_epu8(left, corner), left_under = _mm512_subs_epu8(corner, left);
  vec over = _mm512_adds_epu8(up_over, left_over), under = _mm512_adds_epu8(up_under, left_under);
  vec to_left = _mm512_or_si512(up_over, up_under), to_up = _mm512_or_si512(left_over, left_under);
  vec to_corner = _mm512_or_si512(_mm512_subs_epu8(over, under), _mm512_subs_epu8(under, over));
  __mmask64 is_up = _mm512_cmple_epu8_mask(to_up, to_corner);
  __mmask64 is_left = _mm512_cmple_epu8_mask(to_left, _mm512_min_epu8(to_up, to_corner));
  return _mm512_mask_mov_epi8(_mm512_mask_mov_epi8(corner, is_up, up), is_left, left);
}

static inline vec move_down(vec v) {
  static const uint8_t from[LANES] = {0,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
                                      21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42,
                                      43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62};
  return _mm512_permutexvar_epi8(_mm512_loadu_si512(from), v);
}

/* The lanes that fall into a row of size bytes when lane 0 is at byte at. */
static inline __mmask64 mask_span(ptrdiff_t at, size_t size) {
  ptrdiff_t from = at < 0 ? -at : 0, to = (ptrdiff_t)size - at;
  if (to >= LANES) return from >= LANES ? 0 : ~UINT64_C(0) << from;
  return to <= from ? 0 : ~(~UINT64_C(0) << to) & ~UINT64_C(0) << from;
}

static inline vec load_span(const uint8_t *row, ptrdiff_t at, size_t size) {
  return _mm512_maskz_loadu_epi8(mask_span(at, size), row + at);
}

static inline void store_span(uint8_t *row, ptrdiff_t at, size_t size, vec v) {
  _mm512_mask_storeu_epi8(row + at, mask_span(at, size), v);
}

static inline void transpose_lanes(vec *v) {
  vec a = _mm512_shuffle_i32x4(v[0], v[16], 0x44), b = _mm512_shuffle_i32x4(v[0], v[16], 0xEE);
  vec c = _mm512_shuffle_i32x4(v[32], v[48], 0x44), d = _mm512_shuffle_i32x4(v[32], v[48], 0xEE);
  v[0] = _mm512_shuffle_i32x4(a, c, 0x88);
  v[16] = _mm512_shuffle_i32x4(a, c, 0xDD);
  v[32] = _mm512_shuffle_i32x4(b, d, 0x88);
  v[48] = _mm512_shuffle_i32x4(b, d, 0xDD);
}

#include "image/unfilter_wave.h"

void hl_unfilter_avx512(const struct hl_filtered *filtered) { undo_by_waves(filtered); }
#endif
