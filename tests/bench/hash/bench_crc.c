/* SPDX-License-Identifier: MIT
 *
 * CRC-64/NVME on each path beside ISA-L's CRC-64 (of another polynomial, since it does not have this one), and what hilum leaves
 * to ISA-L beside zlib: GB/s of processor time over data of several sizes, medians of rounds in which all take their turn.
 */
#include <isa-l/crc.h>
#include <isa-l/crc64.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <zlib.h>

#include "core/cpu.h"
#include "hash/crc.h"

enum { ROUNDS = 15, SIZES = 4, LARGEST = 1 << 22, BYTES_A_ROUND = 1 << 24 };

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

static const struct contender {
  const char *name;
  enum hl_cpu needs;
  uint64_t (*run)(size_t size);
} contenders[] = {
#if defined(__x86_64__)
    {"CRC-64/NVME, avx512", HL_CPU_AVX512, run_avx512},         {"CRC-64/NVME, avx2", HL_CPU_AVX2, run_avx2},
#endif
    {"CRC-64/NVME, portable", HL_CPU_PORTABLE, run_portable},   {"ISA-L CRC-64", HL_CPU_PORTABLE, run_isal},
    {"ISA-L CRC-64, portable", HL_CPU_PORTABLE, run_isal_base}, {"ISA-L CRC-32", HL_CPU_PORTABLE, run_isal_crc32},
    {"ISA-L CRC-32C", HL_CPU_PORTABLE, run_isal_crc32c},        {"zlib CRC-32", HL_CPU_PORTABLE, run_zlib},
};
enum { CONTENDERS = sizeof contenders / sizeof *contenders };

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double measure(const struct contender *contender, size_t size) {
  static volatile uint64_t sink;
  sink += contender->run(size); /* brings the data as near as they fit */
  double began = seconds();
  for (size_t done = 0; done < BYTES_A_ROUND; done += size) sink += contender->run(size);
  return BYTES_A_ROUND / (seconds() - began) * 1e-9;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(void) {
  static double speeds[CONTENDERS][SIZES][ROUNDS];
  data = malloc(LARGEST);
  for (uint32_t i = 0; i < LARGEST; i++) data[i] = (uint8_t)((i * 2654435761U) >> 24);
  hl_crc_make(&nvme, HL_CRC64NVME);
  for (int round = 0; round < ROUNDS; round++)
    for (int s = 0; s < SIZES; s++)
      for (int c = 0; c < CONTENDERS; c++)
        if (contenders[c].needs <= hl_cpu()) speeds[c][s][round] = measure(&contenders[c], sizes[s]);
  printf("%-24s", "GB/s");
  for (int s = 0; s < SIZES; s++) printf("%10zu", sizes[s]);
  for (int c = 0; c < CONTENDERS; c++) {
    printf("\n%-24s", contenders[c].name);
    for (int s = 0; s < SIZES; s++) {
      qsort(speeds[c][s], ROUNDS, sizeof **speeds[c], compare);
      printf("%10.2f", speeds[c][s][ROUNDS / 2]);
    }
  }
  putchar('\n');
  free(data);
  return 0;
}
