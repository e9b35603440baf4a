/* SPDX-License-Identifier: MIT
 *
 * JPEG (ITU-T T.81, JFIF, Adobe's APP14). jpeg_markers.c walks the markers of a file in memory; jpeg.c has libjpeg-turbo decode
 * and encode, and is the only file that knows longjmp.
 */
#ifndef HILUM_IMAGE_JPEG_H
#define HILUM_IMAGE_JPEG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/image.h"
#include "image/decode.h"
#include "image/notes.h"
#include "image/report.h"

enum hl_jpeg_color { HL_JPEG_GRAY, HL_JPEG_COLOR, HL_JPEG_CMYK, HL_JPEG_YCCK, HL_JPEG_OTHER };

struct hl_jpeg {
  uint32_t width, height;
  unsigned bits, components;
  enum hl_jpeg_color color;
  bool is_progressive, is_arithmetic;
  unsigned scans;
  bool has_end;    /* EOI is there */
  size_t trailing; /* bytes after EOI */
  struct hl_notes notes;
};

/* Walks the markers to EOI. On false the fields known so far are set. Defects: "jpeg-truncated" (it ends within a segment),
 * "header" (no or a bad frame header), "jpeg-corrupt". */
bool hl_jpeg_open(const uint8_t *bytes, size_t size, struct hl_jpeg *jpeg, struct hl_error *err);

/* As hl_png_check. */
void hl_jpeg_check(const uint8_t *bytes, size_t size, bool container_only, struct hl_report *report);

/* The fields of report that the header tells. */
bool hl_jpeg_info(const uint8_t *bytes, size_t size, struct hl_report *report, struct hl_error *err);

/* Decodes an opened JPEG at eighths (1, 2, 4, 8) of its size; the caller frees image. Defects: "bomb", "cmyk", "unsupported",
 * "no-eoi", "jpeg-truncated", "jpeg-corrupt": a file that libjpeg only warns about is refused. */
bool hl_jpeg_decode(const uint8_t *bytes, size_t size, const struct hl_jpeg *jpeg, enum hl_image_mode mode, unsigned eighths,
                    struct hl_image *image, struct hl_error *err);

/* Encodes gray or rgb, without alpha, at quality 1..100. The caller frees *bytes. */
bool hl_jpeg_encode(const struct hl_image *image, int quality, uint8_t **bytes, size_t *size, struct hl_error *err);

#endif
