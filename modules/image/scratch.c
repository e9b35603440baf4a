/* SPDX-License-Identifier: MIT */
#include "image/scratch.h"

#include <stdlib.h>

bool hl_room_reserve(struct hl_room *room, size_t size) {
  if (size <= room->capacity) return true;
  hl_room_free(room);
  room->data = malloc(size);
  if (room->data) room->capacity = size;
  return room->data != NULL;
}

void hl_room_free(struct hl_room *room) {
  free(room->data);
  *room = (struct hl_room){0};
}

void hl_scratch_free(struct hl_scratch *scratch) {
  hl_room_free(&scratch->file);
  hl_room_free(&scratch->stream);
  hl_room_free(&scratch->rows);
  free(scratch->inflate);
  *scratch = (struct hl_scratch){0};
}

void hl_scratch_pool_init(struct hl_scratch_pool *pool) {
  pthread_mutex_init(&pool->lock, NULL);
  pool->idle = NULL;
}

void hl_scratch_pool_free(struct hl_scratch_pool *pool) {
  for (struct hl_scratch *scratch = pool->idle, *next; scratch; scratch = next) {
    next = scratch->next;
    hl_scratch_free(scratch);
    free(scratch);
  }
  pthread_mutex_destroy(&pool->lock);
}

struct hl_scratch *hl_scratch_take(struct hl_scratch_pool *pool) {
  pthread_mutex_lock(&pool->lock);
  struct hl_scratch *scratch = pool->idle;
  if (scratch) pool->idle = scratch->next;
  pthread_mutex_unlock(&pool->lock);
  return scratch ? scratch : calloc(1, sizeof *scratch);
}

void hl_scratch_give(struct hl_scratch_pool *pool, struct hl_scratch *scratch) {
  pthread_mutex_lock(&pool->lock);
  scratch->next = pool->idle;
  pool->idle = scratch;
  pthread_mutex_unlock(&pool->lock);
}
