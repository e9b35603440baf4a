/* SPDX-License-Identifier: MIT */
#include "core/cpu.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

static const char *const paths[] = {"portable", "neon", "avx2", "avxvnni", "avx512", "amx"};
static const char *const names[] = {"portable", "avx2", "avx512"};

#if defined(__x86_64__)

static bool has_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2") &&
         __builtin_cpu_supports("pclmul");
}

static bool has_avx512(void) {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vbmi") &&
         __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("vpclmulqdq");
}

/* Leaf 7, subleaf 0, EDX bits 24 and 25: tiles, and int8 in them; subleaf 1, EAX bit 4: AVX-VNNI. Compilers have no word for all.
 */
static bool has_leaf7(unsigned subleaf, unsigned eax_bits, unsigned edx_bits) {
  unsigned eax = 7, ebx, ecx = subleaf, edx;
  __asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
  return (eax & eax_bits) == eax_bits && (edx & edx_bits) == edx_bits;
}

/* The kernel lets a process use the tiles' registers, 8 KB for every thread, when it asks (arch_prctl, state component 18). */
static bool may_use_tiles(void) {
  enum { REQUEST = 0x1023, TILE_DATA = 18 };
  return syscall(SYS_arch_prctl, REQUEST, TILE_DATA) == 0;
}

static bool has(enum hl_cpu_path path) {
  __builtin_cpu_init();
  switch (path) {
  case HL_CPU_PATH_PORTABLE: return true;
  case HL_CPU_PATH_AVX2: return has_avx2();
  case HL_CPU_PATH_AVXVNNI: return has_avx2() && has_leaf7(1, 1U << 4, 0);
  case HL_CPU_PATH_AVX512: return has_avx512();
  case HL_CPU_PATH_AMX: return has_avx512() && has_leaf7(0, 0, 3U << 24) && may_use_tiles();
  default: return false;
  }
}

#elif defined(__aarch64__)

static bool has(enum hl_cpu_path path) {
  enum { DOT_PRODUCT = 1 << 20 };
  return path == HL_CPU_PATH_PORTABLE || (path == HL_CPU_PATH_NEON && getauxval(AT_HWCAP) & DOT_PRODUCT);
}

#else

static bool has(enum hl_cpu_path path) { return path == HL_CPU_PATH_PORTABLE; }

#endif

static enum hl_cpu_path choose(void) {
  const char *wanted = getenv("HILUM_CPU");
  enum hl_cpu_path limit = HL_CPU_PATH_AMX;
  for (enum hl_cpu_path path = HL_CPU_PATH_PORTABLE; wanted && path < HL_CPU_PATH_AMX; path++)
    if (strcmp(wanted, paths[path]) == 0) limit = path;
  while (!has(limit)) limit--;
  return limit;
}

enum hl_cpu_path hl_cpu_path(void) {
  static atomic_int known = -1;
  int path = atomic_load_explicit(&known, memory_order_relaxed);
  if (path < 0) {
    path = (int)choose();
    atomic_store_explicit(&known, path, memory_order_relaxed);
  }
  return (enum hl_cpu_path)path;
}

const char *hl_cpu_path_name(enum hl_cpu_path path) { return paths[path]; }

enum hl_cpu hl_cpu(void) {
  enum hl_cpu_path path = hl_cpu_path();
  return path >= HL_CPU_PATH_AVX512 ? HL_CPU_AVX512 : path >= HL_CPU_PATH_AVX2 ? HL_CPU_AVX2 : HL_CPU_PORTABLE;
}

const char *hl_cpu_name(enum hl_cpu cpu) { return names[cpu]; }
