/* SPDX-License-Identifier: MIT
 *
 * The descriptor against golden results of the numpy reference (tests/vectors/describe), on every instruction set of this
 * machine.
 */
#include "../check.h"
#include "core/cpu.h"
#include "image/describe_tables.h"

static const float golden_64x64[HL_FEATURES] = {
#include "../../vectors/describe/picture_64x64.inc"
};
static const float golden_128x64[HL_FEATURES] = {
#include "../../vectors/describe/picture_128x64.inc"
};
static const float golden_256x256[HL_FEATURES] = {
#include "../../vectors/describe/picture_256x256.inc"
};
static const float golden_512x1024[HL_FEATURES] = {
#include "../../vectors/describe/picture_512x1024.inc"
};
static const float golden_300x200[HL_FEATURES] = {
#include "../../vectors/describe/picture_300x200.inc"
};
static const float golden_47x130[HL_FEATURES] = {
#include "../../vectors/describe/picture_47x130.inc"
};

static uint8_t *picture(uint32_t width, uint32_t height) {
  uint8_t *pixels = malloc((size_t)width * height);
  for (uint32_t y = 0; y < height; y++)
    for (uint32_t x = 0; x < width; x++) {
      uint32_t u = x * 256 / width, v = y * 256 / height;
      pixels[(size_t)y * width + x] = (uint8_t)((((u * u + 3 * v * v + u * v) >> 7) + ((u >> 4) * (v >> 5) & 7) * 9) & 255);
    }
  uint8_t *guarded = guard_copy(pixels, (size_t)width * height);
  free(pixels);
  return guarded;
}

static void describe_picture(uint32_t width, uint32_t height, float out[HL_FEATURES]) {
  float x[64 * 64];
  hl_area64(picture(width, height), width, height, x);
  hl_describe(x, out);
}

static void test_equal(uint32_t width, uint32_t height, const float golden[HL_FEATURES]) {
  float got[HL_FEATURES];
  describe_picture(width, height, got);
  for (int i = 0; i < HL_FEATURES; i++) CHECK_NEAR(got[i], golden[i], 1e-5);
}

static void test_close(uint32_t width, uint32_t height, const float golden[HL_FEATURES]) {
  float got[HL_FEATURES];
  double product = 0, ours = 0, theirs = 0;
  describe_picture(width, height, got);
  for (int i = 0; i < HL_FEATURES; i++) {
    product += (double)got[i] * golden[i];
    ours += (double)got[i] * got[i];
    theirs += (double)golden[i] * golden[i];
  }
  CHECK(product / sqrt(ours * theirs) >= 0.999);
}

/* The area average keeps the mean grey, whatever the sides. */
static void test_area_mean(uint32_t width, uint32_t height) {
  float x[64 * 64];
  uint8_t *pixels = picture(width, height);
  hl_area64(pixels, width, height, x);
  double wanted = 0, got = 0;
  for (size_t i = 0; i < (size_t)width * height; i++) wanted += pixels[i];
  for (int i = 0; i < 64 * 64; i++) got += (double)x[i];
  CHECK_NEAR(got / 4096, wanted / width / height, 1e-3);
}

/* A constant image, however small, answers no Gabor filter, lies in one histogram bin, and has one pattern. */
static void test_constant(size_t width, size_t height, uint8_t grey) {
  uint8_t *pixels = malloc(width * height);
  float x[64 * 64], out[HL_FEATURES];
  memset(pixels, grey, width * height);
  hl_area64(guard_copy(pixels, width * height), width, height, x);
  for (int i = 0; i < 64 * 64; i++) CHECK_NEAR(x[i], grey, 1e-4);
  for (int i = 0; i < 64 * 64; i++) x[i] = (float)grey;
  hl_describe(x, out);
  for (int i = 0; i < 288; i++) CHECK_NEAR(out[i], 0, 1e-6);
  for (int cell = 0; cell < 4; cell++) CHECK_NEAR(out[544 + cell * 59 + 57], 1, 1e-6);
  free(pixels);
}

#if defined(__x86_64__)
static void test_bits_equal(uint32_t width, uint32_t height) {
  float x[64 * 64], other_x[64 * 64], plain[HL_FEATURES], other[HL_FEATURES];
  uint8_t *pixels = picture(width, height);
  hl_area64_portable(pixels, width, height, x);
  struct hl_describe_tables tables;
  hl_describe_fill_tables(&tables);
  hl_describe_portable(x, &tables, plain);
  if (hl_cpu() >= HL_CPU_AVX2) {
    hl_area64_avx2(pixels, width, height, other_x);
    hl_describe_avx2(x, &tables, other);
    CHECK(memcmp(x, other_x, sizeof x) == 0 && memcmp(plain, other, sizeof plain) == 0);
  }
  if (hl_cpu() >= HL_CPU_AVX512) {
    hl_area64_avx512(pixels, width, height, other_x);
    hl_describe_avx512(x, &tables, other);
    CHECK(memcmp(x, other_x, sizeof x) == 0 && memcmp(plain, other, sizeof plain) == 0);
  }
}
#endif

int main(void) {
  test_equal(64, 64, golden_64x64);
  test_equal(128, 64, golden_128x64);
  test_equal(256, 256, golden_256x256);
  test_equal(512, 1024, golden_512x1024);
  test_close(300, 200, golden_300x200);
  test_close(47, 130, golden_47x130);
  static const uint32_t sides[] = {64, 65, 127, 200, 1000, 2049};
  for (size_t i = 0; i < 6; i++) test_area_mean(sides[i], sides[5 - i]);
  test_constant(1, 1, 200);
  test_constant(3, 700, 0);
  test_constant(64, 64, 255);
#if defined(__x86_64__)
  for (size_t i = 0; i < 6; i++) test_bits_equal(sides[i], sides[5 - i] / 3 + 1);
#endif
  return check_report();
}
