/* SPDX-License-Identifier: MIT
 *
 * Base64 (RFC 4648, section 4): three bytes as four characters. The paths for AVX2 and AVX-512 follow Mula and Lemire, "Faster
 * Base64 Encoding and Decoding Using AVX2 Instructions" (2018) and "Base64 encoding and decoding at almost the speed of a memory
 * copy" (2020). Any thread.
 */
#ifndef HILUM_CORE_BASE64_H
#define HILUM_CORE_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The characters that size bytes become, and the most bytes that length characters can become. */
#define HL_BASE64_LENGTH(size) (((size) + 2) / 3 * 4)
#define HL_BASE64_SIZE(length) ((length) / 4 * 3)

/* Writes HL_BASE64_LENGTH(size) characters and no NUL. */
void hl_base64_encode(char *text, const void *bytes, size_t size);

/* Writes what text stands for to bytes, which has room for HL_BASE64_SIZE(length), and how many they are to *size. Strict: groups
 * of four, padded at the end where needed, nothing else between them, no bit set behind the last byte. False: it is not so, and
 * *size is where in text the first bad group begins. */
bool hl_base64_decode(uint8_t *bytes, size_t *size, const char *text, size_t length);

/* The paths: whole groups without padding. They return how many bytes, or characters, they have taken, from the beginning on; the
 * portable path takes the rest. A decoder stops before what is not base64, and may stop earlier. */
size_t hl_base64_encode_portable(char *text, const uint8_t *bytes, size_t size);
size_t hl_base64_encode_avx2(char *text, const uint8_t *bytes, size_t size);
size_t hl_base64_encode_avx512(char *text, const uint8_t *bytes, size_t size);
size_t hl_base64_decode_portable(uint8_t *bytes, const char *text, size_t length);
size_t hl_base64_decode_avx2(uint8_t *bytes, const char *text, size_t length);
size_t hl_base64_decode_avx512(uint8_t *bytes, const char *text, size_t length);

/* The alphabet, and the number of each character: above 127 for those that are not in it. */
extern const char hl_base64_alphabet[64];
extern const uint8_t hl_base64_numbers[256];

#endif
