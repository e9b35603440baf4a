/* SPDX-License-Identifier: MIT
 *
 * Files and bytes to pixels. PNG is read by png.h, JPEG by jpeg.h.
 */
#ifndef HILUM_IMAGE_DECODE_H
#define HILUM_IMAGE_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/image.h"
#include "image/scratch.h"

/* What no check and no decoder goes beyond: a quarter of a gigapixel. */
#define HL_IMAGE_MAX_PIXELS ((uint64_t)1 << 28)

/* HL_IMAGE_NATIVE keeps the channels of the file (a palette becomes rgb or, with transparency, rgba); 16-bit samples are rounded
 * to 8. HL_IMAGE_GRAY takes the luma of ITU-R BT.601 of colours and drops alpha; HL_IMAGE_RGB repeats gray and drops alpha. */
enum hl_image_mode { HL_IMAGE_NATIVE, HL_IMAGE_GRAY, HL_IMAGE_RGB };

/* Decodes an undamaged PNG or JPEG into image, which the caller frees. err: the defect, without the name of the file. */
bool hl_image_decode(const uint8_t *bytes, size_t size, enum hl_image_mode mode, struct hl_scratch *scratch,
                     struct hl_image *image, struct hl_error *err);

/* The same at a fraction of the size (JPEG: 1/2, 1/4 or 1/8 straight from the coefficients), but no side below least. */
bool hl_image_decode_small(const uint8_t *bytes, size_t size, enum hl_image_mode mode, size_t least, struct hl_scratch *scratch,
                           struct hl_image *image, struct hl_error *err);

/* Reads a regular file of up to HL_IMAGE_MAX_FILE bytes into scratch->file. err: errno, or that it is too large. */
#define HL_IMAGE_MAX_FILE ((uint64_t)1 << 29)
bool hl_image_read(const char *path, struct hl_scratch *scratch, size_t *size, struct hl_error *err);

/* Converts a row: count pixels of from channels (1..4) to pixels of `to` channels. source and target may not overlap. */
void hl_image_convert_row(const uint8_t *source, size_t from, uint8_t *target, size_t to, size_t count);

#endif
