/* SPDX-License-Identifier: MIT
 *
 * The compression by the SHA instructions of x86. Compiled without AVX flags, and entered with clean upper halves of the vector
 * registers: either omission makes each of these instructions pay for merging with what lies there.
 */
#include "sigv4/sha256.h"

#if defined(__x86_64__)
#include <immintrin.h>

/* The instructions keep the eight words as two vectors, from the highest lane: A B E F and C D G H. */
struct pair {
  __m128i abef, cdgh;
};

static inline struct pair load_state(const uint32_t words[8]) {
  __m128i dcba = _mm_loadu_si128((const __m128i *)words), hgfe = _mm_loadu_si128((const __m128i *)(words + 4));
  __m128i cdab = _mm_shuffle_epi32(dcba, 0xb1), efgh = _mm_shuffle_epi32(hgfe, 0x1b);
  return (struct pair){_mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xf0)};
}

static inline void store_state(struct pair s, uint32_t words[8]) {
  __m128i feba = _mm_shuffle_epi32(s.abef, 0x1b), dchg = _mm_shuffle_epi32(s.cdgh, 0xb1);
  _mm_storeu_si128((__m128i *)words, _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128((__m128i *)(words + 4), _mm_alignr_epi8(dchg, feba, 8));
}

static inline __m128i load_words(const uint8_t *data) {
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)data), swap);
}

/* Four rounds with the message words w. */
static inline struct pair mix(struct pair s, __m128i w, const uint32_t *constants) {
  w = _mm_add_epi32(w, _mm_loadu_si128((const __m128i *)constants));
  s.cdgh = _mm_sha256rnds2_epu32(s.cdgh, s.abef, w);
  s.abef = _mm_sha256rnds2_epu32(s.abef, s.cdgh, _mm_shuffle_epi32(w, 0x0e));
  return s;
}

/* The four message words after the sixteen in w0 w1 w2 w3. */
static inline __m128i extend(__m128i w0, __m128i w1, __m128i w2, __m128i w3) {
  return _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4)), w3);
}

static inline struct pair compress(struct pair s, const uint8_t *block) {
  __m128i w0 = load_words(block), w1 = load_words(block + 16), w2 = load_words(block + 32), w3 = load_words(block + 48);
  for (const uint32_t *k = hl_sha256_rounds;; k += 16) {
    s = mix(s, w0, k);
    s = mix(s, w1, k + 4);
    s = mix(s, w2, k + 8);
    s = mix(s, w3, k + 12);
    if (k == hl_sha256_rounds + 48) return s;
    w0 = extend(w0, w1, w2, w3);
    w1 = extend(w1, w2, w3, w0);
    w2 = extend(w2, w3, w0, w1);
    w3 = extend(w3, w0, w1, w2);
  }
}

void hl_sha256_blocks_shani(struct hl_sha256 *state, const uint8_t *data, size_t blocks) {
  __asm__ volatile("vzeroupper");
  struct pair s = load_state(state->words);
  for (; blocks; blocks--, data += HL_SHA256_BLOCK) {
    struct pair next = compress(s, data);
    s.abef = _mm_add_epi32(s.abef, next.abef);
    s.cdgh = _mm_add_epi32(s.cdgh, next.cdgh);
  }
  store_state(s, state->words);
}
#else
void hl_sha256_blocks_shani(struct hl_sha256 *state, const uint8_t *data, size_t blocks) {
  hl_sha256_blocks_portable(state, data, blocks);
}
#endif
