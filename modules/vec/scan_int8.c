/* SPDX-License-Identifier: MIT
 *
 * The choice of instruction set, and the loops for any processor.
 */
#include "vec/scan_int8.h"

#include <string.h>

#include "core/cpu.h"

#define TABLE(set)                                                                                                               \
  static const struct hl_int8_kernels set = {hl_int8_dot_streams_##set, hl_int8_multiply_##set, hl_int8_reach_##set}

TABLE(portable);
#if defined(__x86_64__)
TABLE(avx2);
TABLE(avxvnni);
TABLE(avx512);
static const struct hl_int8_kernels amx = {hl_int8_dot_streams_avx512, hl_int8_multiply_amx, hl_int8_reach_avx512};
#elif defined(__aarch64__)
TABLE(neon);
#endif

const struct hl_int8_kernels *hl_int8_kernels(void) {
  switch (hl_cpu_path()) {
#if defined(__x86_64__)
  case HL_CPU_PATH_AMX: return &amx;
  case HL_CPU_PATH_AVX512: return &avx512;
  case HL_CPU_PATH_AVXVNNI: return &avxvnni;
  case HL_CPU_PATH_AVX2: return &avx2;
#elif defined(__aarch64__)
  case HL_CPU_PATH_NEON: return &neon;
#endif
  default: return &portable;
  }
}

static int32_t dot(const int8_t *row, const struct hl_digits *query, size_t n) {
  int32_t high = 0, low = 0;
  for (size_t i = 0; i < n; i++) {
    high += row[i] * query->high[i];
    low += row[i] * query->low[i];
  }
  return high * (1 << query->shift) + low;
}

void hl_int8_dot_streams_portable(const int8_t *const rows[HL_INT8_STREAMS], const int8_t *const next[HL_INT8_STREAMS],
                                  const struct hl_digits *query, size_t n, int32_t out[HL_INT8_STREAMS]) {
  (void)next;
  for (size_t s = 0; s < HL_INT8_STREAMS; s++) out[s] = dot(rows[s], query, n);
}

/* One row with one panel. */
static void multiply(const int8_t *row, const int8_t *panel, size_t n, int32_t out[HL_INT8_PANEL]) {
  memset(out, 0, HL_INT8_PANEL * sizeof *out);
  for (size_t i = 0; i < n; i += 4, panel += 4 * HL_INT8_PANEL)
    for (size_t q = 0; q < HL_INT8_PANEL; q++)
      for (size_t byte = 0; byte < 4; byte++) out[q] += row[i + byte] * panel[4 * q + byte];
}

void hl_int8_multiply_portable(const int8_t *rows, const int8_t *panels, size_t count, size_t n, int32_t *out) {
  for (size_t r = 0; r < HL_INT8_ROWS; r++)
    for (size_t p = 0; p < count; p++)
      multiply(rows + r * n, panels + p * HL_INT8_PANEL * n, n, out + (r * count + p) * HL_INT8_PANEL);
}

size_t hl_int8_reach_portable(const int32_t *dots, const float *const many[HL_TERMS], const float one[HL_TERMS], size_t n,
                              uint32_t *found) {
  size_t count = 0;
  for (size_t i = 0; i < n; i++) {
    float product = (float)dots[i] * many[0][i] * one[0];
    float margin = product + many[1][i] * one[1] + many[2][i] * one[2] + (many[3][i] + one[3]);
    found[count] = (uint32_t)i;
    count += margin < 0 ? 0 : 1;
  }
  return count;
}
