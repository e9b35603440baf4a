/* SPDX-License-Identifier: MIT */
#include "core/cpu.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"portable", "avx2", "avx512"};

static enum hl_cpu detect(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("bmi2"))
    return HL_CPU_PORTABLE;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vbmi"))
    return HL_CPU_AVX512;
  return HL_CPU_AVX2;
#else
  return HL_CPU_PORTABLE;
#endif
}

static enum hl_cpu limited(enum hl_cpu found) {
  const char *wanted = getenv("HILUM_CPU");
  for (enum hl_cpu cpu = HL_CPU_PORTABLE; wanted && cpu < found; cpu++)
    if (strcmp(wanted, names[cpu]) == 0) return cpu;
  return found;
}

enum hl_cpu hl_cpu(void) {
  static atomic_int known = -1;
  int cpu = atomic_load_explicit(&known, memory_order_relaxed);
  if (cpu < 0) {
    cpu = (int)limited(detect());
    atomic_store_explicit(&known, cpu, memory_order_relaxed);
  }
  return (enum hl_cpu)cpu;
}

const char *hl_cpu_name(enum hl_cpu cpu) { return names[cpu]; }
