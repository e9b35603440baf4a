/* SPDX-License-Identifier: MIT */
#if defined(__x86_64__)
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { LANES = 32 };
typedef __m256i vec;

static inline vec zero(void) { return _mm256_setzero_si256(); }
static inline vec add(vec a, vec b) { return _mm256_add_epi8(a, b); }
static inline vec bit_and(vec a, vec b) { return _mm256_and_si256(a, b); }
static inline vec choose(vec mask, vec yes, vec no) { return _mm256_blendv_epi8(no, yes, mask); }
static inline vec fill_lanes(const uint8_t *bytes) { return _mm256_loadu_si256((const vec *)bytes); }
static inline vec interleave_low(vec a, vec b) { return _mm256_unpacklo_epi8(a, b); }
static inline vec interleave_high(vec a, vec b) { return _mm256_unpackhi_epi8(a, b); }

/* The instruction rounds up: take back the half where a + b is odd. */
static inline vec average(vec a, vec b) {
  vec odd = _mm256_and_si256(_mm256_xor_si256(a, b), _mm256_set1_epi8(1));
  return _mm256_sub_epi8(_mm256_avg_epu8(a, b), odd);
}

/* Distances to left + up - corner without leaving 8 bits: up - corner and left - corner are kept as two non-negative parts each.
 * Where they have the same sign the sum saturates, harmlessly: the corner is then never the nearest. */
static inline vec paeth(vec left, vec up, vec corner) {
  vec up_over = _mm256_subs_epu8(up, corner), up_under = _mm256_subs_epu8(corner, up);
  vec left_over = _mm256_subs_epu8(left, corner), left_under = _mm256_subs_epu8(corner, left);
  vec over = _mm256_adds_epu8(up_over, left_over), under = _mm256_adds_epu8(up_under, left_under);
  vec to_left = _mm256_or_si256(up_over, up_under), to_up = _mm256_or_si256(left_over, left_under);
  vec to_corner = _mm256_or_si256(_mm256_subs_epu8(over, under), _mm256_subs_epu8(under, over));
  vec nearest = _mm256_min_epu8(to_up, to_corner);
  vec is_up = _mm256_cmpeq_epi8(to_up, nearest), is_left = _mm256_cmpeq_epi8(to_left, _mm256_min_epu8(to_left, nearest));
  return choose(is_left, left, choose(is_up, up, corner));
}

static inline vec move_down(vec v) { return _mm256_alignr_epi8(v, _mm256_permute2x128_si256(v, v, 0x08), 15); }

static inline vec load_span(const uint8_t *row, ptrdiff_t at, size_t size) {
  if (at >= 0 && (size_t)at + LANES <= size) return _mm256_loadu_si256((const vec *)(row + at));
  uint8_t bytes[LANES] = {0};
  for (ptrdiff_t i = at < 0 ? -at : 0; i < LANES && at + i < (ptrdiff_t)size; i++) bytes[i] = row[at + i];
  return fill_lanes(bytes);
}

static inline void store_span(uint8_t *row, ptrdiff_t at, size_t size, vec v) {
  if (at >= 0 && (size_t)at + LANES <= size) {
    _mm256_storeu_si256((vec *)(row + at), v);
    return;
  }
  uint8_t bytes[LANES];
  memcpy(bytes, &v, LANES);
  for (ptrdiff_t i = at < 0 ? -at : 0; i < LANES && at + i < (ptrdiff_t)size; i++) row[at + i] = bytes[i];
}

static inline void transpose_lanes(vec *v) {
  vec low = _mm256_permute2x128_si256(v[0], v[16], 0x20), high = _mm256_permute2x128_si256(v[0], v[16], 0x31);
  v[0] = low;
  v[16] = high;
}

#include "image/unfilter_wave.h"

void hl_unfilter_avx2(const struct hl_filtered *filtered) { undo_by_waves(filtered); }
#endif
