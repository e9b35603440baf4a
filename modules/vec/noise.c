/* SPDX-License-Identifier: MIT
 *
 * Normal noise for training, where speed matters more than the last digit: Box and Muller's pairs (1958) in float32, written so
 * that the compiler takes several at a time. Without contraction every machine gives the same bits.
 */
#include <math.h>
#include <string.h>

#include "vec/vec.h"

enum { PAIRS = 64 /* at a time */ };

/* ln x for x in (0, 1]: x = 2^e m with m about 1, ln m = 2 artanh((m - 1) / (m + 1)) by its series. */
static inline float log_of(float x) {
  int32_t bits;
  memcpy(&bits, &x, sizeof bits);
  int32_t e = (bits - 0x3f3504f3) >> 23; /* the bits of sqrt(1/2) */
  bits -= e * (1 << 23);
  float m, s, s2;
  memcpy(&m, &bits, sizeof m);
  s = (m - 1) / (m + 1);
  s2 = s * s;
  return (float)e * 0.69314718F + 2 * s * (1 + s2 * (1.0F / 3 + s2 * (1.0F / 5 + s2 * (1.0F / 7))));
}

/* cos and sin of 2 pi turn for turn in [0, 1): by their series about the nearest quarter. */
static inline void turn_to(float turn, float *cosine, float *sine) {
  int32_t quarter = (int32_t)(4 * turn + 0.5F);
  float a = (4 * turn - (float)quarter) * 1.57079633F, a2 = a * a;
  float s = a * (1 - a2 * (1.0F / 6 - a2 * (1.0F / 120 - a2 * (1.0F / 5040))));
  float c = 1 - a2 * (1.0F / 2 - a2 * (1.0F / 24 - a2 * (1.0F / 720 - a2 * (1.0F / 40320))));
  float x = quarter & 1 ? s : c, y = quarter & 1 ? c : s;
  *cosine = (quarter + 1) & 2 ? -x : x;
  *sine = quarter & 2 ? -y : y;
}

/* Numbers first to first + 2 PAIRS - 1 of the stream. */
static void fill(uint64_t seed, uint64_t first, float out[2 * PAIRS]) {
  float distance[PAIRS], turn[PAIRS], x[PAIRS], y[PAIRS];
  for (size_t i = 0; i < PAIRS; i++) {
    uint64_t bits = hl_splitmix(seed, first / 2 + i);
    distance[i] = (float)(int32_t)((bits >> 40) + 1) * 0x1p-24F;
    turn[i] = (float)(int32_t)(bits & 0xffffff) * 0x1p-24F;
  }
  for (size_t i = 0; i < PAIRS; i++) {
    float radius = sqrtf(-2 * log_of(distance[i]));
    turn_to(turn[i], &x[i], &y[i]);
    x[i] *= radius;
    y[i] *= radius;
  }
  for (size_t i = 0; i < PAIRS; i++) out[2 * i] = x[i], out[2 * i + 1] = y[i];
}

void hl_add_noise(uint64_t seed, uint64_t first, float scale, float *values, size_t n) {
  float noise[2 * PAIRS];
  for (size_t from = 0; from < n; from += 2 * PAIRS) {
    size_t count = n - from < 2 * PAIRS ? n - from : 2 * PAIRS;
    fill(seed, first + from, noise);
    for (size_t i = 0; i < count; i++) values[from + i] += scale * noise[i];
  }
}
