/* SPDX-License-Identifier: MIT
 *
 * The reflected CRCs that zip and PNG (CRC-32), iSCSI and S3 (CRC-32C) and S3 (CRC-64/NVME) use, eight bytes a step through
 * tables. Parameters as in the catalogue of Koopman and Williams: initial value and final xor all ones. Any thread.
 */
#ifndef HILUM_HASH_CRC_H
#define HILUM_HASH_CRC_H

#include <stddef.h>
#include <stdint.h>

#define HL_CRC32 UINT64_C(0xEDB88320)
#define HL_CRC32C UINT64_C(0x82F63B78)
#define HL_CRC64NVME UINT64_C(0x9A6C9329AC4BC9B5)

struct hl_crc_tables {
  uint64_t step[8][256]; /* step[k][b]: what the byte b does to the remainder k bytes later */
};

/* polynomial: one of the above, reflected. */
void hl_crc_make_tables(struct hl_crc_tables *tables, uint64_t polynomial);

/* Goes on from the remainder of what came before (which begins as all ones; the checksum is its complement). */
uint64_t hl_crc_update(const struct hl_crc_tables *tables, uint64_t remainder, const void *data, size_t size);

#endif
