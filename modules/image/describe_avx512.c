/* SPDX-License-Identifier: MIT
 *
 * The descriptor compiled for AVX-512.
 */
#if defined(__x86_64__)
#define KERNEL(name) name##_avx512
#include "image/describe_kernels.h"
#endif
