/* SPDX-License-Identifier: MIT
 *
 * Reflected CRCs of up to 64 bits, for those that ISA-L does not have: CRC-64/NVME, which S3 uses. A CRC of fewer bits is one of
 * 64 whose polynomial has zeros behind: nothing here depends on the polynomial. Any thread.
 */
#ifndef HILUM_HASH_CRC_H
#define HILUM_HASH_CRC_H

#include <stddef.h>
#include <stdint.h>

#define HL_CRC64NVME UINT64_C(0x9A6C9329AC4BC9B5) /* without its highest term, reflected */

/* What a polynomial needs, made once. */
struct hl_crc {
  uint64_t step[8][256]; /* step[k][b]: what the byte b does to the remainder k bytes later */
  uint64_t fold[3][2];   /* what moves 16 bytes on by 16, 64 or 256: a factor for their first and for their last eight */
};
void hl_crc_make(struct hl_crc *crc, uint64_t polynomial);

/* Goes on from the remainder of what came before. For the checksum it begins as all ones, and its complement is the result. */
uint64_t hl_crc_update(const struct hl_crc *crc, uint64_t remainder, const void *data, size_t size);

/* The paths that it chooses from. */
uint64_t hl_crc_update_portable(const struct hl_crc *crc, uint64_t remainder, const void *data, size_t size);
uint64_t hl_crc_update_avx2(const struct hl_crc *crc, uint64_t remainder, const void *data, size_t size);
uint64_t hl_crc_update_avx512(const struct hl_crc *crc, uint64_t remainder, const void *data, size_t size);

#endif
