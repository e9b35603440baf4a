/* SPDX-License-Identifier: MIT
 *
 * Progress: a bar on a terminal, a line now and then in a log.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "task/loop.h"
#include "task/op.h"
#include "term/bar.h"
#include "term/term_lua.h"

#define PROGRESS "hilum.term.Progress"

enum { LINE_SIZE = 512 };
#define FRAME 0.1 /* seconds between two pictures on a terminal, */
#define PAUSE 10. /* between two lines in a log */

struct progress {
  struct hl_counter counter; /* first: operations of the pool count into it (task/op.h) */
  struct hl_timer timer;
  struct hl_loop *loop; /* NULL: finished */
  char *label, *unit;
  uint64_t total;
  double began, drawn, every; /* every 0: silent */
  bool terminal, shown;
};

static struct progress *check_progress(lua_State *L) { return luaL_checkudata(L, 1, PROGRESS); }

static void show(struct progress *self, bool finished) {
  char line[LINE_SIZE];
  struct hl_bar bar = {.label = self->label,
                       .unit = self->unit,
                       .done = atomic_load(&self->counter.done),
                       .failed = atomic_load(&self->counter.failed),
                       .bytes = atomic_load(&self->counter.bytes),
                       .total = self->total,
                       .seconds = hl_now() - self->began};
  if (self->terminal && !finished)
    hl_bar_draw(line, sizeof line, &bar, hl_term_width() - 1);
  else
    hl_bar_tell(line, sizeof line, &bar, finished);
  if (self->terminal)
    fprintf(stderr, "\r%s\x1b[K%s", line, finished ? "\n" : "");
  else
    fprintf(stderr, "%s\n", line);
  fflush(stderr);
  self->drawn = hl_now();
  self->shown = true;
}

static void fire(struct hl_timer *timer) {
  struct progress *self = (struct progress *)((char *)timer - offsetof(struct progress, timer));
  show(self, false);
  hl_timer_start(self->loop, &self->timer, self->every);
}

/* For loops in Lua that never wait, so that the timer has no turn. */
static void show_if_due(struct progress *self) {
  if (self->loop && self->every > 0 && hl_now() - self->drawn >= self->every) show(self, false);
}

int l_progress(lua_State *L) {
  static const char *const names[] = {"unit", NULL};
  lua_Integer total = luaL_optinteger(L, 1, 0);
  const char *label = luaL_checkstring(L, 2);
  luaL_argcheck(L, total >= 0, 1, "not negative");
  hl_check_options(L, 3, names);
  const char *unit = hl_opt_string(L, 3, "unit", "");
  struct progress *self = hl_new_object(L, PROGRESS, sizeof *self);
  self->label = strdup(label);
  self->unit = strdup(unit);
  if (!self->label || !self->unit) return luaL_error(L, "not enough memory");
  self->total = (uint64_t)total;
  self->began = self->drawn = hl_now();
  self->terminal = isatty(STDERR_FILENO) && !hl_term_is_set("TERM", "dumb");
  self->every = hl_term_is_set("HILUM_QUIET", "1") ? 0 : self->terminal ? FRAME : PAUSE;
  self->loop = hl_loop_of(L);
  self->timer.fire = fire;
  if (self->every > 0) hl_timer_start(self->loop, &self->timer, self->every);
  return 1;
}

static void count(lua_State *L, atomic_uint_least64_t *counter) {
  lua_Integer n = luaL_optinteger(L, 2, 1);
  luaL_argcheck(L, n >= 0, 2, "not negative");
  atomic_fetch_add(counter, (uint64_t)n);
}

static int l_progress_add(lua_State *L) {
  struct progress *self = check_progress(L);
  count(L, &self->counter.done);
  show_if_due(self);
  return 0;
}

static int l_progress_fail(lua_State *L) {
  struct progress *self = check_progress(L);
  count(L, &self->counter.failed);
  show_if_due(self);
  return 0;
}

static int l_progress_set(lua_State *L) {
  struct progress *self = check_progress(L);
  lua_Integer n = luaL_checkinteger(L, 2);
  luaL_argcheck(L, n >= 0, 2, "not negative");
  atomic_store(&self->counter.done, (uint64_t)n);
  show_if_due(self);
  return 0;
}

static int l_progress_counts(lua_State *L) {
  struct progress *self = check_progress(L);
  lua_pushinteger(L, (lua_Integer)atomic_load(&self->counter.done));
  lua_pushinteger(L, (lua_Integer)atomic_load(&self->counter.failed));
  return 2;
}

/* Says how it ended if it has said anything before: quick work needs no line. */
static int l_progress_finish(lua_State *L) {
  struct progress *self = check_progress(L);
  if (!self->loop) return 0;
  hl_timer_stop(self->loop, &self->timer);
  if (self->shown) show(self, true);
  self->loop = NULL;
  return 0;
}

/* The collector also comes when the work was given up: then nothing is said. */
static int l_progress_gc(lua_State *L) {
  struct progress *self = check_progress(L);
  if (self->loop) hl_timer_stop(self->loop, &self->timer);
  self->loop = NULL;
  free(self->label);
  free(self->unit);
  self->label = self->unit = NULL;
  return 0;
}

void hl_term_new_progress_type(lua_State *L) {
  static const luaL_Reg methods[] = {{"add", l_progress_add},       {"fail", l_progress_fail},     {"set", l_progress_set},
                                     {"counts", l_progress_counts}, {"finish", l_progress_finish}, {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", l_progress_gc}, {"__close", l_progress_finish}, {NULL, NULL}};
  hl_new_type(L, PROGRESS, methods, meta);
}
