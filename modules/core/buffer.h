/* SPDX-License-Identifier: MIT
 *
 * Memory that grows: bytes that are appended to, and arrays of anything.
 */
#ifndef HILUM_CORE_BUFFER_H
#define HILUM_CORE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Room for count items of size bytes in array, which was malloc'd (or is NULL) with room for *capacity: the array, moved perhaps,
 * its room at least doubled when it was too small. NULL: no memory, array is as it was. */
void *hl_grow(void *array, size_t *capacity, size_t count, size_t size);

/* Zeroed: empty. */
struct hl_buffer {
  char *data;
  size_t size, capacity;
};

/* Room for size more bytes behind those that are there. False: no memory. */
bool hl_buffer_reserve(struct hl_buffer *buffer, size_t size);

static inline bool hl_buffer_add(struct hl_buffer *buffer, const void *data, size_t size) {
  if (size > buffer->capacity - buffer->size && !hl_buffer_reserve(buffer, size)) return false;
  if (size) memcpy(buffer->data + buffer->size, data, size);
  buffer->size += size;
  return true;
}

/* Idempotent. */
void hl_buffer_free(struct hl_buffer *buffer);

#endif
