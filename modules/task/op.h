/* SPDX-License-Identifier: MIT
 *
 * Operations: how a primitive written in C waits or computes without holding up Lua.
 *
 * A binding checks its arguments (raising before anything is acquired), makes an operation, fills it, and ends in
 *     return hl_op_await(L, op);
 * The operation's box takes the next stack slot: a binding with optional arguments calls lua_settop first.
 * Inside a task that yields; in the main chunk it drives the loop; inside a frame that cannot yield (sort, gsub, a nested
 * coroutine) it blocks on I/O alone. In every case class->push later turns the finished operation into Lua values.
 *
 * Work: an operation with class->work has `items` independent parts; the pool's threads call work(op, i) for each i once, in
 * order of start, several at a time. Workers see plain memory: never a lua_State. A one-item call is items = 1.
 *
 * Ownership: the operation is C memory, held by a Lua box and by the pool; class->destroy frees what it points to, on the main
 * thread, when both have let go. Copy paths into it; pin payloads (strings, matrices) with hl_op_pin.
 */
#ifndef HILUM_TASK_OP_H
#define HILUM_TASK_OP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

typedef struct lua_State lua_State; /* as in lua.h */
struct hl_op;
struct hl_loop;

struct hl_op_class {
  const char *name;                            /* the Lua name, "image.check" */
  void (*work)(struct hl_op *op, size_t item); /* worker threads; NULL for operations of the loop */
  void (*start)(struct hl_op *op);             /* main thread; for operations without work: begin, and hl_op_complete later */
  void (*cancel)(struct hl_op *op);            /* main thread; undo start, or end work that blocks; may be NULL */
  int (*push)(lua_State *L, struct hl_op *op); /* main thread, on the waiting coroutine: the Lua results */
  void (*destroy)(struct hl_op *op);           /* main thread; may be NULL; must accept a zeroed operation */
  bool needs_tasks;                            /* completes only if other tasks run (join): refused where they cannot */
};

/* What progress displays read: the workers add, the main thread shows. */
struct hl_counter {
  atomic_uint_least64_t done, failed, bytes;
};

/* First member of each operation's own struct. */
struct hl_op {
  const struct hl_op_class *cls;
  struct hl_loop *loop;
  size_t items;                /* set before hl_op_await; 0 is allowed and completes at once */
  size_t first_items;          /* of these, all of which end before another starts; 0 or items: no matter */
  struct hl_counter *progress; /* optional; pin its owner; `done` is counted by the pool, the rest by work */

  /* private to task/ */
  struct hl_op *next;
  struct hl_task *waiter;
  size_t next_item, end_item, finished_items; /* end_item: items, or those begun when the rest was withdrawn */
  int refs;
  int box;  /* stack index of the Lua box */
  int pins; /* registry reference of a table of pinned values, or LUA_NOREF */
  enum { HL_OP_NEW, HL_OP_RUNNING, HL_OP_DONE } state;
  bool abandoned;
};

/* A zeroed operation of size bytes (>= sizeof(struct hl_op)); pushes its box, which must stay on the stack below what await
 * returns. Raises in a finalizer. [-0, +1, e] */
void *hl_op_new(lua_State *L, const struct hl_op_class *cls, size_t size);

/* Keeps the value at index alive as long as the operation. [-0, +0, m] */
void hl_op_pin(lua_State *L, struct hl_op *op, int index);

/* Pins the matrix at index and marks it borrowed until the operation is destroyed; class->destroy calls hl_op_return on it.
 * [-0, +0, m] */
struct hl_matrix;
struct hl_matrix *hl_op_borrow(lua_State *L, struct hl_op *op, int index);
void hl_op_return(struct hl_matrix *m);

/* Takes options.progress (a hilum.term.Progress) at table index, if given: pins it and sets op->progress. [-0, +0, e] */
void hl_op_progress(lua_State *L, struct hl_op *op, int index);

/* Starts the operation and waits as described above. Only as `return hl_op_await(L, op);`. [-0, +results, e] */
int hl_op_await(lua_State *L, struct hl_op *op);

/* The same on this thread, at once: for work so small that handing it over would cost more.
 * [-0, +results, e] */
int hl_op_run_here(lua_State *L, struct hl_op *op);

/* Main thread: an operation without work has finished. */
void hl_op_complete(struct hl_op *op);

#endif
