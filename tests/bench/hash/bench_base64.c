/* SPDX-License-Identifier: MIT
 *
 * Base64 on each path beside OpenSSL's, in bytes, not characters.
 */
#include <openssl/evp.h>

#include "contest.h"
#include "core/base64.h"

enum { LARGEST = 3 << 20 };

static const size_t sizes[SIZES] = {48, 3072, 3 << 17, LARGEST};
static uint8_t *data, *back;
static char *text;

static uint64_t encode_portable(size_t size) { return hl_base64_encode_portable(text, data, size); }
static uint64_t encode_openssl(size_t size) { return (uint64_t)EVP_EncodeBlock((unsigned char *)text, data, (int)size); }
static uint64_t decode_portable(size_t size) { return hl_base64_decode_portable(back, text, size / 3 * 4); }
static uint64_t decode_openssl(size_t size) {
  return (uint64_t)EVP_DecodeBlock(back, (unsigned char *)text, (int)(size / 3 * 4));
}
#if defined(__x86_64__)
static uint64_t encode_avx2(size_t size) { return hl_base64_encode_avx2(text, data, size); }
static uint64_t encode_avx512(size_t size) { return hl_base64_encode_avx512(text, data, size); }
static uint64_t decode_avx2(size_t size) { return hl_base64_decode_avx2(back, text, size / 3 * 4); }
static uint64_t decode_avx512(size_t size) { return hl_base64_decode_avx512(back, text, size / 3 * 4); }
#endif

static const struct contender contenders[] = {
#if defined(__x86_64__)
    {"encode, avx512", HL_CPU_AVX512, encode_avx512},       {"encode, avx2", HL_CPU_AVX2, encode_avx2},
#endif
    {"encode, portable", HL_CPU_PORTABLE, encode_portable}, {"encode, OpenSSL", HL_CPU_PORTABLE, encode_openssl},
#if defined(__x86_64__)
    {"decode, avx512", HL_CPU_AVX512, decode_avx512},       {"decode, avx2", HL_CPU_AVX2, decode_avx2},
#endif
    {"decode, portable", HL_CPU_PORTABLE, decode_portable}, {"decode, OpenSSL", HL_CPU_PORTABLE, decode_openssl},
};

int main(void) {
  data = malloc(LARGEST);
  back = malloc(LARGEST + 64);
  text = malloc(HL_BASE64_LENGTH(LARGEST) + 1);
  for (uint32_t i = 0; i < LARGEST; i++) data[i] = (uint8_t)((i * 2654435761U) >> 24);
  hl_base64_encode(text, data, LARGEST);
  contest(contenders, sizeof contenders / sizeof *contenders, sizes);
  free(data);
  free(back);
  free(text);
  return 0;
}
