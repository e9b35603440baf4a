/* SPDX-License-Identifier: MIT
 *
 * Tasks: coroutines that the loop resumes. A task runs its function under pcall, so that an error unwinds it like any other
 * code (its <close> variables may wait), and leaves results or error on its own stack until they are joined.
 */
#include <stdlib.h>

#include "core/bind.h"
#include "task/internal.h"

#define HANDLE "hilum.task.Task"

struct handle {
  struct hl_task *task;
};

/* The body of every task. */

static int add_traceback(lua_State *L) {
  if (lua_type(L, 1) == LUA_TSTRING) luaL_traceback(L, L, lua_tostring(L, 1), 1);
  return 1;
}

static int end_body(lua_State *L, int status, lua_KContext context) {
  struct hl_task *task = (struct hl_task *)context;
  task->failed = status != LUA_OK && status != LUA_YIELD;
  return lua_gettop(L) - 1;
}

static int run_body(lua_State *L) {
  struct hl_task *task = hl_loop_of(L)->current;
  if (hl_stop_due(&task->stop)) return hl_stop_raise(L, &task->stop, HL_CANCELLED);
  lua_pushcfunction(L, add_traceback);
  lua_insert(L, 1);
  return end_body(L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 1, (lua_KContext)task, end_body), (lua_KContext)task);
}

/* Life. */

void hl_task_make_ready(struct hl_task *task) {
  struct hl_loop *loop = task->loop;
  task->state = HL_TASK_READY;
  task->op = NULL;
  task->next_ready = NULL;
  *loop->last_ready = task;
  loop->last_ready = &task->next_ready;
}

void hl_task_unlink(struct hl_task *task) {
  struct hl_loop *loop = task->loop;
  luaL_unref(loop->main, LUA_REGISTRYINDEX, task->ref);
  task->ref = LUA_NOREF;
  if (task->prev)
    task->prev->next = task->next;
  else if (loop->tasks == task)
    loop->tasks = task->next;
  if (task->next) task->next->prev = task->prev;
  task->next = task->prev = NULL;
  if (!task->has_handle) free(task);
}

/* The coroutine of a dead task is needed for its results while a handle may ask, and for a failure that nobody has seen. */
static void die(struct hl_task *task) {
  task->state = HL_TASK_DEAD;
  task->loop->alive--;
  hl_timer_stop(task->loop, &task->grace);
  while (task->joiners) {
    struct hl_op *op = task->joiners;
    task->joiners = op->next;
    hl_op_complete(op);
  }
  if (!task->has_handle && !task->failed) hl_task_unlink(task);
}

static void resume(struct hl_task *task, lua_State *from) {
  struct hl_loop *loop = task->loop;
  lua_State *running = loop->running;
  int results;
  task->state = HL_TASK_RUNNING;
  loop->current = task;
  loop->running = task->co;
  int status = lua_resume(task->co, from, task->args, &results);
  loop->running = running;
  loop->current = NULL;
  task->args = 0;
  if (status != LUA_YIELD) {
    task->failed |= status != LUA_OK;
    die(task);
  } else if (task->state == HL_TASK_RUNNING) { /* the script's own coroutine.yield: let the others run */
    lua_pop(task->co, results);
    hl_task_make_ready(task);
  }
}

void hl_task_run_ready(struct hl_loop *loop, lua_State *from) {
  struct hl_task *task = loop->first_ready;
  loop->first_ready = NULL;
  loop->last_ready = &loop->first_ready;
  while (task) {
    struct hl_task *next = task->next_ready;
    resume(task, from);
    task = next;
  }
}

static void end_grace(struct hl_timer *timer) {
  struct hl_task *task = (struct hl_task *)((char *)timer - offsetof(struct hl_task, grace));
  task->stop.raised = false; /* it is due again */
  if (task->state != HL_TASK_WAITING) return;
  hl_op_abandon(task->op);
  hl_task_make_ready(task);
}

void hl_task_cancel(struct hl_task *task) {
  if (task->state == HL_TASK_DEAD || task->stop.requested) return;
  task->stop.requested = 1;
  task->grace.fire = end_grace;
  hl_timer_start(task->loop, &task->grace, HL_GRACE);
  if (task->state != HL_TASK_WAITING) return;
  hl_op_abandon(task->op);
  hl_task_make_ready(task);
}

/* Lua. */

struct hl_task *hl_task_spawn(lua_State *L, int nargs) {
  struct hl_loop *loop = hl_loop_of(L);
  struct handle *handle = hl_new_object(L, HANDLE, sizeof *handle);
  lua_insert(L, -nargs - 2);
  lua_State *co = lua_newthread(L);
  lua_insert(L, -nargs - 2);
  if (!lua_checkstack(co, nargs + 4)) luaL_error(L, "too many arguments");
  lua_pushcfunction(co, run_body);
  lua_xmove(L, co, nargs + 1);
  int ref = luaL_ref(L, LUA_REGISTRYINDEX);
  struct hl_task *task = calloc(1, sizeof *task);
  if (!task) luaL_error(L, "not enough memory");
  *task = (struct hl_task){.loop = loop, .co = co, .ref = ref, .args = nargs + 1, .has_handle = true, .next = loop->tasks};
  if (loop->tasks) loop->tasks->prev = task;
  loop->tasks = task;
  loop->alive++;
  handle->task = task;
  hl_task_make_ready(task);
  return task;
}

/* A finalizer may hold a task that was collected before it. */
static struct hl_task *check_task(lua_State *L) {
  struct hl_task *task = ((struct handle *)luaL_checkudata(L, 1, HANDLE))->task;
  luaL_argcheck(L, task, 1, "task is collected");
  return task;
}

