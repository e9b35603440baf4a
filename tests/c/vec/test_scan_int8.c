/* SPDX-License-Identifier: MIT
 *
 * The int8 loops of this machine's instruction set (HILUM_CPU chooses) against plain ones, up to the largest digits, inside their
 * arrays.
 */
#include "../check.h"
#include "core/cpu.h"
#include "vec/scan_int8.h"
#include "vec/vec.h"

enum { SIZES = 5, LARGEST = 127 };
static const size_t sizes[SIZES] = {64, 128, 384, 1024, 4096};

/* Numbers from -127 to 127, of which every other is an extreme one. */
static int8_t *digits(uint64_t seed, size_t n) {
  int8_t *values = malloc(n);
  for (size_t i = 0; i < n; i++) {
    uint64_t bits = hl_splitmix(seed, i);
    int extreme = bits & 2 ? LARGEST : -LARGEST, any = (int)(bits >> 8 & 0xFF) % 255 - LARGEST;
    values[i] = (int8_t)(bits & 1 ? extreme : any);
  }
  int8_t *guarded = guard_copy(values, n);
  free(values);
  return guarded;
}

static int64_t dot(const int8_t *a, const int8_t *b, size_t n) {
  int64_t sum = 0;
  for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

static void test_dot_streams(size_t n, bool extreme) {
  const int8_t *rows[HL_INT8_STREAMS] = {digits(1, n), digits(2, n), digits(3, n), digits(4, n)};
  int8_t *high = digits(5, n), *low = digits(6, n);
  int32_t out[HL_INT8_STREAMS];
  struct hl_digits query = {.high = high, .low = low, .shift = n <= 1024 ? 7 : 5};
  for (size_t i = 0; i < n; i++) {
    low[i] /= 2;
    if (extreme) ((int8_t *)rows[0])[i] = high[i] = LARGEST, low[i] = 0, ((int8_t *)rows[1])[i] = -LARGEST;
  }
  hl_int8_kernels()->dot_streams(rows, rows, &query, n, out);
  for (size_t s = 0; s < HL_INT8_STREAMS; s++)
    CHECK_EQ_INT(out[s], dot(rows[s], high, n) * (1 << query.shift) + dot(rows[s], low, n));
}

static void test_multiply(size_t n, size_t panels) {
  const int8_t *rows = digits(7, HL_INT8_ROWS * n), *queries = digits(8, panels * HL_INT8_PANEL * n);
  size_t width = panels * HL_INT8_PANEL, size = HL_INT8_ROWS * width * sizeof(int32_t);
  void *zeros = calloc(1, size);
  int32_t *out = guard_copy(zeros, size);
  free(zeros);
  hl_int8_kernels()->multiply(rows, queries, panels, n, out);
  for (size_t r = 0; r < HL_INT8_ROWS; r++)
    for (size_t q = 0; q < width; q++) {
      int64_t wanted = 0;
      const int8_t *panel = queries + q / HL_INT8_PANEL * HL_INT8_PANEL * n + q % HL_INT8_PANEL * 4;
      for (size_t i = 0; i < n; i++) wanted += rows[r * n + i] * panel[i / 4 * 64 + i % 4];
      CHECK_EQ_INT(out[r * width + q], wanted);
    }
}

static void test_reach(size_t n) {
  static const float zeros[256];
  float *many[HL_TERMS], one[HL_TERMS] = {0.5F, 2, 1, -1.25F};
  int32_t *dots = guard_copy(zeros, n * sizeof *dots);
  uint32_t found[256];
  for (size_t term = 0; term < HL_TERMS; term++) many[term] = guard_copy(zeros, n * sizeof **many);
  for (size_t i = 0; i < n; i++) {
    dots[i] = (int32_t)(i % 7);
    many[0][i] = i % 5 == 4 ? NAN : 0.5F;
    many[1][i] = (float)(i % 3) / 8;
    many[3][i] = i % 11 == 10 ? INFINITY : 0;
  }
  size_t count = hl_int8_kernels()->reach(dots, (const float *const *)many, one, n, found), at = 0;
  for (size_t i = 0; i < n; i++) {
    float margin = (float)dots[i] * many[0][i] * one[0] + many[1][i] * one[1] + (many[3][i] + one[3]);
    if (margin < 0) continue;
    CHECK(at < count && found[at] == i);
    at++;
  }
  CHECK_EQ_INT(count, at);
}

int main(void) {
  printf("%s\n", hl_cpu_path_name(hl_cpu_path()));
  for (size_t i = 0; i < SIZES; i++) {
    test_dot_streams(sizes[i], false);
    test_dot_streams(sizes[i], true);
    for (size_t panels = 1; panels <= 7; panels += 2) test_multiply(sizes[i], panels);
    test_multiply(sizes[i], 8);
  }
  for (size_t n = 16; n <= 128; n += 16) test_reach(n);
  return check_report();
}
