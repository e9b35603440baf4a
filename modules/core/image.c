/* SPDX-License-Identifier: MIT */
#include "core/image.h"

#include <stdlib.h>

bool hl_image_alloc(struct hl_image *image, size_t width, size_t height, size_t channels) {
  *image = (struct hl_image){0};
  size_t row, size;
  if (__builtin_mul_overflow(width, channels, &row) || __builtin_mul_overflow(row, height, &size) || size == 0 ||
      size > PTRDIFF_MAX)
    return false;
  uint8_t *pixels = malloc(size);
  if (!pixels) return false;
  *image = (struct hl_image){pixels, width, height, channels};
  return true;
}

void hl_image_free(struct hl_image *image) {
  free(image->pixels);
  *image = (struct hl_image){0};
}

size_t hl_image_size(const struct hl_image *image) { return image->width * image->height * image->channels; }
