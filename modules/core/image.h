/* SPDX-License-Identifier: MIT
 *
 * An image in memory: 8 bits a sample, samples of a pixel together, rows from the top without padding. 1 channel is gray, 2 gray
 * and alpha, 3 red green blue, 4 red green blue alpha. What image decodes and writes and what phantom draws.
 */
#ifndef HILUM_CORE_IMAGE_H
#define HILUM_CORE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hl_image {
  uint8_t *pixels; /* height * width * channels bytes; NULL when there is no image */
  size_t width, height, channels;
};

/* Gives image memory of that size, not initialised. False when a side is 0, the size overflows or memory runs out; image is then
 * empty. */
bool hl_image_alloc(struct hl_image *image, size_t width, size_t height, size_t channels);

/* Frees and empties. Idempotent. */
void hl_image_free(struct hl_image *image);

size_t hl_image_size(const struct hl_image *image); /* bytes */

#endif
