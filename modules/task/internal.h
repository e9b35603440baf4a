/* SPDX-License-Identifier: MIT
 *
 * What the files of task/ share: the loop, the pool, the tasks, and the rules between them.
 *
 *   timer.c      deadlines in a binary heap
 *   pool.c       worker threads and the items they take
 *   op.c         an operation's life, and the four ways to wait for it
 *   task.c       coroutines that the loop resumes
 *   pipe.c       bytes from the loop to a thread; pipe_lua.c is task.pipe
 *   command.c    task.command: programs
 *   interrupt.c  Ctrl-C
 *   loop.c       one step: poll, fire, resume
 */
#ifndef HILUM_TASK_INTERNAL_H
#define HILUM_TASK_INTERNAL_H

#include <lauxlib.h>
#include <lua.h>
#include <pthread.h>
#include <signal.h>

#include "task/loop.h"
#include "task/op.h"

/* How long code that was cancelled or interrupted may still wait, for its clean-up, before it is stopped again. Seconds. */
#define HL_GRACE 5.0

/* A request to stop: raised at the next wait, and again at waits after the grace period. */
struct hl_stop {
  volatile sig_atomic_t requested;
  bool raised;
  double until;
};

struct hl_pool {
  pthread_t *threads;
  int jobs, started;
  pthread_mutex_t lock;
  pthread_cond_t work;
  struct hl_op *first, *last; /* operations with items left to take */
  struct hl_op *done;         /* operations whose items are all finished, for the main thread */
  bool stopping;
  int wake; /* eventfd of the loop */
};

struct hl_task {
  struct hl_loop *loop;
  lua_State *co;
  int ref; /* registry reference of co, LUA_NOREF once it is not needed */
  enum { HL_TASK_READY, HL_TASK_RUNNING, HL_TASK_WAITING, HL_TASK_DEAD } state;
  int args;         /* values to resume with */
  struct hl_op *op; /* what it waits for */
  struct hl_stop stop;
  struct hl_timer grace;
  bool failed, joined;
  bool has_handle;       /* a Lua value refers to this struct */
  struct hl_op *joiners; /* join operations, linked by op->next */
  struct hl_task *next_ready;
  struct hl_task *next, *prev; /* all tasks that are alive, or failed and not joined */
};

struct hl_loop {
  lua_State *main;
  int epoll, wake;
  struct hl_watch wake_watch;
  struct hl_timer **heap;
  size_t timers, heap_room;
  struct hl_task *first_ready, **last_ready;
  struct hl_task *tasks;
  size_t alive;
  struct hl_task *current;
  lua_State *volatile running; /* where a signal handler sets its hook */
  struct hl_pool pool;
  struct hl_stop stop;
};

/* Stop requests. */
bool hl_stop_due(const struct hl_stop *stop);
/* Pushes and raises the error for stop and starts its grace period. [-0, +0, e] */
int hl_stop_raise(lua_State *L, struct hl_stop *stop, enum hl_kind kind);

/* From here on Ctrl-C ends the process. */
void hl_loop_release_interrupts(void);

/* Pool. */
void hl_pool_open(struct hl_pool *pool, int jobs, int wake);
/* False once threads have started with another number. */
bool hl_pool_set_jobs(struct hl_pool *pool, int jobs);
void hl_pool_submit(struct hl_pool *pool, struct hl_op *op);
/* Takes back what no worker has begun. The operation still comes out of hl_pool_finished once, when nothing of it is running. */
void hl_pool_withdraw(struct hl_pool *pool, struct hl_op *op);
/* The operations that finished since the last call, linked by next. */
struct hl_op *hl_pool_finished(struct hl_pool *pool);
/* Joins the threads. What they finished can still be taken. */
void hl_pool_close(struct hl_pool *pool);

/* Operations. */
/* Stops an operation that is running; nobody waits for it any more. */
void hl_op_abandon(struct hl_op *op);

/* Tasks. */
void hl_task_make_ready(struct hl_task *task);
void hl_task_run_ready(struct hl_loop *loop, lua_State *from);
void hl_task_cancel(struct hl_task *task);
/* Pops a function and nargs arguments, pushes the task's Lua handle. [-(nargs+1), +1, m] */
struct hl_task *hl_task_spawn(lua_State *L, int nargs);
void hl_task_unlink(struct hl_task *task);

/* Pipes: task.pipe and its type. */
int hl_l_pipe(lua_State *L);
void hl_pipe_new_type(lua_State *L);

/* task.command. */
int hl_l_command(lua_State *L);

/* Timers. */
double hl_timer_wait(const struct hl_loop *loop); /* seconds until the next one, < 0 for never */
void hl_timer_fire_due(struct hl_loop *loop);

/* Loop. */
enum hl_what { HL_LOOP_IO = 0, HL_LOOP_TASKS = 1 };
void hl_loop_step(struct hl_loop *loop, lua_State *from, double max_wait, enum hl_what what);

#endif
