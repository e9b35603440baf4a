/* SPDX-License-Identifier: MIT */
#include "image/png_expand.h"

#include <string.h>

static unsigned read_u16(const uint8_t *p) { return (unsigned)p[0] << 8 | p[1]; }

/* 0..65535 to 0..255, rounded: value / 257. */
static uint8_t round_to_8(unsigned value) { return (uint8_t)((value * 255 + 32895) >> 16); }

/* A colour that PLTE does not list is black. */
static void fill_palette(struct hl_png_expander *expander) {
  const struct hl_png *png = expander->png;
  for (size_t i = 0; i < 256; i++) {
    if (i < png->palette_entries) memcpy(expander->colors[i], png->palette + 3 * i, 3);
    expander->colors[i][3] = i < png->transparency_size ? png->transparency[i] : 255;
  }
}

static void fill_grays(struct hl_png_expander *expander) {
  const struct hl_png *png = expander->png;
  unsigned white = (1u << png->header.depth) - 1;
  unsigned clear = png->transparency ? read_u16(png->transparency) & white : 256;
  for (unsigned value = 0; value <= white; value++) {
    expander->colors[value][0] = (uint8_t)(value * 255 / white);
    expander->colors[value][1] = value == clear ? 0 : 255;
  }
}

void hl_png_expander_init(struct hl_png_expander *expander, const struct hl_png *png, bool wants_alpha) {
  *expander = (struct hl_png_expander){.png = png, .makes_alpha = wants_alpha && png->transparency};
  bool is_palette = png->header.color == HL_PNG_PALETTE;
  expander->channels = (is_palette ? 3 : hl_png_samples(png->header.color)) + expander->makes_alpha;
  if (is_palette)
    fill_palette(expander);
  else if (png->header.color == HL_PNG_GRAY && png->header.depth <= 8)
    fill_grays(expander);
}

/* Single samples of up to 8 bits, the first in the high bits of a byte: grays and palettes. */
static void look_up(const struct hl_png_expander *expander, const uint8_t *row, size_t x, size_t count, uint8_t *pixels) {
  unsigned depth = expander->png->header.depth, mask = (1u << depth) - 1;
  for (size_t i = 0; i < count; i++) {
    size_t bit = (x + i) * depth;
    unsigned value = (unsigned)row[bit / 8] >> (8 - depth - bit % 8) & mask;
    memcpy(pixels + i * expander->channels, expander->colors[value], expander->channels);
  }
}

/* Whole bytes: one sample after the other, and alpha 0 where all samples of a pixel equal those of tRNS. */
static void copy_samples(const struct hl_png_expander *expander, const uint8_t *row, size_t x, size_t count, uint8_t *pixels) {
  const struct hl_png *png = expander->png;
  unsigned samples = hl_png_samples(png->header.color), bytes = png->header.depth / 8;
  const uint8_t *in = row + x * samples * bytes;
  for (size_t i = 0; i < count; i++) {
    bool is_clear = expander->makes_alpha;
    for (unsigned sample = 0; sample < samples; sample++, in += bytes) {
      unsigned value = bytes == 2 ? read_u16(in) : *in;
      is_clear = is_clear && value == (read_u16(png->transparency + 2 * sample) & (bytes == 2 ? 65535 : 255));
      *pixels++ = bytes == 2 ? round_to_8(value) : (uint8_t)value;
    }
    if (expander->makes_alpha) *pixels++ = is_clear ? 0 : 255;
  }
}

void hl_png_expand(const struct hl_png_expander *expander, const uint8_t *row, size_t x, size_t count, uint8_t *pixels) {
  const struct hl_png_header *header = &expander->png->header;
  if (hl_png_samples(header->color) == 1 && header->depth <= 8)
    look_up(expander, row, x, count, pixels);
  else if (header->depth == 8 && !expander->makes_alpha)
    memcpy(pixels, row + x * expander->channels, count * expander->channels);
  else
    copy_samples(expander, row, x, count, pixels);
}
