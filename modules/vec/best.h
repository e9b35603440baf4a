/* SPDX-License-Identifier: MIT
 *
 * The best of many hits: a heap whose top is the worst kept.
 */
#ifndef HILUM_VEC_BEST_H
#define HILUM_VEC_BEST_H

#include "vec/vec.h"

struct hl_best {
  struct hl_hit *hits;
  size_t *count, room;
};

static inline bool hl_is_worse(struct hl_hit a, struct hl_hit b) {
  return a.score < b.score || (a.score == b.score && a.row > b.row);
}

static inline void hl_best_sink(struct hl_hit *heap, size_t count, size_t at) {
  struct hl_hit moved = heap[at];
  for (size_t child; (child = 2 * at + 1) < count; at = child) {
    if (child + 1 < count && hl_is_worse(heap[child + 1], heap[child])) child++;
    if (!hl_is_worse(heap[child], moved)) break;
    heap[at] = heap[child];
  }
  heap[at] = moved;
}

static inline void hl_best_rise(struct hl_hit *heap, size_t at) {
  struct hl_hit moved = heap[at];
  for (; at && hl_is_worse(moved, heap[(at - 1) / 2]); at = (at - 1) / 2) heap[at] = heap[(at - 1) / 2];
  heap[at] = moved;
}

static inline void hl_best_keep(struct hl_best *best, struct hl_hit hit) {
  if (*best->count < best->room) {
    best->hits[*best->count] = hit;
    hl_best_rise(best->hits, (*best->count)++);
  } else if (hl_is_worse(best->hits[0], hit)) {
    best->hits[0] = hit;
    hl_best_sink(best->hits, best->room, 0);
  }
}

/* Best first; afterwards no heap any more. */
static inline void hl_best_sort(struct hl_best *best) {
  for (size_t left = *best->count; left > 1; left--) {
    struct hl_hit worst = best->hits[0];
    best->hits[0] = best->hits[left - 1];
    hl_best_sink(best->hits, left - 1, 0);
    best->hits[left - 1] = worst;
  }
}

#endif
