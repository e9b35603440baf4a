/* SPDX-License-Identifier: MIT
 *
 * Memory that one worker uses again for image after image: fresh pages from the kernel would cost a sixth of a decode.
 */
#ifndef HILUM_IMAGE_SCRATCH_H
#define HILUM_IMAGE_SCRATCH_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hl_room {
  uint8_t *data;
  size_t capacity;
};

/* Makes room for size bytes; what was there is lost when it grows. False when memory runs out; it is then empty. */
bool hl_room_reserve(struct hl_room *room, size_t size);

void hl_room_free(struct hl_room *room);

/* What checking or decoding one image at a time needs. Starts zeroed. One thread at a time. */
struct hl_scratch {
  struct hl_room file;   /* the bytes of the file */
  struct hl_room stream; /* the zlib stream of a PNG, put together from its chunks */
  struct hl_room rows;   /* its rows as they come out of the stream, each after its filter byte */
  struct inflate_state *inflate;
  struct hl_scratch *next; /* in a pool */
};

void hl_scratch_free(struct hl_scratch *scratch);

/* Those that wait for a worker; there are never more than workers at once. */
struct hl_scratch_pool {
  pthread_mutex_t lock;
  struct hl_scratch *idle;
};

void hl_scratch_pool_init(struct hl_scratch_pool *pool);
void hl_scratch_pool_free(struct hl_scratch_pool *pool);

/* Any thread. NULL: no memory. */
struct hl_scratch *hl_scratch_take(struct hl_scratch_pool *pool);
void hl_scratch_give(struct hl_scratch_pool *pool, struct hl_scratch *scratch);

#endif
