/* SPDX-License-Identifier: MIT
 *
 * PNG (ISO/IEC 15948, W3C PNG specification) in memory: container, check, decode. One reader serves both uses: png_chunks.c walks
 * the chunks, png_check.c inflates through a window, png_decode.c makes pixels. Any thread; what they need is in a hl_scratch.
 */
#ifndef HILUM_IMAGE_PNG_H
#define HILUM_IMAGE_PNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/image.h"
#include "image/decode.h"
#include "image/notes.h"
#include "image/report.h"
#include "image/scratch.h"

enum hl_png_color { HL_PNG_GRAY = 0, HL_PNG_RGB = 2, HL_PNG_PALETTE = 3, HL_PNG_GRAY_ALPHA = 4, HL_PNG_RGBA = 6 };

struct hl_png_header {
  uint32_t width, height;
  uint8_t depth; /* bits a sample: 1, 2, 4, 8, 16 */
  uint8_t color; /* enum hl_png_color */
  uint8_t interlace;
};

/* A PNG file taken apart. Pointers lead into the file or into scratch->stream. */
struct hl_png {
  struct hl_png_header header;
  const uint8_t *palette, *transparency; /* PLTE and tRNS, NULL when absent */
  size_t palette_entries, transparency_size;
  const uint8_t *stream; /* the zlib stream of all IDAT */
  size_t stream_size, data_chunks;
  bool has_end;    /* IEND is there */
  size_t trailing; /* bytes after IEND */
  struct hl_notes notes;
};

/* Samples a pixel of that colour type in the file (a palette index is one). */
unsigned hl_png_samples(uint8_t color);

/* One of the images a PNG consists of: one, or with Adam7 up to seven, every dx-th pixel of every dy-th row. */
struct hl_png_pass {
  size_t width, height;
  size_t row_bytes; /* without the filter byte */
  size_t x, y, dx, dy;
};

/* The passes that have pixels, in order. Returns how many. */
size_t hl_png_passes(const struct hl_png_header *header, struct hl_png_pass passes[7]);

/* The inflated size of all rows with their filter bytes. */
size_t hl_png_raw_size(const struct hl_png_header *header);

/* Walks the chunks, checks lengths, order and every CRC, and puts the stream together (with scratch NULL only its size is right).
 * On false png->header is set if IHDR was good. Defects: "truncated", "crc", "header", "chunk". */
bool hl_png_open(const uint8_t *bytes, size_t size, struct hl_scratch *scratch, struct hl_png *png, struct hl_error *err);

/* Whether pixels can be had at all: refuses what is over HL_IMAGE_MAX_PIXELS ("bomb") and what cannot be all there, going by the
 * size of the stream ("short-data"), before any memory is taken for it. */
bool hl_png_plausible(const struct hl_png *png, struct hl_error *err);

/* Signature and IHDR only. Defects as above. */
bool hl_png_read_header(const uint8_t *bytes, size_t size, struct hl_png_header *header, struct hl_error *err);

/* Inflates all rows, each after its filter byte, into scratch->rows, a window of up to `window` bytes at a time: with the raw
 * size or more all rows are there afterwards, with less only their soundness is known. Defects: "deflate", "adler", "filter",
 * "short-data", "extra-data". */
bool hl_png_inflate_rows(const struct hl_png *png, size_t window, struct hl_scratch *scratch, struct hl_error *err);

/* The fields of report that the header tells. */
bool hl_png_info(const uint8_t *bytes, size_t size, struct hl_report *report, struct hl_error *err);

/* Adds to report everything about the file but what concerns its name and the limits of a service; container_only: as far as
 * chunks and their CRCs tell. */
void hl_png_check(const uint8_t *bytes, size_t size, bool container_only, struct hl_scratch *scratch, struct hl_report *report);

/* The pixels, in the mode of image/decode.h; the caller frees image. Accepts what hl_png_check finds no problem with, and bytes
 * after IEND. */
bool hl_png_decode(const uint8_t *bytes, size_t size, enum hl_image_mode mode, struct hl_scratch *scratch, struct hl_image *image,
                   struct hl_error *err);

#endif
