/* SPDX-License-Identifier: MIT
 *
 * Eight groups at a time. Bytes move only within halves of a vector, so each half has four groups of its own.
 */
#if defined(__x86_64__)
#include <immintrin.h>

#include "core/base64.h"

/* The same sixteen bytes in both halves. */
#define TWICE(...) _mm256_broadcastsi128_si256(_mm_setr_epi8(__VA_ARGS__))

enum { BYTES = 24, CHARACTERS = 32 };

/* The four numbers of each group in its four bytes. The group's bytes a b c stand as b a c b: two words, in each of which two of
 * the numbers are, and multiplication is a shift by another distance for each word. */
static __m256i split(__m256i groups) {
  const __m256i spread = TWICE(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
  __m256i words = _mm256_shuffle_epi8(groups, spread);
  __m256i even = _mm256_mulhi_epu16(_mm256_and_si256(words, _mm256_set1_epi32(0x0FC0FC00)), _mm256_set1_epi32(0x04000040));
  __m256i odd = _mm256_mullo_epi16(_mm256_and_si256(words, _mm256_set1_epi32(0x003F03F0)), _mm256_set1_epi32(0x01000010));
  return _mm256_or_si256(even, odd);
}

/* A number's distance to its character depends on its range: 0 to 25 is the first, 26 to 51 the second, then each for itself. */
static __m256i to_characters(__m256i numbers) {
  const __m256i distances = TWICE('A', 'a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                                  '0' - 52, '0' - 52, '+' - 62, '/' - 63, 0, 0);
  __m256i from_second = _mm256_cmpgt_epi8(numbers, _mm256_set1_epi8(25)); /* -1 */
  __m256i range = _mm256_sub_epi8(_mm256_subs_epu8(numbers, _mm256_set1_epi8(51)), from_second);
  return _mm256_add_epi8(numbers, _mm256_shuffle_epi8(distances, range));
}

size_t hl_base64_encode_avx2(char *text, const uint8_t *bytes, size_t size) {
  size_t at = 0;
  for (; size - at >= BYTES + 4; at += BYTES, text += CHARACTERS) { /* the second load reads four bytes more */
    __m128i low = _mm_loadu_si128((const __m128i *)(bytes + at)),
            high = _mm_loadu_si128((const __m128i *)(bytes + at + BYTES / 2));
    _mm256_storeu_si256((__m256i *)text, to_characters(split(_mm256_set_m128i(high, low))));
  }
  return at;
}

/* Is every character of the alphabet? Each half byte has a set of things that it cannot go with; what both have is wrong:
 * 1: after 2 only B and F; 2: after 3 up to 9; 4: after 4 and 6 not 0; 8: after 5 and 7 up to A; 16: the others never come first.
 */
static bool is_base64(__m256i characters, __m256i high) {
  const __m256i first = TWICE(16, 16, 1, 2, 4, 8, 4, 8, 16, 16, 16, 16, 16, 16, 16, 16);
  const __m256i second = TWICE(21, 17, 17, 17, 17, 17, 17, 17, 17, 17, 19, 26, 27, 27, 27, 26);
  __m256i low = _mm256_and_si256(characters, _mm256_set1_epi8(15));
  return _mm256_testz_si256(_mm256_shuffle_epi8(first, high), _mm256_shuffle_epi8(second, low));
}

/* The distance depends on the upper half byte; a slash has one of its own. */
static __m256i to_numbers(__m256i characters, __m256i high) {
  const __m256i distances = TWICE(0, 63 - '/', 62 - '+', 52 - '0', -'A', -'A', 26 - 'a', 26 - 'a', 0, 0, 0, 0, 0, 0, 0, 0);
  __m256i is_slash = _mm256_cmpeq_epi8(characters, _mm256_set1_epi8('/')); /* -1 */
  return _mm256_add_epi8(characters, _mm256_shuffle_epi8(distances, _mm256_add_epi8(high, is_slash)));
}

/* Four numbers to 24 bits, then their bytes in order, in the first 24 of the vector. */
static __m256i join(__m256i numbers) {
  const __m256i reversed = TWICE(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
  __m256i pairs = _mm256_maddubs_epi16(numbers, _mm256_set1_epi16(0x0140));
  __m256i groups = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
  return _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(groups, reversed), _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7));
}

size_t hl_base64_decode_avx2(uint8_t *bytes, const char *text, size_t length) {
  size_t at = 0;
  for (; length - at >= CHARACTERS + 12; at += CHARACTERS, bytes += BYTES) { /* the store needs room for 32 bytes */
    __m256i characters = _mm256_loadu_si256((const __m256i *)(text + at));
    __m256i high = _mm256_and_si256(_mm256_srli_epi32(characters, 4), _mm256_set1_epi8(15));
    if (!is_base64(characters, high)) break;
    _mm256_storeu_si256((__m256i *)bytes, join(to_numbers(characters, high)));
  }
  return at;
}
#endif
