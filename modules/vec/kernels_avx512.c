/* SPDX-License-Identifier: MIT
 *
 * The loops compiled for AVX-512.
 */
#if defined(__x86_64__)
#define TABLE hl_kernels_avx512
#include "vec/kernel_loops.h"
#endif
