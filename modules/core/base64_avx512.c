/* SPDX-License-Identifier: MIT
 *
 * Sixteen groups at a time, with VBMI's permutations of all 64 bytes of a vector.
 */
#if defined(__x86_64__)
#include <immintrin.h>

#include "core/base64.h"

enum { BYTES = 48, CHARACTERS = 64 };

static __mmask64 first(size_t count) { return count < 64 ? ((__mmask64)1 << count) - 1 : ~(__mmask64)0; }

/* Group i, the bytes 3 i to 3 i + 2, as b a c b in its 32 bits. */
static __m512i spread_order(void) {
  const __m512i i = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return _mm512_add_epi32(_mm512_set1_epi32(0x01020001), _mm512_mullo_epi32(i, _mm512_set1_epi32(0x03030303)));
}

size_t hl_base64_encode_avx512(char *text, const uint8_t *bytes, size_t size) {
  const __m512i order = spread_order(), alphabet = _mm512_loadu_si512(hl_base64_alphabet);
  const __m512i shifts = _mm512_set1_epi64(0x3036242A1016040A); /* of two groups' numbers to the right */
  size_t whole = size / 3 * 3, left;
  for (size_t at = 0; at < whole; at += BYTES, text += CHARACTERS) {
    left = whole - at < BYTES ? whole - at : BYTES;
    __m512i groups = _mm512_permutexvar_epi8(order, _mm512_maskz_loadu_epi8(first(left), bytes + at));
    __m512i numbers = _mm512_multishift_epi64_epi8(shifts, groups); /* and two bits more, which the next step ignores */
    _mm512_mask_storeu_epi8(text, first(left / 3 * 4), _mm512_permutexvar_epi8(numbers, alphabet));
  }
  return whole;
}

#define REVERSED(i) 4 * (i) + 2, 4 * (i) + 1, 4 * (i)
#define FOUR_REVERSED(i) REVERSED(i), REVERSED(i + 1), REVERSED(i + 2), REVERSED(i + 3)

/* Four numbers to 24 bits, then their bytes in order, in the first 48 of the vector. */
static __m512i join(__m512i numbers) {
  static const uint8_t order[64] = {FOUR_REVERSED(0), FOUR_REVERSED(4), FOUR_REVERSED(8), FOUR_REVERSED(12)};
  __m512i pairs = _mm512_maddubs_epi16(numbers, _mm512_set1_epi16(0x0140));
  __m512i groups = _mm512_madd_epi16(pairs, _mm512_set1_epi32(0x00011000));
  return _mm512_permutexvar_epi8(_mm512_loadu_si512(order), groups);
}

size_t hl_base64_decode_avx512(uint8_t *bytes, const char *text, size_t length) {
  const __m512i low = _mm512_loadu_si512(hl_base64_numbers), high = _mm512_loadu_si512(hl_base64_numbers + 64);
  size_t whole = length / 4 * 4, left;
  for (size_t at = 0; at < whole; at += CHARACTERS, bytes += BYTES) {
    left = whole - at < CHARACTERS ? whole - at : CHARACTERS;
    __m512i characters = _mm512_maskz_loadu_epi8(first(left), text + at);
    __m512i numbers = _mm512_permutex2var_epi8(low, characters, high); /* by the lower seven bits */
    if (_mm512_movepi8_mask(_mm512_or_si512(numbers, characters)) & first(left)) return at;
    _mm512_mask_storeu_epi8(bytes, first(left / 4 * 3), join(numbers));
  }
  return whole;
}
#endif
