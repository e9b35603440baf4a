/* SPDX-License-Identifier: MIT
 *
 * Which instruction set the kernels use. Found once at first use from the processor; HILUM_CPU=portable|avx2|avx512 lowers it
 * (never raises it), so that every path can be tested on one machine. Any thread.
 */
#ifndef HILUM_CORE_CPU_H
#define HILUM_CORE_CPU_H

enum hl_cpu { HL_CPU_PORTABLE, HL_CPU_AVX2, HL_CPU_AVX512 };

/* AVX2 means AVX2+FMA+BMI2; AVX512 means F+BW+VL+DQ+VBMI besides. */
enum hl_cpu hl_cpu(void);

const char *hl_cpu_name(enum hl_cpu cpu);

#endif
