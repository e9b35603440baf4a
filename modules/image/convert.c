/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "image/decode.h"

/* ITU-R BT.601 in 1/65536, rounded: weights that add up to one, so that gray stays as it is. */
static uint8_t luma(const uint8_t *rgb) { return (uint8_t)((rgb[0] * 19595u + rgb[1] * 38470u + rgb[2] * 7471u + 32768u) >> 16); }

void hl_image_convert_row(const uint8_t *source, size_t from, uint8_t *target, size_t to, size_t count) {
  if (from == to)
    memcpy(target, source, count * to);
  else if (to == 1 && from == 2)
    for (size_t i = 0; i < count; i++) target[i] = source[2 * i];
  else if (to == 1)
    for (size_t i = 0; i < count; i++) target[i] = luma(source + i * from);
  else if (from < 3)
    for (size_t i = 0; i < count; i++) memset(target + 3 * i, source[i * from], 3);
  else
    for (size_t i = 0; i < count; i++) memcpy(target + 3 * i, source + 4 * i, 3);
}
