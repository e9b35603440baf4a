/* SPDX-License-Identifier: MIT */
#include "core/buffer.h"

#include <stdint.h>
#include <stdlib.h>

enum { FIRST_CAPACITY = 64 };

void *hl_grow(void *array, size_t *capacity, size_t count, size_t size) {
  if (count <= *capacity && array) return array;
  size_t room = *capacity < FIRST_CAPACITY ? FIRST_CAPACITY : *capacity;
  if (room <= SIZE_MAX / 2 && room < count) room *= 2;
  if (room < count) room = count;
  if (room > PTRDIFF_MAX / size) return NULL;
  void *grown = realloc(array, room * size);
  if (grown) *capacity = room;
  return grown;
}

bool hl_buffer_reserve(struct hl_buffer *buffer, size_t size) {
  if (size > SIZE_MAX - buffer->size) return false;
  void *grown = hl_grow(buffer->data, &buffer->capacity, buffer->size + size, 1);
  if (grown) buffer->data = grown;
  return grown;
}

void hl_buffer_free(struct hl_buffer *buffer) {
  free(buffer->data);
  *buffer = (struct hl_buffer){0};
}
