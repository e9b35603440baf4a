/* SPDX-License-Identifier: MIT
 *
 * The descriptor compiled for AVX2.
 */
#if defined(__x86_64__)
#define KERNEL(name) name##_avx2
#include "image/describe_kernels.h"
#endif
