/* SPDX-License-Identifier: MIT */
#include "image/buffer.h"

#include <stdlib.h>

bool hl_buffer_reserve(struct hl_buffer *buffer, size_t size) {
  if (size <= buffer->capacity) return true;
  hl_buffer_free(buffer);
  buffer->data = malloc(size);
  if (buffer->data) buffer->capacity = size;
  return buffer->data != NULL;
}

void hl_buffer_free(struct hl_buffer *buffer) {
  free(buffer->data);
  *buffer = (struct hl_buffer){0};
}

void hl_scratch_free(struct hl_scratch *scratch) {
  hl_buffer_free(&scratch->file);
  hl_buffer_free(&scratch->stream);
  hl_buffer_free(&scratch->rows);
  free(scratch->inflate);
  *scratch = (struct hl_scratch){0};
}
