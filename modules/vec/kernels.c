/* SPDX-License-Identifier: MIT
 *
 * The choice of instruction set, and the loops compiled for any processor.
 */
#include "core/cpu.h"

#define TABLE hl_kernels_portable
#include "vec/kernel_loops.h"

const struct hl_kernels *hl_kernels(void) {
  switch (hl_cpu()) {
#if defined(__x86_64__)
  case HL_CPU_AVX512: return &hl_kernels_avx512;
  case HL_CPU_AVX2: return &hl_kernels_avx2;
#endif
  default: return &hl_kernels_portable;
  }
}
