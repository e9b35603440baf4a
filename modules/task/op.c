/* SPDX-License-Identifier: MIT */
#include "task/op.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/bind.h"
#include "task/internal.h"

#define BOX "hilum.task.Operation"

/* The Lua side of an operation. It stays at the same stack index of the waiting coroutine until the results are pushed. */
struct box {
  struct hl_op *op;
};

static void destroy(struct hl_op *op) {
  if (op->cls->destroy) op->cls->destroy(op);
  luaL_unref(op->loop->main, LUA_REGISTRYINDEX, op->pins);
  free(op);
}

static void release(struct hl_op *op) {
  if (--op->refs == 0) destroy(op);
}

static int l_box_gc(lua_State *L) {
  struct box *box = lua_touserdata(L, 1);
  if (box->op) release(box->op);
  box->op = NULL;
  return 0;
}

void *hl_op_new(lua_State *L, const struct hl_op_class *cls, size_t size) {
  static const luaL_Reg methods[] = {{NULL, NULL}}, meta[] = {{"__gc", l_box_gc}, {NULL, NULL}};
  if (lua_gc(L, LUA_GCCOUNT) < 0) luaL_error(L, "%s: not in a finalizer, where nothing can wait", cls->name);
  luaL_checkstack(L, 8, cls->name);
  hl_new_type(L, BOX, methods, meta);
  struct box *box = hl_new_object(L, BOX, sizeof *box);
  struct hl_op *op = calloc(1, size);
  if (!op) luaL_error(L, "not enough memory");
  op->cls = cls;
  op->loop = hl_loop_of(L);
  op->items = 1;
  op->refs = 1;
  op->pins = LUA_NOREF;
  op->box = lua_gettop(L);
  box->op = op;
  return op;
}

void hl_op_pin(lua_State *L, struct hl_op *op, int index) {
  index = lua_absindex(L, index);
  if (op->pins == LUA_NOREF) {
    lua_newtable(L);
    op->pins = luaL_ref(L, LUA_REGISTRYINDEX);
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, op->pins);
  lua_pushvalue(L, index);
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  lua_pop(L, 1);
}

struct hl_matrix *hl_op_borrow(lua_State *L, struct hl_op *op, int index) {
  struct hl_matrix *m = hl_check_matrix(L, index);
  hl_op_pin(L, op, index);
  m->borrows++;
  return m;
}

void hl_op_return(struct hl_matrix *m) {
  if (m) m->borrows--;
}

void hl_op_progress(lua_State *L, struct hl_op *op, int index) {
  if (!lua_istable(L, index)) return;
  if (lua_getfield(L, index, "progress") != LUA_TNIL) {
    op->progress = luaL_checkudata(L, -1, "hilum.term.Progress");
    hl_op_pin(L, op, -1);
  }
  lua_pop(L, 1);
}

/* Finishing. */

void hl_op_complete(struct hl_op *op) {
  if (op->state != HL_OP_DONE) {
    op->state = HL_OP_DONE;
    if (op->waiter) hl_task_make_ready(op->waiter);
    op->waiter = NULL;
  }
  release(op);
}

void hl_op_abandon(struct hl_op *op) {
  if (op->state != HL_OP_RUNNING) return;
  op->state = HL_OP_DONE;
  op->abandoned = true;
  op->waiter = NULL;
  if (op->cls->cancel) op->cls->cancel(op);
  if (op->cls->work)
    hl_pool_withdraw(&op->loop->pool, op);
  else
    release(op);
}

static void start(struct hl_op *op) {
  op->state = HL_OP_RUNNING;
  op->refs++;
  if (!op->cls->work)
    op->cls->start(op);
  else if (op->items)
    hl_pool_submit(&op->loop->pool, op);
  else
    hl_op_complete(op);
}

/* Waiting. */

static struct hl_stop *stop_of(struct hl_loop *loop) { return loop->current ? &loop->current->stop : &loop->stop; }

static void raise_if_due(lua_State *L, struct hl_loop *loop) {
  if (hl_stop_due(stop_of(loop))) hl_stop_raise(L, stop_of(loop), loop->current ? HL_CANCELLED : HL_INTERRUPTED);
}

/* An abandoned operation has no results: its wait ends in the error of the stop that abandoned it. */
static int finish(lua_State *L, int status, lua_KContext index) {
  (void)status;
  struct box *box = lua_touserdata(L, (int)index);
  struct hl_op *op = box->op;
  if (op->state != HL_OP_DONE) return luaL_error(L, "only the loop resumes a task that waits");
  if (op->abandoned) {
    raise_if_due(L, op->loop);
    return hl_stop_raise(L, NULL, HL_INTERRUPTED);
  }
  int results = op->cls->push(L, op);
  box->op = NULL;
  release(op);
  return results;
}

/* Without yielding. In a task only I/O goes on meanwhile, and an interrupt meant for the main chunk ends the wait as well. */
static int wait_here(lua_State *L, struct hl_op *op, enum hl_what what) {
  struct hl_loop *loop = op->loop;
  int box = op->box;
  while (op->state != HL_OP_DONE) {
    if (hl_stop_due(stop_of(loop)) || hl_stop_due(&loop->stop)) {
      hl_op_abandon(op);
      break;
    }
    hl_loop_step(loop, L, loop->stop.raised ? fmax(0, loop->stop.until - hl_now()) : -1, what);
  }
  return finish(L, LUA_OK, box);
}

int hl_op_await(lua_State *L, struct hl_op *op) {
  struct hl_loop *loop = op->loop;
  struct hl_task *task = loop->current;
  bool can_yield = task && task->co == L && lua_isyieldable(L);
  if (task && !can_yield && op->cls->needs_tasks)
    return luaL_error(L, "cannot wait for a task here: this code is called by something that cannot be suspended");
  raise_if_due(L, loop);
  start(op);
  if (op->state == HL_OP_DONE) return finish(L, LUA_OK, op->box);
  if (!can_yield) return wait_here(L, op, task ? HL_LOOP_IO : HL_LOOP_TASKS);
  op->waiter = task;
  task->op = op;
  task->state = HL_TASK_WAITING;
  return lua_yieldk(L, 0, op->box, finish);
}

int hl_op_run_here(lua_State *L, struct hl_op *op) {
  for (size_t i = 0; i < op->items; i++) op->cls->work(op, i);
  op->state = HL_OP_DONE;
  return finish(L, LUA_OK, op->box);
}
