/* SPDX-License-Identifier: MIT
 *
 * CRC-64/NVME on each path beside ISA-L's CRC-64 (of another polynomial, since it does not have this one), and what hilum leaves
 * to ISA-L beside zlib: GB/s of processor time over data of several sizes, medians of rounds in which all take their turn.
 */
#include <isa-l/crc.h>
#include <isa-l/crc64.h>
#include <zlib.h>

#include "contest.h"
#include "hash/crc.h"

enum { LARGEST = 1 << 22 };

static const size_t sizes[SIZES] = {256, 4096, 1 << 16, LARGEST};
static struct hl_crc nvme;
static uint8_t *data;

static uint64_t run_portable(size_t size) { return hl_crc_update_portable(&nvme, 0, data, size); }
static uint64_t run_isal_base(size_t size) { return crc64_ecma_refl_base(0, data, size); }
static uint64_t run_isal(size_t size) { return crc64_ecma_refl(0, data, size); }
static uint64_t run_isal_crc32(size_t size) { return crc32_gzip_refl(0, data, size); }
static uint64_t run_isal_crc32c(size_t size) { return crc32_iscsi(data, (int)size, 0); }
static uint64_t run_zlib(size_t size) { return crc32_z(0, data, size); }

#if defined(__x86_64__)
static uint64_t run_avx2(size_t size) { return hl_crc_update_avx2(&nvme, 0, data, size); }
static uint64_t run_avx512(size_t size) { return hl_crc_update_avx512(&nvme, 0, data, size); }
#endif

static const struct contender contenders[] = {
#if defined(__x86_64__)
    {"CRC-64/NVME, avx512", HL_CPU_AVX512, run_avx512},         {"CRC-64/NVME, avx2", HL_CPU_AVX2, run_avx2},
#endif
    {"CRC-64/NVME, portable", HL_CPU_PORTABLE, run_portable},   {"ISA-L CRC-64", HL_CPU_PORTABLE, run_isal},
    {"ISA-L CRC-64, portable", HL_CPU_PORTABLE, run_isal_base}, {"ISA-L CRC-32", HL_CPU_PORTABLE, run_isal_crc32},
    {"ISA-L CRC-32C", HL_CPU_PORTABLE, run_isal_crc32c},        {"zlib CRC-32", HL_CPU_PORTABLE, run_zlib},
};

int main(void) {
  data = malloc(LARGEST);
  for (uint32_t i = 0; i < LARGEST; i++) data[i] = (uint8_t)((i * 2654435761U) >> 24);
  hl_crc_make(&nvme, HL_CRC64NVME);
  contest(contenders, sizeof contenders / sizeof *contenders, sizes);
  free(data);
  return 0;
}
