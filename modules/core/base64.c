/* SPDX-License-Identifier: MIT
 *
 * The choice of instruction set, a group at a time for any processor, and the last group, which may be padded.
 */
#include "core/base64.h"

#include <string.h>

#include "core/cpu.h"

const char hl_base64_alphabet[64] = {'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P',
                                     'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'a', 'b', 'c', 'd', 'e', 'f',
                                     'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v',
                                     'w', 'x', 'y', 'z', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '+', '/'};

#define NO 0xFF
#define NO_8 NO, NO, NO, NO, NO, NO, NO, NO
#define NO_128 NO_8, NO_8, NO_8, NO_8, NO_8, NO_8, NO_8, NO_8, NO_8, NO_8, NO_8, NO_8, NO_8, NO_8, NO_8, NO_8

const uint8_t hl_base64_numbers[256] = {
    NO_8, NO_8, NO_8, NO_8, NO_8, NO, NO, NO, 62, NO, NO, NO, 63,                     /* + / */
    52,   53,   54,   55,   56,   57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO,         /* 0 to 9 */
    NO,   0,    1,    2,    3,    4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14,     15, /* A to P */
    16,   17,   18,   19,   20,   21, 22, 23, 24, 25, NO, NO, NO, NO, NO,             /* to Z */
    NO,   26,   27,   28,   29,   30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,     41, /* a to p */
    42,   43,   44,   45,   46,   47, 48, 49, 50, 51, NO, NO, NO, NO, NO, NO_128,     /* to z */
};

static void encode_group(char *text, unsigned bits) {
  for (int i = 0; i < 4; i++) text[i] = hl_base64_alphabet[bits >> (18 - 6 * i) & 63];
}

size_t hl_base64_encode_portable(char *text, const uint8_t *bytes, size_t size) {
  const uint8_t *from = bytes;
  for (; size >= 3; from += 3, text += 4, size -= 3)
    encode_group(text, (unsigned)from[0] << 16 | (unsigned)from[1] << 8 | from[2]);
  return (size_t)(from - bytes);
}

/* Its 24 bits; above them some are set if a character is not of the alphabet. */
static unsigned decode_group(const char *text) {
  const uint8_t *numbers = hl_base64_numbers;
  unsigned a = numbers[(uint8_t)text[0]], b = numbers[(uint8_t)text[1]], c = numbers[(uint8_t)text[2]],
           d = numbers[(uint8_t)text[3]];
  return a << 18 | b << 12 | c << 6 | d | ((a | b | c | d) >> 7) << 24;
}

static void put_bytes(uint8_t *bytes, unsigned bits, size_t count) {
  for (size_t i = 0; i < count; i++) bytes[i] = (uint8_t)(bits >> (16 - 8 * i));
}

size_t hl_base64_decode_portable(uint8_t *bytes, const char *text, size_t length) {
  const char *from = text;
  for (; length >= 4; from += 4, bytes += 3, length -= 4) {
    unsigned bits = decode_group(from);
    if (bits >> 24) break;
    put_bytes(bytes, bits, 3);
  }
  return (size_t)(from - text);
}

static size_t encode_fast(char *text, const uint8_t *bytes, size_t size) {
  switch (hl_cpu()) {
#if defined(__x86_64__)
  case HL_CPU_AVX512: return hl_base64_encode_avx512(text, bytes, size);
  case HL_CPU_AVX2: return hl_base64_encode_avx2(text, bytes, size);
#endif
  default: return hl_base64_encode_portable(text, bytes, size);
  }
}

static size_t decode_fast(uint8_t *bytes, const char *text, size_t length) {
  switch (hl_cpu()) {
#if defined(__x86_64__)
  case HL_CPU_AVX512: return hl_base64_decode_avx512(bytes, text, length);
  case HL_CPU_AVX2: return hl_base64_decode_avx2(bytes, text, length);
#endif
  default: return hl_base64_decode_portable(bytes, text, length);
  }
}

/* The last one or two bytes. */
static void encode_rest(char *text, const uint8_t *bytes, size_t size) {
  encode_group(text, (unsigned)bytes[0] << 16 | (size > 1 ? (unsigned)bytes[1] << 8 : 0));
  memset(text + size + 1, '=', 3 - size);
}

void hl_base64_encode(char *text, const void *bytes, size_t size) {
  const uint8_t *from = bytes;
  size_t done = encode_fast(text, from, size);
  done += hl_base64_encode_portable(text + done / 3 * 4, from + done, size - done);
  if (done < size) encode_rest(text + done / 3 * 4, from + done, size - done);
}

/* The last group: how many bytes, 0 if it is none. */
static size_t decode_last(uint8_t *bytes, const char *text) {
  size_t padding = text[3] != '=' ? 0 : text[2] != '=' ? 1 : 2;
  char whole[4] = {text[0], text[1], text[2], text[3]};
  memset(whole + 4 - padding, 'A', padding); /* which is zero */
  unsigned bits = decode_group(whole);
  if (bits >> 24 || bits & ((1u << 8 * padding) - 1)) return 0;
  put_bytes(bytes, bits, 3 - padding);
  return 3 - padding;
}

bool hl_base64_decode(uint8_t *bytes, size_t *size, const char *text, size_t length) {
  size_t before = length >= 4 ? (length - 4) / 4 * 4 : 0; /* the last group */
  size_t done = decode_fast(bytes, text, before);
  done += hl_base64_decode_portable(bytes + done / 4 * 3, text + done, before - done);
  size_t last = done == before && length >= 4 ? decode_last(bytes + done / 4 * 3, text + done) : 0;
  if (last) done += 4;
  bool all = done == length;
  *size = all && length ? done / 4 * 3 - (3 - last) : done;
  return all;
}
