/* SPDX-License-Identifier: MIT */
#include "task/loop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/bind.h"
#include "task/internal.h"

struct hl_loop *hl_loop_of(lua_State *L) {
  return *(struct hl_loop **)lua_getextraspace(L);
}

int hl_loop_jobs(const struct hl_loop *loop) { return loop->pool.jobs; }

bool hl_loop_has_tasks(const struct hl_loop *loop) { return loop->alive > 0; }

/* Descriptors. */

bool hl_watch_set(struct hl_loop *loop, struct hl_watch *watch, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = watch};
  if (epoll_ctl(loop->epoll, EPOLL_CTL_MOD, watch->fd, &event) == 0) return true;
  return errno == ENOENT && epoll_ctl(loop->epoll, EPOLL_CTL_ADD, watch->fd, &event) == 0;
}

void hl_watch_remove(struct hl_loop *loop, struct hl_watch *watch) { epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL); }

/* The eventfd: a worker has finished an operation, or a signal has come. */
static void drain_wake(struct hl_watch *watch, uint32_t events) {
  struct hl_loop *loop = (struct hl_loop *)((char *)watch - offsetof(struct hl_loop, wake_watch));
  (void)events;
  uint64_t count;
  ssize_t got = read(watch->fd, &count, sizeof count);
  (void)got;
  for (struct hl_op *op = hl_pool_finished(&loop->pool), *next; op; op = next) {
    next = op->next;
    hl_op_complete(op);
  }
}

/* One step. */

static int poll_milliseconds(const struct hl_loop *loop, double max_wait, enum hl_what what) {
  if (what == HL_LOOP_TASKS && loop->first_ready) return 0;
  double wait = hl_timer_wait(loop);
  if (wait < 0 || (max_wait >= 0 && max_wait < wait)) wait = max_wait;
  if (wait < 0) return -1;
  return wait > 3600 ? 3600000 : (int)(wait * 1000 + 0.999);
}

void hl_loop_step(struct hl_loop *loop, lua_State *from, double max_wait, enum hl_what what) {
  struct epoll_event events[64];
  int count = epoll_wait(loop->epoll, events, 64, poll_milliseconds(loop, max_wait, what));
  for (int i = 0; i < count; i++) {
    struct hl_watch *watch = events[i].data.ptr;
    watch->ready(watch, events[i].events);
  }
  hl_timer_fire_due(loop);
  if (what == HL_LOOP_TASKS) hl_task_run_ready(loop, from);
}

void hl_loop_run_once(struct hl_loop *loop, lua_State *L) {
  hl_loop_step(loop, L, -1, loop->current ? HL_LOOP_IO : HL_LOOP_TASKS);
}

/* Opening and closing. */

struct hl_loop *hl_loop_open(lua_State *L, int jobs) {
  struct hl_loop *loop = lua_newuserdatauv(L, sizeof *loop, 0); /* no finalizer: outlives all objects that have one */
  *loop = (struct hl_loop){.main = L, .running = L};
  lua_rawsetp(L, LUA_REGISTRYINDEX, loop);
  *(struct hl_loop **)lua_getextraspace(L) = loop;
  loop->last_ready = &loop->first_ready;
  loop->epoll = epoll_create1(EPOLL_CLOEXEC);
  loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  loop->wake_watch = (struct hl_watch){.fd = loop->wake, .ready = drain_wake};
  if (loop->epoll < 0 || loop->wake < 0 || !hl_watch_set(loop, &loop->wake_watch, EPOLLIN)) return NULL;
  hl_pool_open(&loop->pool, jobs, loop->wake);
  return loop;
}

static struct hl_task *first_failure(struct hl_loop *loop) {
  struct hl_task *task = loop->tasks;
  while (task && (task->state != HL_TASK_DEAD || !task->failed || task->joined)) task = task->next;
  return task;
}

/* The message may be Lua's to make, which collects tasks: each round begins anew. */
bool hl_loop_report_failures(struct hl_loop *loop, lua_State *L) {
  bool clean = true;
  int top = lua_gettop(L);
  for (struct hl_task *task; (task = first_failure(loop));) {
    bool cancelled = task->stop.requested;
    lua_pushvalue(task->co, -1);
    lua_xmove(task->co, L, 1);
    task->joined = true;
    if (!task->has_handle) hl_task_unlink(task);
    if (!cancelled) fprintf(stderr, "hilum: a task failed: %s\n", hl_push_message(L, -1));
    clean &= cancelled;
    lua_settop(L, top);
  }
  return clean;
}

bool hl_loop_drain(struct hl_loop *loop, lua_State *L) {
  while (loop->alive && !loop->stop.requested) hl_loop_step(loop, L, -1, HL_LOOP_TASKS);
  return hl_loop_report_failures(loop, L);
}

static void cancel_all(struct hl_loop *loop) {
  for (struct hl_task *task = loop->tasks; task; task = task->next) hl_task_cancel(task);
}

/* Nobody will resume or join a task again; what it waits for is given up. Those that still have a handle go with it. */
static void forget_tasks(struct hl_loop *loop) {
  for (struct hl_task *task = loop->tasks, *next; task; task = next) {
    next = task->next;
    if (task->state == HL_TASK_WAITING) hl_op_abandon(task->op);
    hl_timer_stop(loop, &task->grace);
    task->state = HL_TASK_DEAD;
    task->joined = true;
    if (!task->has_handle) hl_task_unlink(task);
  }
}

/* A task that swallowed its cancellation and the one after the grace period is left where it stands. */
void hl_loop_close(struct hl_loop *loop) {
  double deadline = hl_now() + 1.5 * HL_GRACE;
  cancel_all(loop);
  while (loop->alive && hl_now() < deadline) hl_loop_step(loop, loop->main, deadline - hl_now(), HL_LOOP_TASKS);
  forget_tasks(loop);
  hl_pool_close(&loop->pool);
  drain_wake(&loop->wake_watch, 0);
  hl_loop_release_interrupts();
  close(loop->wake);
  close(loop->epoll);
  while (loop->timers) hl_timer_stop(loop, loop->heap[0]); /* their owners are still to be collected */
  free(loop->heap);
  loop->heap = NULL;
  loop->heap_room = 0;
}
