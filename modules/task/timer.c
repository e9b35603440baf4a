/* SPDX-License-Identifier: MIT
 *
 * Deadlines in a binary min-heap; each timer knows its place, so that stopping one costs log n.
 */
#include <stdlib.h>
#include <time.h>

#include "task/internal.h"

double hl_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void place(struct hl_loop *loop, size_t index, struct hl_timer *timer) {
  loop->heap[index - 1] = timer;
  timer->heap_index = index;
}

static void sift_up(struct hl_loop *loop, size_t index, struct hl_timer *timer) {
  for (; index > 1 && timer->at < loop->heap[index / 2 - 1]->at; index /= 2) place(loop, index, loop->heap[index / 2 - 1]);
  place(loop, index, timer);
}

static void sift_down(struct hl_loop *loop, size_t index, struct hl_timer *timer) {
  for (size_t child; (child = 2 * index) <= loop->timers; index = child) {
    if (child < loop->timers && loop->heap[child]->at < loop->heap[child - 1]->at) child++;
    if (timer->at <= loop->heap[child - 1]->at) break;
    place(loop, index, loop->heap[child - 1]);
  }
  place(loop, index, timer);
}

static void reserve(struct hl_loop *loop) {
  if (loop->timers < loop->heap_room) return;
  size_t room = loop->heap_room ? 2 * loop->heap_room : 16;
  struct hl_timer **heap = realloc(loop->heap, room * sizeof *heap);
  if (!heap) abort(); /* a few bytes a timer: nothing sensible is left to do */
  loop->heap = heap;
  loop->heap_room = room;
}

void hl_timer_start(struct hl_loop *loop, struct hl_timer *timer, double seconds) {
  hl_timer_stop(loop, timer);
  reserve(loop);
  timer->at = hl_now() + seconds;
  sift_up(loop, ++loop->timers, timer);
}

void hl_timer_stop(struct hl_loop *loop, struct hl_timer *timer) {
  size_t index = timer->heap_index;
  if (!index) return;
  timer->heap_index = 0;
  struct hl_timer *last = loop->heap[--loop->timers];
  if (last == timer) return;
  if (index > 1 && last->at < loop->heap[index / 2 - 1]->at)
    sift_up(loop, index, last);
  else
    sift_down(loop, index, last);
}

double hl_timer_wait(const struct hl_loop *loop) {
  if (!loop->timers) return -1;
  double wait = loop->heap[0]->at - hl_now();
  return wait > 0 ? wait : 0;
}

void hl_timer_fire_due(struct hl_loop *loop) {
  double now = hl_now();
  while (loop->timers && loop->heap[0]->at <= now) {
    struct hl_timer *timer = loop->heap[0];
    hl_timer_stop(loop, timer);
    timer->fire(timer);
  }
}
