/* SPDX-License-Identifier: MIT
 *
 * Every kernel path gives what the portable one gives, in place and not, and touches nothing outside of the rows.
 */
#include "../check.h"

#include "core/cpu.h"
#include "image/unfilter.h"
#include "make.h"

typedef void unfilter(const struct hl_filtered *filtered);

static uint8_t *run(unfilter *path, const uint8_t *raw, size_t row_bytes, size_t rows, unsigned pixel_bytes, bool in_place) {
  size_t raw_size = (row_bytes + 1) * rows;
  uint8_t *in = guard_copy(raw, raw_size), *out = malloc(row_bytes * rows);
  uint8_t *target = in_place ? in + 1 : guard_copy(out, row_bytes * rows);
  size_t stride = row_bytes + in_place;
  path(&(struct hl_filtered){in, target, stride, row_bytes, rows, pixel_bytes});
  for (size_t row = 0; row < rows; row++) memcpy(out + row * row_bytes, target + row * stride, row_bytes);
  return out;
}

static void compare(unfilter *path, int filter) {
  static const unsigned sizes[] = {1, 2, 3, 4, 6, 8};
  unsigned pixel_bytes = sizes[next_random() % 6];
  size_t row_bytes = pixel_bytes * (1 + next_random() % 150), rows = 1 + next_random() % 200;
  uint8_t *raw = malloc((row_bytes + 1) * rows);
  unsigned range = next_random() % 2 ? 256 : 3;
  for (size_t i = 0; i < (row_bytes + 1) * rows; i++) raw[i] = (uint8_t)(next_random() % range);
  for (size_t row = 0; row < rows; row++)
    raw[row * (row_bytes + 1)] = (uint8_t)(filter < 5 ? (uint32_t)filter : next_random() % 5);
  uint8_t *wanted = run(hl_unfilter_portable, raw, row_bytes, rows, pixel_bytes, false);
  for (int in_place = 0; in_place < 2; in_place++) {
    uint8_t *got = run(path, raw, row_bytes, rows, pixel_bytes, in_place);
    CHECK(memcmp(got, wanted, row_bytes * rows) == 0);
    free(got);
  }
  free(wanted);
  free(raw);
}

/* By the definition, on numbers small enough to work out: PNG specification 9.2. */
static void test_definition(void) {
  const uint8_t raw[] = {0, 10, 20, 30, 1, 5, 5, 5, 2, 1, 1, 1, 3, 10, 10, 10, 4, 1, 2, 3};
  const uint8_t wanted[] = {10, 20, 30, 5, 10, 15, 6, 11, 16, 13, 22, 29, 14, 24, 32};
  uint8_t *got = run(hl_unfilter_portable, raw, 3, 5, 1, false);
  CHECK(memcmp(got, wanted, sizeof wanted) == 0);
  free(got);
}

int main(void) {
  test_definition();
  for (int i = 0; i < 300; i++) {
    compare(hl_unfilter, i % 6);
#if defined(__x86_64__)
    if (hl_cpu() >= HL_CPU_AVX2) compare(hl_unfilter_avx2, i % 6);
    if (hl_cpu() >= HL_CPU_AVX512) compare(hl_unfilter_avx512, i % 6);
#endif
  }
  return check_report();
}
