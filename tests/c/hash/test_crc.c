/* SPDX-License-Identifier: MIT
 *
 * hash/crc.h on the path that HILUM_CPU chooses, for three polynomials: beside the definition, bit by bit, and beside ISA-L,
 * which has two of the three.
 */
#include "hash/crc.h"

#include <isa-l/crc.h>
#include <stdbool.h>

#include "../check.h"

enum { LONGEST = 600, ALIGNMENTS = 64, ROOM = LONGEST + ALIGNMENTS };

#define CRC32 UINT64_C(0xEDB88320)
#define CRC32C UINT64_C(0x82F63B78)

static const struct kind {
  uint64_t polynomial, ones, check; /* of "123456789", as in the catalogue */
} kinds[] = {{CRC32, UINT32_MAX, 0xCBF43926}, {CRC32C, UINT32_MAX, 0xE3069283}, {HL_CRC64NVME, UINT64_MAX, 0xAE8B14860A799888}};

static uint8_t *data; /* ROOM bytes, up to a page that cannot be read */

static uint64_t add_byte(uint64_t remainder, uint64_t polynomial, uint8_t byte) {
  remainder ^= byte;
  for (int bit = 0; bit < 8; bit++) remainder = remainder >> 1 ^ (remainder & 1 ? polynomial : 0);
  return remainder;
}

static uint64_t by_definition(const struct kind *kind, const uint8_t *bytes, size_t size) {
  uint64_t remainder = kind->ones;
  for (size_t i = 0; i < size; i++) remainder = add_byte(remainder, kind->polynomial, bytes[i]);
  return remainder;
}

static bool agrees(const struct kind *kind, const struct hl_crc *crc, const uint8_t *bytes, size_t size) {
  return hl_crc_update(crc, kind->ones, bytes, size) == by_definition(kind, bytes, size);
}

static void test_lengths(const struct kind *kind, const struct hl_crc *crc) {
  CHECK((hl_crc_update(crc, kind->ones, "123456789", 9) ^ kind->ones) == kind->check);
  for (size_t size = 0; size <= LONGEST; size++) CHECK(agrees(kind, crc, data + ROOM - size, size));
}

static void test_alignments(const struct kind *kind, const struct hl_crc *crc) {
  for (size_t from = 0; from < ALIGNMENTS; from++)
    for (size_t size = 0; size <= LONGEST; size += 37) CHECK(agrees(kind, crc, data + from, size));
}

static void test_pieces(const struct kind *kind, const struct hl_crc *crc) {
  uint64_t whole = by_definition(kind, data, LONGEST);
  for (size_t at = 0; at <= LONGEST; at++) {
    uint64_t first = hl_crc_update(crc, kind->ones, data, at);
    CHECK(hl_crc_update(crc, first, data + at, LONGEST - at) == whole);
  }
}

static void test_long(void) {
  enum { SIZE = 100003 };
  uint8_t *bytes = malloc(SIZE);
  struct hl_crc crc32, crc32c;
  hl_crc_make(&crc32, CRC32);
  hl_crc_make(&crc32c, CRC32C);
  for (uint32_t i = 0; i < SIZE; i++) bytes[i] = (uint8_t)((i * 2654435761U) >> 24);
  CHECK((uint32_t)~hl_crc_update(&crc32, UINT32_MAX, bytes, SIZE) == crc32_gzip_refl(0, bytes, SIZE));
  CHECK(hl_crc_update(&crc32c, UINT32_MAX, bytes, SIZE) == crc32_iscsi(bytes, SIZE, UINT32_MAX));
  free(bytes);
}

int main(void) {
  uint8_t bytes[ROOM];
  for (uint32_t i = 0; i < ROOM; i++) bytes[i] = (uint8_t)((i * 2246822519U) >> 24);
  data = guard_copy(bytes, ROOM);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    struct hl_crc crc;
    hl_crc_make(&crc, kinds[i].polynomial);
    test_lengths(&kinds[i], &crc);
    test_alignments(&kinds[i], &crc);
    test_pieces(&kinds[i], &crc);
  }
  test_long();
  return check_report();
}
