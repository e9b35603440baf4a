/* SPDX-License-Identifier: MIT
 *
 * Memory that one worker uses again for image after image: fresh pages from the kernel would cost a sixth of a decode.
 */
#ifndef HILUM_IMAGE_BUFFER_H
#define HILUM_IMAGE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hl_buffer {
  uint8_t *data;
  size_t capacity;
};

/* Makes room for size bytes; what was there is lost when it grows. False when memory runs out; the buffer is then empty. */
bool hl_buffer_reserve(struct hl_buffer *buffer, size_t size);

void hl_buffer_free(struct hl_buffer *buffer);

/* What checking or decoding one image at a time needs. Starts zeroed. One thread at a time. */
struct hl_scratch {
  struct hl_buffer file;   /* the bytes of the file */
  struct hl_buffer stream; /* the zlib stream of a PNG, put together from its chunks */
  struct hl_buffer rows;   /* its rows as they come out of the stream, each after its filter byte */
  struct inflate_state *inflate;
};

void hl_scratch_free(struct hl_scratch *scratch);

#endif
