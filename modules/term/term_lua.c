/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/bind.h"
#include "task/loop.h"
#include "task/op.h"
#include "term/bar.h"
#include "term/text.h"

#define PROGRESS "hilum.term.Progress"

static const char *const streams[] = {"stdin", "stdout", "stderr", NULL}; /* in the order of their descriptors */

static bool is_set(const char *name, const char *value) {
  const char *found = getenv(name);
  return found && (value ? strcmp(found, value) == 0 : *found);
}

/* The terminal. */

static int l_isatty(lua_State *L) {
  lua_pushboolean(L, isatty(luaL_checkoption(L, 1, "stdout", streams)));
  return 1;
}

static size_t find_width(void) {
  enum { USUAL = 80, LEAST = 20 };
  struct winsize size;
  for (int fd = STDERR_FILENO; fd >= STDOUT_FILENO; fd--)
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col) return size.ws_col < LEAST ? LEAST : size.ws_col;
  const char *columns = getenv("COLUMNS");
  long width = columns ? strtol(columns, NULL, 10) : 0;
  return width >= LEAST && width < 10000 ? (size_t)width : USUAL;
}

static int l_width(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)find_width());
  return 1;
}

/* https://no-color.org; HILUM_COLOR is how the host passes --no-color on. */
static bool wants_color(int fd) {
  if (is_set("HILUM_COLOR", "always")) return true;
  return !is_set("NO_COLOR", NULL) && !is_set("HILUM_COLOR", "never") && !is_set("TERM", "dumb") && isatty(fd);
}

static int l_color(lua_State *L) {
  static const char *const names[] = {"red", "green", "yellow", "blue", "magenta", "cyan", "gray", "bold", "dim", NULL};
  static const char codes[][4] = {"31", "32", "33", "34", "35", "36", "90", "1", "2"};
  luaL_checkstring(L, 1);
  const char *code = codes[luaL_checkoption(L, 2, NULL, names)];
  int fd = luaL_checkoption(L, 3, "stderr", streams);
  if (wants_color(fd))
    lua_pushfstring(L, "\x1b[%sm%s\x1b[0m", code, lua_tostring(L, 1));
  else
    lua_pushvalue(L, 1);
  return 1;
}

/* Tables: arguments rows (1) and columns (2); the texts of the cells are made first and kept in an array (3), line after line. */

enum { ROWS = 1, COLUMNS, TEXTS };

struct column {
  size_t width;
  bool left;
};

/* The value of a cell is at the top of the stack; its text takes its place in TEXTS. */
static void take_cell(lua_State *L, struct column *column, lua_Integer at, bool heading) {
  size_t size;
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_pushliteral(L, "");
  } else if (!heading && lua_type(L, -1) != LUA_TNUMBER) {
    column->left = true;
  }
  const char *text = luaL_tolstring(L, -1, &size);
  size_t width = hl_text_width(text, size);
  if (width > column->width) column->width = width;
  lua_rawseti(L, TEXTS, at);
  lua_pop(L, 1);
}

static void take_cells(lua_State *L, struct column *columns, lua_Integer width, lua_Integer rows) {
  for (lua_Integer c = 1; c <= width; c++) {
    lua_geti(L, COLUMNS, c);
    take_cell(L, &columns[c - 1], c, true);
  }
  for (lua_Integer r = 1; r <= rows; r++) {
    lua_geti(L, ROWS, r);
    luaL_argcheck(L, lua_istable(L, -1), ROWS, "an array of records expected");
    for (lua_Integer c = 1; c <= width; c++) {
      lua_geti(L, COLUMNS, c);
      lua_gettable(L, -2);
      take_cell(L, &columns[c - 1], r * width + c, false);
    }
    lua_pop(L, 1);
  }
}

static void add_blanks(luaL_Buffer *b, size_t count) {
  while (count-- > 0) luaL_addchar(b, ' ');
}

static void add_cell(lua_State *L, luaL_Buffer *b, const struct column *column, lua_Integer at, bool last) {
  size_t size;
  lua_rawgeti(L, TEXTS, at);
  const char *text = lua_tolstring(L, -1, &size);
  size_t blanks = column->width - hl_text_width(text, size);
  lua_pop(L, 1); /* TEXTS keeps it */
  if (!column->left) add_blanks(b, blanks);
  luaL_addlstring(b, text, size);
  if (column->left && !last) add_blanks(b, blanks);
  if (!last) add_blanks(b, 2);
}

static int l_table(lua_State *L) {
  luaL_checktype(L, ROWS, LUA_TTABLE);
  luaL_checktype(L, COLUMNS, LUA_TTABLE);
  lua_settop(L, 2);
  lua_Integer rows = luaL_len(L, ROWS), width = luaL_len(L, COLUMNS);
  luaL_argcheck(L, width > 0, COLUMNS, "no columns");
  lua_newtable(L);
  struct column *columns = lua_newuserdatauv(L, (size_t)width * sizeof *columns, 0);
  memset(columns, 0, (size_t)width * sizeof *columns);
  take_cells(L, columns, width, rows);
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (lua_Integer at = 1; at <= (rows + 1) * width; at++) {
    lua_Integer c = (at - 1) % width;
    if (c == 0 && at > 1) luaL_addchar(&b, '\n');
    add_cell(L, &b, &columns[c], at, c == width - 1);
  }
  luaL_pushresult(&b);
  return 1;
}

/* Progress. The counter comes first: operations of the pool count into it (task/op.h). */

enum { LINE_SIZE = 512 };
#define FRAME 0.1 /* seconds between two pictures on a terminal, */
#define PAUSE 10. /* between two lines in a log */

struct progress {
  struct hl_counter counter;
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
    hl_bar_draw(line, sizeof line, &bar, find_width() - 1);
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

static int l_progress(lua_State *L) {
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
  self->terminal = isatty(STDERR_FILENO) && !is_set("TERM", "dumb");
  self->every = is_set("HILUM_QUIET", "1") ? 0 : self->terminal ? FRAME : PAUSE;
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

HL_MODULE int luaopen_hilum_term(lua_State *L) {
  static const luaL_Reg methods[] = {{"add", l_progress_add},       {"fail", l_progress_fail},     {"set", l_progress_set},
                                     {"counts", l_progress_counts}, {"finish", l_progress_finish}, {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", l_progress_gc}, {"__close", l_progress_finish}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"isatty", l_isatty}, {"width", l_width},       {"color", l_color},
                                       {"table", l_table},   {"progress", l_progress}, {NULL, NULL}};
  hl_new_type(L, PROGRESS, methods, meta);
  luaL_newlib(L, functions);
  return 1;
}
