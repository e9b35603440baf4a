/* SPDX-License-Identifier: MIT
 *
 * Pixels to files. JPEG is in image/jpeg.h.
 */
#ifndef HILUM_IMAGE_ENCODE_H
#define HILUM_IMAGE_ENCODE_H

#include "core/error.h"
#include "core/image.h"

/* A PNG by libpng at zlib level 0..9. The caller frees *bytes. */
bool hl_png_encode(const struct hl_image *image, int level, uint8_t **bytes, size_t *size, struct hl_error *err);

#endif
