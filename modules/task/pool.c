/* SPDX-License-Identifier: MIT
 *
 * Worker threads. They take items from the oldest operation first and hand finished operations back through a list and the
 * loop's eventfd. They block all signals and never see a lua_State.
 */
#include <stdlib.h>
#include <unistd.h>

#include "task/internal.h"

static void wake_loop(struct hl_pool *pool) {
  uint64_t one = 1;
  while (write(pool->wake, &one, sizeof one) < 0) {
  }
}

static void post_finished(struct hl_pool *pool, struct hl_op *op) {
  op->next = pool->done;
  pool->done = op;
  wake_loop(pool);
}

static void unqueue(struct hl_pool *pool, struct hl_op *op) {
  struct hl_op **link = &pool->first, *before = NULL;
  for (; *link && *link != op; link = &(*link)->next) before = *link;
  if (!*link) return;
  *link = op->next;
  if (pool->last == op) pool->last = before;
}

static void enqueue(struct hl_pool *pool, struct hl_op *op) {
  op->next = NULL;
  if (pool->first)
    pool->last->next = op;
  else
    pool->first = op;
  pool->last = op;
  if (op->items > 1)
    pthread_cond_broadcast(&pool->work);
  else
    pthread_cond_signal(&pool->work);
}

/* The pool is locked on entry and exit. An operation leaves the queue while the last of its first items are under way. */
static void take_item(struct hl_pool *pool) {
  struct hl_op *op = pool->first;
  size_t item = op->next_item++;
  if (op->next_item == op->end_item || op->next_item == op->first_items) unqueue(pool, op);
  pthread_mutex_unlock(&pool->lock);
  op->cls->work(op, item);
  if (op->progress) atomic_fetch_add_explicit(&op->progress->done, 1, memory_order_relaxed);
  pthread_mutex_lock(&pool->lock);
  if (++op->finished_items == op->end_item)
    post_finished(pool, op);
  else if (op->finished_items == op->first_items)
    enqueue(pool, op);
}

static void *run_worker(void *argument) {
  struct hl_pool *pool = argument;
  pthread_mutex_lock(&pool->lock);
  while (!pool->stopping) {
    if (pool->first)
      take_item(pool);
    else
      pthread_cond_wait(&pool->work, &pool->lock);
  }
  pthread_mutex_unlock(&pool->lock);
  return NULL;
}

void hl_pool_open(struct hl_pool *pool, int jobs, int wake) {
  *pool = (struct hl_pool){.jobs = jobs, .wake = wake};
  pthread_mutex_init(&pool->lock, NULL);
  pthread_cond_init(&pool->work, NULL);
}

bool hl_pool_set_jobs(struct hl_pool *pool, int jobs) {
  if (pool->started && jobs != pool->jobs) return false;
  pool->jobs = jobs;
  return true;
}

/* Threads start with the first operation. If the system gives fewer than asked for, those do the work; none at all ends the
 * process. */
static void start_threads(struct hl_pool *pool) {
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &old);
  pool->threads = calloc((size_t)pool->jobs, sizeof *pool->threads);
  if (!pool->threads) abort();
  while (pool->started < pool->jobs && pthread_create(&pool->threads[pool->started], NULL, run_worker, pool) == 0)
    pool->started++;
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  if (!pool->started) abort();
}

void hl_pool_submit(struct hl_pool *pool, struct hl_op *op) {
  if (!pool->started) start_threads(pool);
  pthread_mutex_lock(&pool->lock);
  op->end_item = op->items;
  enqueue(pool, op);
  pthread_mutex_unlock(&pool->lock);
}

void hl_pool_withdraw(struct hl_pool *pool, struct hl_op *op) {
  pthread_mutex_lock(&pool->lock);
  if (op->next_item < op->end_item) {
    unqueue(pool, op);
    op->end_item = op->next_item;
    if (op->finished_items == op->end_item) post_finished(pool, op);
  }
  pthread_mutex_unlock(&pool->lock);
}

struct hl_op *hl_pool_finished(struct hl_pool *pool) {
  pthread_mutex_lock(&pool->lock);
  struct hl_op *newest = pool->done, *oldest = NULL;
  pool->done = NULL;
  pthread_mutex_unlock(&pool->lock);
  while (newest) {
    struct hl_op *op = newest;
    newest = op->next;
    op->next = oldest;
    oldest = op;
  }
  return oldest;
}

void hl_pool_close(struct hl_pool *pool) {
  pthread_mutex_lock(&pool->lock);
  pool->stopping = true;
  pthread_cond_broadcast(&pool->work);
  pthread_mutex_unlock(&pool->lock);
  for (int i = 0; i < pool->started; i++) pthread_join(pool->threads[i], NULL);
  free(pool->threads);
}
