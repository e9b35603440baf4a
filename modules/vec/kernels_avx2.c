/* SPDX-License-Identifier: MIT
 *
 * The loops compiled for AVX2.
 */
#if defined(__x86_64__)
#define TABLE hl_kernels_avx2
#include "vec/kernel_loops.h"
#endif
