/* SPDX-License-Identifier: MIT
 *
 * Which instructions the kernels use. Found once at first use from the processor and the kernel;
 * HILUM_CPU=portable|neon|avx2|avxvnni|avx512|amx lowers it (never raises it), so that every path can be tested on one machine.
 * Any thread.
 */
#ifndef HILUM_CORE_CPU_H
#define HILUM_CORE_CPU_H

/* The paths, slowest first. AVX2 means AVX2+FMA+BMI2+PCLMULQDQ, AVXVNNI its VNNI besides; AVX512 means F+BW+VL+DQ+VBMI+VNNI and
 * VPCLMULQDQ besides AVX2; AMX means int8 tiles besides, with the kernel's permission. NEON means dot products. */
enum hl_cpu_path {
  HL_CPU_PATH_PORTABLE,
  HL_CPU_PATH_NEON,
  HL_CPU_PATH_AVX2,
  HL_CPU_PATH_AVXVNNI,
  HL_CPU_PATH_AVX512,
  HL_CPU_PATH_AMX
};

enum hl_cpu_path hl_cpu_path(void);

const char *hl_cpu_path_name(enum hl_cpu_path path);

/* The width of the path's vectors, which is all that most kernels ask for. */
enum hl_cpu { HL_CPU_PORTABLE, HL_CPU_AVX2, HL_CPU_AVX512 };

enum hl_cpu hl_cpu(void);

const char *hl_cpu_name(enum hl_cpu cpu);

#endif
