/* SPDX-License-Identifier: MIT */
#include "npy/convert.h"

#include <math.h>
#include <string.h>

/* The next number as an unsigned integer of its width. */
static uint64_t load(const struct hl_npy_info *info, const uint8_t *bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < info->width; i++) value = value << 8 | bytes[info->big_endian ? i : info->width - 1 - i];
  return value;
}

/* IEEE 754 binary16. */
static float from_half(uint16_t half) {
  int exponent = half >> 10 & 31, fraction = half & 1023;
  float size = exponent == 0 ? ldexpf((float)fraction, -24) : ldexpf((float)(fraction | 1024), exponent - 25);
  if (exponent == 31) size = fraction ? NAN : INFINITY;
  return half & 0x8000 ? -size : size;
}

static float from_float(uint64_t bits, size_t width) {
  if (width == 2) return from_half((uint16_t)bits);
  if (width == 4) {
    uint32_t low = (uint32_t)bits;
    float value;
    memcpy(&value, &low, sizeof value);
    return value;
  }
  double value;
  memcpy(&value, &bits, sizeof value);
  return (float)value;
}

static float from_signed(uint64_t bits, size_t width) {
  unsigned unused = (unsigned)(64 - 8 * width);
  return (float)((int64_t)(bits << unused) >> unused);
}

void hl_npy_convert(const struct hl_npy_info *info, const uint8_t *bytes, size_t count, float *to) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  if (info->type == 'f' && info->width == 4 && !info->big_endian) {
    if (count) memcpy(to, bytes, count * sizeof *to);
    return;
  }
#endif
  for (size_t i = 0; i < count; i++, bytes += info->width) {
    uint64_t bits = load(info, bytes);
    to[i] = info->type == 'f' ? from_float(bits, info->width) : info->type == 'i' ? from_signed(bits, info->width) : (float)bits;
  }
}

void hl_npy_transpose(const float *from, size_t rows, size_t cols, float *to) {
  for (size_t row = 0; row < rows; row++)
    for (size_t col = 0; col < cols; col++) to[row * cols + col] = from[col * rows + row];
}
