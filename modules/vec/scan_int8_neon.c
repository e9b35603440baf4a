/* SPDX-License-Identifier: MIT
 *
 * The loops for NEON with dot products of signed bytes (Armv8.2).
 */
#if defined(__aarch64__)
#include <arm_neon.h>

#include "vec/scan_int8.h"

enum { WIDTH = 16, LANES = 4, QUARTERS = 4 };

void hl_int8_dot_streams_neon(const int8_t *const rows[HL_INT8_STREAMS], const int8_t *const next[HL_INT8_STREAMS],
                              const struct hl_digits *query, size_t n, int32_t out[HL_INT8_STREAMS]) {
  int32x4_t zero = vdupq_n_s32(0), high[HL_INT8_STREAMS] = {zero, zero, zero, zero},
            low[HL_INT8_STREAMS] = {zero, zero, zero, zero};
  for (size_t i = 0; i < n; i += WIDTH) {
    int8x16_t h = vld1q_s8(query->high + i), l = vld1q_s8(query->low + i);
    for (size_t s = 0; s < HL_INT8_STREAMS; s++) {
      __builtin_prefetch(next[s] + i, 0, 2);
      int8x16_t row = vld1q_s8(rows[s] + i);
      high[s] = vdotq_s32(high[s], row, h);
      low[s] = vdotq_s32(low[s], row, l);
    }
  }
  int32x4_t shift = vdupq_n_s32((int32_t)query->shift);
  for (size_t s = 0; s < HL_INT8_STREAMS; s++) out[s] = vaddvq_s32(vaddq_s32(vshlq_s32(high[s], shift), low[s]));
}

/* Four rows with one panel, of which four queries fill a register. */
static inline void multiply(const int8_t *rows, const int8_t *panel, size_t n, int32_t *out, size_t stride) {
  int32x4_t sums[4][QUARTERS];
  for (size_t r = 0; r < 4; r++)
    for (size_t q = 0; q < QUARTERS; q++) sums[r][q] = vdupq_n_s32(0);
  for (size_t i = 0; i < n; i += 4, panel += 4 * HL_INT8_PANEL)
    for (size_t r = 0; r < 4; r++) {
      int8x16_t row = vreinterpretq_s8_s32(vld1q_dup_s32((const int32_t *)(const void *)(rows + r * n + i)));
      for (size_t q = 0; q < QUARTERS; q++) sums[r][q] = vdotq_s32(sums[r][q], row, vld1q_s8(panel + q * WIDTH));
    }
  for (size_t r = 0; r < 4; r++)
    for (size_t q = 0; q < QUARTERS; q++) vst1q_s32(out + r * stride + q * LANES, sums[r][q]);
}

void hl_int8_multiply_neon(const int8_t *rows, const int8_t *panels, size_t count, size_t n, int32_t *out) {
  size_t stride = count * HL_INT8_PANEL;
  for (size_t p = 0; p < count; p++)
    for (size_t r = 0; r < HL_INT8_ROWS; r += 4)
      multiply(rows + r * n, panels + p * HL_INT8_PANEL * n, n, out + r * stride + p * HL_INT8_PANEL, stride);
}

size_t hl_int8_reach_neon(const int32_t *dots, const float *const many[HL_TERMS], const float one[HL_TERMS], size_t n,
                          uint32_t *found) {
  size_t count = 0;
  for (size_t i = 0; i < n; i += LANES) {
    float32x4_t product = vmulq_f32(vcvtq_f32_s32(vld1q_s32(dots + i)), vld1q_f32(many[0] + i));
    float32x4_t margin = vaddq_f32(vld1q_f32(many[3] + i), vdupq_n_f32(one[3]));
    margin = vfmaq_n_f32(margin, product, one[0]);
    margin = vfmaq_n_f32(margin, vld1q_f32(many[1] + i), one[1]);
    margin = vfmaq_n_f32(margin, vld1q_f32(many[2] + i), one[2]);
    uint32x4_t below = vcltzq_f32(margin);
    if (vminvq_u32(below) == UINT32_MAX) continue;
    uint32_t lanes[LANES];
    vst1q_u32(lanes, below);
    for (uint32_t lane = 0; lane < LANES; lane++)
      if (!lanes[lane]) found[count++] = (uint32_t)i + lane;
  }
  return count;
}
#endif
