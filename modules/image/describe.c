/* SPDX-License-Identifier: MIT
 *
 * The descriptor: its constant tables, the choice of instruction set, and the portable kernels.
 */
#include "image/describe.h"

#include <pthread.h>

#include "core/cpu.h"

#define KERNEL(name) name##_portable
#include "image/describe_kernels.h"

/* Footprints. */

static struct hl_span area_span(size_t i, size_t n) {
  double side = (double)n / SIDE, begin = (double)i * side, end = (double)(i + 1) * side;
  double first = floor(begin), last = ceil(end - 1e-9) - 1;
  struct hl_span span = {.first = (size_t)first, .last = (size_t)last, .scale = (float)(1 / side)};
  span.head = (float)(fmin(end, first + 1) - begin);
  span.tail = (float)(fmin(end, last + 1) - last);
  return span;
}

static struct hl_span bilinear_span(size_t i, size_t n) {
  double at = ((double)i + 0.5) * (double)n / SIDE - 0.5, left = floor(at), part = at - left;
  if (left < 0) return (struct hl_span){.head = 1, .scale = 1};
  if (left >= (double)(n - 1)) return (struct hl_span){.first = n - 1, .last = n - 1, .head = 1, .scale = 1};
  size_t first = (size_t)left;
  return (struct hl_span){.first = first, .last = first + 1, .head = (float)(1 - part), .tail = (float)part, .scale = 1};
}

struct hl_span hl_describe_span(size_t i, size_t n) {
  return n >= SIDE ? area_span(i, n) : bilinear_span(i, n);
}

/* The filter bank: wavelength 4, Gaussian window of deviation 2. */

static double window(int i) { return exp(-i * i / 8.0); }

static void fill_taps(struct hl_taps *taps, double frequency) {
  for (int i = 0; i <= GABOR_RADIUS; i++) {
    taps->cosine[i] = (float)(window(i) * cos(frequency * i));
    taps->sine[i] = (float)(window(i) * sin(frequency * i));
  }
}

static void fill_gabor(struct hl_gabor *gabor, double angle) {
  double row = M_PI / 2 * cos(angle), column = M_PI / 2 * sin(angle), even_sum = 0, window_sum = 0;
  double even_square = 0, odd_square = 0;
  for (int y = -GABOR_RADIUS; y <= GABOR_RADIUS; y++)
    for (int x = -GABOR_RADIUS; x <= GABOR_RADIUS; x++) {
      window_sum += window(y) * window(x);
      even_sum += window(y) * window(x) * cos(row * x + column * y);
    }
  for (int y = -GABOR_RADIUS; y <= GABOR_RADIUS; y++)
    for (int x = -GABOR_RADIUS; x <= GABOR_RADIUS; x++) {
      double even = window(y) * window(x) * (cos(row * x + column * y) - even_sum / window_sum);
      double odd = window(y) * window(x) * sin(row * x + column * y);
      even_square += even * even;
      odd_square += odd * odd;
    }
  fill_taps(&gabor->row, row);
  fill_taps(&gabor->column, column);
  gabor->constant = (float)(even_sum / window_sum);
  gabor->even_scale = (float)(1 / sqrt(even_square));
  gabor->odd_scale = (float)(1 / sqrt(odd_square));
}

static void fill_pattern_bins(uint8_t bin[256]) {
  uint8_t uniform = 0;
  for (unsigned code = 0; code < 256; code++) {
    unsigned turned = (code >> 1 | code << 7) & 255;
    bin[code] = __builtin_popcount(code ^ turned) <= 2 ? uniform++ : 58;
  }
}

void hl_describe_fill_tables(struct hl_describe_tables *t) {
  for (int o = 0; o < 4; o++) fill_gabor(&t->gabor[o], M_PI * o / 6);
  fill_pattern_bins(t->pattern_bin);
}

/* Filled once, before the first description. */
static struct hl_describe_tables tables;

static void fill_tables(void) { hl_describe_fill_tables(&tables); }

/* Dispatch. */

void hl_area64(const uint8_t *pixels, size_t width, size_t height, float out[PIXELS]) {
  switch (hl_cpu()) {
#if defined(__x86_64__)
  case HL_CPU_AVX512: hl_area64_avx512(pixels, width, height, out); break;
  case HL_CPU_AVX2: hl_area64_avx2(pixels, width, height, out); break;
#endif
  default: hl_area64_portable(pixels, width, height, out);
  }
}

void hl_describe(const float x[PIXELS], float out[HL_FEATURES]) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, fill_tables);
  switch (hl_cpu()) {
#if defined(__x86_64__)
  case HL_CPU_AVX512: hl_describe_avx512(x, &tables, out); break;
  case HL_CPU_AVX2: hl_describe_avx2(x, &tables, out); break;
#endif
  default: hl_describe_portable(x, &tables, out);
  }
}
