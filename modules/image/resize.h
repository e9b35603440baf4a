/* SPDX-License-Identifier: MIT
 *
 * Another size of an image: the exact average over the area of each new pixel along a side that shrinks, bilinear between the
 * nearest pixels along one that grows.
 */
#ifndef HILUM_IMAGE_RESIZE_H
#define HILUM_IMAGE_RESIZE_H

#include "core/error.h"
#include "core/image.h"

/* width, height >= 1. The caller frees target. False: no memory. */
bool hl_resize(const struct hl_image *source, size_t width, size_t height, struct hl_image *target, struct hl_error *err);

#endif
