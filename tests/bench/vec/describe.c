/* SPDX-License-Identifier: MIT
 *
 * How long the descriptor of a 1,024 x 1,024 image takes after decoding: median microseconds of each half.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/cpu.h"
#include "image/describe.h"

enum { SIDE = 1024, REPEATS = 301 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *values) {
  qsort(values, REPEATS, sizeof *values, compare);
  return values[REPEATS / 2];
}

int main(void) {
  static uint8_t pixels[SIDE * SIDE];
  static double reduce[REPEATS], describe[REPEATS];
  float x[64 * 64], features[HL_FEATURES];
  for (uint32_t i = 0; i < SIDE * SIDE; i++) pixels[i] = (uint8_t)((i * 2654435761U) >> 24);
  for (int i = 0; i < REPEATS; i++) {
    double began = now();
    hl_area64(pixels, SIDE, SIDE, x);
    double reduced = now();
    hl_describe(x, features);
    reduce[i] = reduced - began;
    describe[i] = now() - reduced;
  }
  printf("%s: 1024 x 1024 to 64 x 64 %.0f us, 780 features %.0f us\n", hl_cpu_name(hl_cpu()), median(reduce), median(describe));
  return 0;
}