static int l_task_gc(lua_State *L) {
  struct handle *handle = luaL_checkudata(L, 1, HANDLE);
  struct hl_task *task = handle->task;
  handle->task = NULL;
  if (!task) return 0;
  task->has_handle = false;
  if (task->state == HL_TASK_DEAD && (task->joined || !task->failed)) hl_task_unlink(task);
  return 0;
}

static int l_task_cancel(lua_State *L) {
  hl_task_cancel(check_task(L));
  return 0;
}

static int l_task_done(lua_State *L) {
  lua_pushboolean(L, check_task(L)->state == HL_TASK_DEAD);
  return 1;
}

static int l_task_tostring(lua_State *L) {
  static const char *const states[] = {"ready", "running", "waiting", "done"};
  struct hl_task *task = check_task(L);
  lua_pushfstring(L, "task (%s)", task->state == HL_TASK_DEAD && task->failed ? "failed" : states[task->state]);
  return 1;
}

/* Joining is an operation that another task's end completes. */

struct join {
  struct hl_op op;
  struct hl_task *task;
};

static void start_join(struct hl_op *op) {
  struct hl_task *task = ((struct join *)op)->task;
  if (task->state == HL_TASK_DEAD) {
    hl_op_complete(op);
    return;
  }
  op->next = task->joiners;
  task->joiners = op;
}

static void cancel_join(struct hl_op *op) {
  struct hl_op **link = &((struct join *)op)->task->joiners;
  while (*link != op) link = &(*link)->next;
  *link = op->next;
}

static int push_results(lua_State *L, struct hl_op *op) {
  struct hl_task *task = ((struct join *)op)->task;
  task->joined = true;
  int count = lua_gettop(task->co), first = task->failed ? count : 1;
  luaL_checkstack(L, count + 1, "too many results");
  if (!lua_checkstack(task->co, 1)) return luaL_error(L, "not enough memory");
  if (task->failed) lua_pushnil(L);
  for (int i = first; i <= count; i++) {
    lua_pushvalue(task->co, i);
    lua_xmove(task->co, L, 1);
  }
  return count - first + 1 + task->failed;
}

static const struct hl_op_class join_class = {
    .name = "task.join", .start = start_join, .cancel = cancel_join, .push = push_results, .needs_tasks = true};

/* Whether task cannot end before other: it is other, or joins it, or joins one that cannot. */
static bool waits_for(const struct hl_task *task, const struct hl_task *other) {
  while (task != other && task->op && task->op->cls == &join_class) task = ((struct join *)task->op)->task;
  return task == other;
}

static int l_task_join(lua_State *L) {
  struct hl_task *task = check_task(L);
  if (waits_for(task, hl_loop_of(L)->current)) return luaL_error(L, "a task cannot join itself, nor one that waits for it");
  struct join *join = hl_op_new(L, &join_class, sizeof *join);
  join->task = task;
  hl_op_pin(L, &join->op, 1);
  return hl_op_await(L, &join->op);
}

/* Sleeping is an operation that a timer completes. */

struct sleep {
  struct hl_op op;
  struct hl_timer timer;
  double seconds;
};

static void wake_up(struct hl_timer *timer) { hl_op_complete((struct hl_op *)((char *)timer - offsetof(struct sleep, timer))); }

static void start_sleep(struct hl_op *op) {
  struct sleep *sleep = (struct sleep *)op;
  sleep->timer.fire = wake_up;
  hl_timer_start(op->loop, &sleep->timer, sleep->seconds);
}

static void cancel_sleep(struct hl_op *op) { hl_timer_stop(op->loop, &((struct sleep *)op)->timer); }

static int push_nothing(lua_State *L, struct hl_op *op) {
  (void)L, (void)op;
  return 0;
}

static int l_sleep(lua_State *L) {
  static const struct hl_op_class cls = {
      .name = "task.sleep", .start = start_sleep, .cancel = cancel_sleep, .push = push_nothing};
  double seconds = luaL_checknumber(L, 1);
  luaL_argcheck(L, seconds >= 0, 1, "seconds must not be negative");
  struct sleep *sleep = hl_op_new(L, &cls, sizeof *sleep);
  sleep->seconds = seconds;
  return hl_op_await(L, &sleep->op);
}

static int l_spawn(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  hl_task_spawn(L, lua_gettop(L) - 1);
  return 1;
}

static int l_jobs(lua_State *L) {
  struct hl_loop *loop = hl_loop_of(L);
  if (!lua_isnoneornil(L, 1)) {
    lua_Integer jobs = luaL_checkinteger(L, 1);
    luaL_argcheck(L, jobs >= 1 && jobs <= 1024, 1, "jobs must be 1 to 1024");
    if (!hl_pool_set_jobs(&loop->pool, (int)jobs)) return luaL_error(L, "jobs can only be set before the first work has started");
  }
  lua_pushinteger(L, hl_loop_jobs(loop));
  return 1;
}

static int l_now(lua_State *L) {
  lua_pushnumber(L, hl_now());
  return 1;
}

int luaopen_hilum_task(lua_State *L);

int luaopen_hilum_task(lua_State *L) {
  static const luaL_Reg methods[] = {{"join", l_task_join}, {"cancel", l_task_cancel}, {"done", l_task_done}, {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", l_task_gc}, {"__tostring", l_task_tostring}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"spawn", l_spawn},  {"sleep", l_sleep},        {"jobs", l_jobs}, {"now", l_now},
                                       {"pipe", hl_l_pipe}, {"command", hl_l_command}, {NULL, NULL}};
  hl_new_type(L, HANDLE, methods, meta);
  hl_pipe_new_type(L);
  luaL_newlib(L, functions);
  hl_load_embedded(L, "modules.task.task"); /* what is better said in Lua */
  lua_pushvalue(L, -2);
  lua_call(L, 1, 0);
  return 1;
}
