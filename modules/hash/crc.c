/* SPDX-License-Identifier: MIT
 *
 * The choice of instruction set, the constants, and eight bytes a step through tables for any processor.
 */
#include "hash/crc.h"

#include <string.h>

#include "core/cpu.h"

/* A reflected polynomial times x: the highest power is the lowest bit. */
static uint64_t times_x(uint64_t value, uint64_t polynomial) { return value >> 1 ^ (value & 1 ? polynomial : 0); }

static uint64_t power_of_x(int exponent, uint64_t polynomial) {
  uint64_t power = UINT64_C(1) << 63;
  while (exponent-- > 0) power = times_x(power, polynomial);
  return power;
}

static void make_steps(struct hl_crc *crc, uint64_t polynomial) {
  for (uint64_t byte = 0; byte < 256; byte++) {
    crc->step[0][byte] = byte;
    for (int bit = 0; bit < 8; bit++) crc->step[0][byte] = times_x(crc->step[0][byte], polynomial);
  }
  for (int k = 1; k < 8; k++)
    for (int byte = 0; byte < 256; byte++) {
      uint64_t before = crc->step[k - 1][byte];
      crc->step[k][byte] = before >> 8 ^ crc->step[0][before & 255];
    }
}

/* Sixteen bytes are a x^64 + b. Moved on by n bits they are a x^(n + 64) + b x^n, of which the remainder is the same with the
 * powers' remainders. One less each, since the carry-less product of two reflected numbers is x times the reflected product. */
void hl_crc_make(struct hl_crc *crc, uint64_t polynomial) {
  make_steps(crc, polynomial);
  for (int i = 0; i < 3; i++) {
    int bits = 8 * 16 << 2 * i;
    crc->fold[i][0] = power_of_x(bits + 64 - 1, polynomial);
    crc->fold[i][1] = power_of_x(bits - 1, polynomial);
  }
}

static uint64_t load_little_endian(const uint8_t *bytes) {
  uint64_t word;
  memcpy(&word, bytes, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap64(word);
#endif
  return word;
}

uint64_t hl_crc_update_portable(const struct hl_crc *crc, uint64_t remainder, const void *data, size_t size) {
  const uint8_t *bytes = data;
  for (; size >= 8; bytes += 8, size -= 8) {
    uint64_t word = remainder ^ load_little_endian(bytes);
    remainder = 0;
    for (int k = 0; k < 8; k++) remainder ^= crc->step[7 - k][word >> 8 * k & 255];
  }
  for (; size > 0; bytes++, size--) remainder = remainder >> 8 ^ crc->step[0][(remainder ^ *bytes) & 255];
  return remainder;
}

uint64_t hl_crc_update(const struct hl_crc *crc, uint64_t remainder, const void *data, size_t size) {
  switch (hl_cpu()) {
#if defined(__x86_64__)
  case HL_CPU_AVX512: return hl_crc_update_avx512(crc, remainder, data, size);
  case HL_CPU_AVX2: return hl_crc_update_avx2(crc, remainder, data, size);
#endif
  default: return hl_crc_update_portable(crc, remainder, data, size);
  }
}
