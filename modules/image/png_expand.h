/* SPDX-License-Identifier: MIT
 *
 * From the samples of a PNG row, of 1 to 16 bits, to 8-bit channels.
 */
#ifndef HILUM_IMAGE_PNG_EXPAND_H
#define HILUM_IMAGE_PNG_EXPAND_H

#include "image/png.h"

struct hl_png_expander {
  const struct hl_png *png;
  size_t channels; /* that come out: those of the file, a palette counting as rgb, and alpha made from tRNS if wanted */
  bool makes_alpha;
  uint8_t colors[256][4]; /* the pixel for each value of a single sample of up to 8 bits */
};

void hl_png_expander_init(struct hl_png_expander *expander, const struct hl_png *png, bool wants_alpha);

/* Pixels x to x + count of an unfiltered row, as count * channels bytes. x is a multiple of 8. */
void hl_png_expand(const struct hl_png_expander *expander, const uint8_t *row, size_t x, size_t count, uint8_t *pixels);

#endif
