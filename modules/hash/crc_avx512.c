/* SPDX-License-Identifier: MIT
 *
 * Folding with VPCLMULQDQ, four times sixteen bytes a block.
 */
#if defined(__x86_64__)
#include <immintrin.h>
#include <stdint.h>

#define UPDATE hl_crc_update_avx512
#define NARROWER hl_crc_update_avx2

enum { NEAR = 1 };

typedef __m512i block;

static inline block load_block(const uint8_t *bytes) { return _mm512_loadu_si512(bytes); }

static inline block first_block(uint64_t remainder) { return _mm512_zextsi128_si512(_mm_set_epi64x(0, (long long)remainder)); }

static inline block spread(const uint64_t factors[2]) {
  return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)factors));
}

static inline block fold(block from, block factors, block next) {
  return _mm512_clmulepi64_epi128(from, factors, 0x00) ^ _mm512_clmulepi64_epi128(from, factors, 0x11) ^ next;
}

#include "hash/crc_fold.h"
#endif
