/* SPDX-License-Identifier: MIT
 *
 * Folding with PCLMULQDQ.
 */
#if defined(__x86_64__)
#include <immintrin.h>
#include <stdint.h>

#define UPDATE hl_crc_update_avx2
#define NARROWER hl_crc_update_portable

enum { NEAR = 0 };

typedef __m128i block;

static inline block load_block(const uint8_t *bytes) { return _mm_loadu_si128((const block *)bytes); }

static inline block first_block(uint64_t remainder) { return _mm_set_epi64x(0, (long long)remainder); }

static inline block spread(const uint64_t factors[2]) { return _mm_loadu_si128((const block *)factors); }

static inline block fold(block from, block factors, block next) {
  return _mm_clmulepi64_si128(from, factors, 0x00) ^ _mm_clmulepi64_si128(from, factors, 0x11) ^ next;
}

#include "hash/crc_fold.h"
#endif
