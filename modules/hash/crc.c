/* SPDX-License-Identifier: MIT */
#include "hash/crc.h"

#include <string.h>

void hl_crc_make_tables(struct hl_crc_tables *tables, uint64_t polynomial) {
  for (uint64_t byte = 0; byte < 256; byte++) {
    uint64_t remainder = byte;
    for (int bit = 0; bit < 8; bit++) remainder = remainder >> 1 ^ (remainder & 1 ? polynomial : 0);
    tables->step[0][byte] = remainder;
  }
  for (int k = 1; k < 8; k++)
    for (int byte = 0; byte < 256; byte++) {
      uint64_t before = tables->step[k - 1][byte];
      tables->step[k][byte] = before >> 8 ^ tables->step[0][before & 255];
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

uint64_t hl_crc_update(const struct hl_crc_tables *tables, uint64_t remainder, const void *data, size_t size) {
  const uint8_t *bytes = data;
  for (; size >= 8; bytes += 8, size -= 8) {
    uint64_t word = remainder ^ load_little_endian(bytes);
    remainder = 0;
    for (int k = 0; k < 8; k++) remainder ^= tables->step[7 - k][word >> 8 * k & 255];
  }
  for (; size > 0; bytes++, size--) remainder = remainder >> 8 ^ tables->step[0][(remainder ^ *bytes) & 255];
  return remainder;
}
