/* SPDX-License-Identifier: MIT
 *
 * Pixels: inflate all rows, undo their filters, and bring the samples into the form asked for.
 */
#include "image/decode.h"
#include "image/png.h"
#include "image/png_expand.h"
#include "image/unfilter.h"

#include <string.h>

enum { SEGMENT = 1024 }; /* pixels converted at a time, in buffers on the stack */

static unsigned pixel_bytes(const struct hl_png_header *header) {
  unsigned bits = hl_png_samples(header->color) * header->depth;
  return bits < 8 ? 1 : bits / 8;
}

/* Pixels x to x + count of a row of a pass go to their places in the row of the image. */
static void place_segment(const struct hl_png_expander *expander, const uint8_t *row, size_t x, size_t count,
                          const struct hl_png_pass *pass, size_t channels, uint8_t *target) {
  uint8_t native[SEGMENT * 4], wanted[SEGMENT * 4];
  bool is_dense = pass->dx == 1;
  hl_png_expand(expander, row, x, count, native);
  hl_image_convert_row(native, expander->channels, is_dense ? target + x * channels : wanted, channels, count);
  if (is_dense) return;
  for (size_t i = 0; i < count; i++) memcpy(target + (pass->x + (x + i) * pass->dx) * channels, wanted + i * channels, channels);
}

static void place_row(const struct hl_png_expander *expander, const uint8_t *row, const struct hl_png_pass *pass, size_t channels,
                      uint8_t *target) {
  for (size_t x = 0; x < pass->width; x += SEGMENT) {
    size_t left = pass->width - x;
    place_segment(expander, row, x, left < SEGMENT ? left : SEGMENT, pass, channels, target);
  }
}

static void place_pass(const struct hl_png_expander *expander, uint8_t *raw, const struct hl_png_pass *pass,
                       struct hl_image *image) {
  size_t stride = pass->row_bytes + 1, row_size = image->width * image->channels;
  hl_unfilter(&(struct hl_filtered){raw, raw + 1, stride, pass->row_bytes, pass->height, pixel_bytes(&expander->png->header)});
  for (size_t row = 0; row < pass->height; row++)
    place_row(expander, raw + row * stride + 1, pass, image->channels, image->pixels + (pass->y + row * pass->dy) * row_size);
}

static void make_pixels(const struct hl_png_expander *expander, uint8_t *raw, struct hl_image *image) {
  const struct hl_png_header *header = &expander->png->header;
  struct hl_png_pass passes[7];
  size_t count = hl_png_passes(header, passes), row_size = image->width * image->channels;
  bool is_as_wanted = header->depth == 8 && !header->interlace && hl_png_samples(header->color) == image->channels &&
                      header->color != HL_PNG_PALETTE && !expander->makes_alpha;
  if (is_as_wanted) {
    hl_unfilter(&(struct hl_filtered){raw, image->pixels, row_size, row_size, image->height, (unsigned)image->channels});
    return;
  }
  for (size_t i = 0; i < count; i++) {
    place_pass(expander, raw, &passes[i], image);
    raw += passes[i].height * (passes[i].row_bytes + 1);
  }
}

bool hl_png_decode(const uint8_t *bytes, size_t size, enum hl_image_mode mode, struct hl_scratch *scratch, struct hl_image *image,
                   struct hl_error *err) {
  struct hl_png png;
  struct hl_png_expander expander;
  if (!hl_png_open(bytes, size, scratch, &png, err) || !hl_png_plausible(&png, err)) return false;
  if (!png.has_end) return hl_defect(err, "missing-iend", "the file ends after IDAT %zu, without IEND", png.data_chunks);
  if (!hl_png_inflate_rows(&png, SIZE_MAX, scratch, err)) return false;
  hl_png_expander_init(&expander, &png, mode == HL_IMAGE_NATIVE);
  size_t channels = mode == HL_IMAGE_NATIVE ? expander.channels : mode == HL_IMAGE_GRAY ? 1 : 3;
  if (!hl_image_alloc(image, png.header.width, png.header.height, channels)) return hl_no_memory(err);
  make_pixels(&expander, scratch->rows.data, image);
  return true;
}
